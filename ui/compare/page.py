"""What the Compare page is."""

from ui.compare.row import PARAMETER
from ui.explorer_panel import PARAMETERS
from ui.images.label import PARAMETER as LABEL
from ui.kinds import KINDS
from ui.page import Page, Start
from ui.try_this import Experiment

STARTS = (Start("One image through every variant", {}, "See what each gives back, and for how many nats."),)

EXPERIMENTS = (
    Experiment(
        "label",
        "A bound that is told the label",
        "Look for the FSVAE in the table of log p(x), then among those left out.",
        "its −ELBO, 88.7, is lower than any in the column, yet it is not in it: it bounds log p(x|y).",
        {"sort": "nelbo"},
        "measured",
    ),
)

COMPARE = Page(
    file="pages/compare.py",
    title="Compare",
    kinds=tuple(KINDS),
    opens_with=("vae", "vae-digits"),
    image_shape=(1, 28, 28),
    parts={
        "model": "choice of model",
        "show": "mean or draw, seed",
        "pick": "images",
        "row": "models side by side",
        "measured": "table and plane",
        "try": "try this",
    },
    parameters=PARAMETERS | {LABEL, PARAMETER, "image", "try"},
    experiments=EXPERIMENTS,
    starts=STARTS,
)
