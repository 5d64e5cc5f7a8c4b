"""What the Studio is."""

from ui.kinds import KINDS
from ui.page import Page, Start
from ui.studio.experiments import EXPERIMENTS
from ui.studio.overlay import BESIDE

STARTS = (
    Start(
        "Train a model on your own pictures",
        {},
        "Bring a folder or a zip, see what the model will see, and watch what it learns to draw.",
    ),
    Start(
        "Watch all your runs in one chart",
        {},
        "One slider moves the images of every run to the same step.",
        "runs",
    ),
)

STUDIO = Page(
    file="pages/studio.py",
    title="Studio",
    heading="Studio: train anything",
    kinds=tuple(KINDS),
    opens_with=("vae-2d-digits", "vae-digits"),
    parts={
        "show": "mean or draw, seed",
        "runs": "chart of all runs",
        "models": "your models",
        "try": "try this",
    },
    parameters=frozenset({BESIDE, "try"}),
    experiments=EXPERIMENTS,
    starts=STARTS,
)
