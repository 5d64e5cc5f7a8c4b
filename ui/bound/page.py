"""What the page of the bound is."""

from ui.bound import jensen
from ui.bound.experiments import EXPERIMENTS
from ui.looks import Look
from ui.page import Page, Start

LOOKS = {
    "jensen": Look("Jensen, in a picture", jensen.render),
}

STARTS = (
    Start(
        "Push the ELBO about",
        {},
        "Drag q over the exact posterior of one image; watch log p(x) stay where it is.",
    ),
    Start(
        "See the bound of your own digit",
        {"images": "draw"},
        "The exact posterior follows your pen.",
    ),
)

BOUND = Page(
    file="pages/bound.py",
    title="The bound",
    heading="The bound: log p(x) = ELBO + gap",
    kinds=("vae", "gmvae"),
    opens_with=("vae-2d", "vae-2d-digits"),
    image_shape=(1, 28, 28),
    z_dim=2,
    parts={
        "model": "choice of model",
        "show": "mean or draw, seed",
        "pick": "images",
        "elbo": "pictures and KL",
        "looks": "closer looks",
        "try": "try this",
        "source": "model's code",
    },
    parameters=frozenset({"image", "try", "q", "family"}),
    looks=LOOKS,
    experiments=tuple(EXPERIMENTS),
    starts=STARTS,
)
