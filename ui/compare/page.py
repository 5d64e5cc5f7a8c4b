"""What the Compare page is."""

from ui.compare.experiments import EXPERIMENTS
from ui.compare.measured import SORT
from ui.compare.row import PARAMETER
from ui.explorer_panel import PARAMETERS
from ui.images.label import PARAMETER as LABEL
from ui.kinds import KINDS
from ui.page import Page, Start

AXES = "beside_axes"  # of the second model's plane; the first one's are those of any page

STARTS = (
    Start(
        "One image through every variant",
        {},
        "What each gives back, and for how many nats.",
    ),
    Start(
        "Rank the models, where one may",
        {},
        "A table that sorts only what is comparable, and the plane of rate and distortion.",
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
        "linked": "two models at one z",
        "measured": "table and plane",
        "try": "try this",
    },
    parameters=PARAMETERS | {AXES, LABEL, PARAMETER, SORT, "image", "try"},
    experiments=EXPERIMENTS,
    starts=STARTS,
)
