"""The experiments of the page; tests/ui/test_try_hvae.py holds each observation to what the models compute."""

from ui.try_this import Experiment

EXPERIMENTS = [
    Experiment(
        "ink",
        "The upper level holds the pen",
        "Compare row A with row B below it: the same noise, z2 moved from left to right.",
        "every image of B has less ink than the one above it: what z2₁ decides, whatever z1 draws.",
        {"model": "hvae", "seed": "0", "rows": "-1.5_0~1.5_0~0_-1.5~0_1.5", "row": "b"},
        "grid",
    ),
    Experiment(
        "sevens",
        "One z2, one digit",
        "Look along row B, then press “resample z1”.",
        "all eight draws are sevens: at this z2 the digit is decided above. In row D it isn’t.",
        {"model": "hvae-parallel-warm-digits", "seed": "0", "row": "b"},
        "grid",
    ),
    Experiment(
        "open",
        "One z2, six digits",
        "Look along row A.",
        "a classifier reads six different digits in its eight draws: here the digit is left to z1.",
        {"model": "hvae", "seed": "5", "row": "a"},
        "grid",
    ),
    Experiment(
        "dead",
        "A unit that does nothing",
        "Drag A from left to right, then up and down.",
        "to the sides hardly a pixel changes: this model, trained without warm-up, never used one of z2’s two units.",
        {"model": "hvae-parallel-digits", "seed": "0", "row": "a"},
        "grid",
    ),
    Experiment(
        "warm",
        "What warm-up saves",
        "Switch between no warm-up and warm-up.",
        "with warm-up the KL of z2 is more than three times as large, both units are in use, and −ELBO is lower.",
        {"model": "hvae-parallel-digits", "look": "compared"},
        "looks",
    ),
    Experiment(
        "noise",
        "Noise is strange to one level only",
        "Compare the bars of noise and of the blank canvas with those of the test images.",
        "z1 pays more than twice as much for them, z2 less than for digits: a low KL above is no "
        "sign of a known image.",
        {"model": "hvae-digits", "look": "inputs", "images": "digits", "image": "digits-0", "seed": "0"},
        "looks",
    ),
    Experiment(
        "slant",
        "What the upper level knows",
        "Compare the bars of the two levels.",
        "in hvae-digits z2 tells more than half of the slant’s variance, hardly any of the weight’s, and not half of "
        "the digits.",
        {"model": "hvae-digits", "look": "holds"},
        "looks",
    ),
    Experiment(
        "chain",
        "Digits without z2",
        "Follow the lower rows from left to right: they begin at noise.",
        "one step turns noise into strokes that the model finds cheaper than 160 nats, and z2 was never asked.",
        {"model": "hvae-digits", "look": "chain", "images": "digits", "image": "digits-0", "seed": "0"},
        "looks",
    ),
    Experiment(
        "six",
        "The digit stays with the upper level",
        "Compare the second row with the third.",
        "under eight new draws of z1 it stays a 6; under eight new z2, with the noise of z1 held, not one is a 6.",
        {"model": "hvae-warm-digits", "look": "hold", "images": "digits", "image": "digits-0", "seed": "0"},
        "looks",
    ),
]
