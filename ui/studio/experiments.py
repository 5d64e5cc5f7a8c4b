"""The experiments of the Studio; tests/ui/test_try_studio.py trains what their states say and holds them to it."""

from ui.training.form import as_state
from ui.try_this import Experiment
from vaemodels.presets import QUICK

TEN = QUICK["vae-digits"]
SHORT = "30"  # epochs: a few seconds

EXPERIMENTS = (
    Experiment(
        "twins",
        "Two runs, one difference",
        "Start training; then set β to 4 under More settings and start again.",
        "the slider at its left end shows the same images twice, since the seed draws the weights. At its right end "
        "the run of β = 4 has less than half the KL, and its −ELBO is over 5 nats higher.",
        as_state(TEN, epochs=SHORT),
    ),
    Experiment(
        "chance",
        "What chance does",
        "Start training; then set the seed to 1 under More settings and start again.",
        "the curves end within 1 nat of each other. Two recipes that differ by no more, each run once, may differ by "
        "chance alone.",
        as_state(TEN, epochs=SHORT),
    ),
    Experiment(
        "knob",
        "Turn β up in mid-run",
        "Start training; once the curve is flat press Change β or the rate, and make β 8.",
        "from the mark on the KL falls to less than half within ten epochs, and the reconstruction pays over 10 nats "
        "for it.",
        as_state(TEN, epochs="400"),
    ),
    Experiment(
        "own",
        "Pictures of your own",
        "Bring a folder of at least ten pictures, or a zip of it, with a subfolder for each class.",
        "each is cut to the square in its middle and made small before anything learns from it. The model never sees "
        "two in ten: one is held out as it trains, one kept for the test.",
        {"own": True},
    ),
)
