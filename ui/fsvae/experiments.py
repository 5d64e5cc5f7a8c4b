"""The experiments of the FSVAE page; tests/ui/test_try_fsvae.py holds each observation to what the models compute."""

from ui.try_this import Experiment

EXPERIMENTS = [
    Experiment(
        "lean",
        "All ten lean over",
        "In the plane drag style 4 from left to right, along z₅.",
        "the ten digits lean over to the same side together: a style is a hand, whatever it writes.",
        {"model": "fsvae", "seed": "0", "column": "4", "plane": "5_1"},
        "grid",
    ),
    Experiment(
        "ink",
        "One z, one ink",
        "Compare the colours along a column with those along a row.",
        "ink and ground are the same for the ten digits of a column and change from column to column: colour "
        "is style.",
        {"model": "fsvae-streetdigits", "seed": "0"},
        "grid",
    ),
    Experiment(
        "lie",
        "Tell it a lie",
        "Read the upper row: a 6, encoded and decoded as each of the ten digits.",
        "under most of the nine wrong labels, here seven, it is read as a 6: z holds what the label got wrong.",
        {"model": "fsvae", "images": "digits", "image": "digits-22", "look": "leak"},
        "looks",
    ),
    Experiment(
        "leak",
        "Less of the digit in z",
        "Compare the first bar with the last.",
        "a linear probe tells under a third of the digits from this model’s z, three times chance, and nearly nine in "
        "ten from the VAE’s.",
        {"model": "fsvae-digits", "images": "digits", "image": "digits-0", "look": "leak"},
        "looks",
    ),
    Experiment(
        "wrong",
        "A wrong label costs nats",
        "Read the bars: the image is a 2, told each label in turn.",
        "every wrong label costs more than 40 nats, so that the bound alone tells the digit.",
        {"model": "fsvae-digits", "images": "digits", "image": "digits-31", "look": "bounds"},
        "looks",
    ),
    Experiment(
        "doubt",
        "Where the label is in doubt",
        "Look at the image, a 1, and at its shortest bar.",
        "the model finds it cheaper as a 9 than as the 1 that it is.",
        {"model": "fsvae-digits", "images": "digits", "image": "digits-25", "look": "bounds"},
        "looks",
    ),
    Experiment(
        "clip",
        "Noise that no screen can show",
        "Compare the two maps of what is clipped.",
        "the means hardly leave 0 to 1; of the draws, with σ = 0.316, more than one value in six does.",
        {"model": "fsvae-streetdigits", "seed": "0", "look": "colour"},
        "clipping",
    ),
]
