"""What the page of the bound is."""

from ui.bound import amortisation, jensen, one_step, readings, side_by_side, surgery, why_q
from ui.bound.experiments import EXPERIMENTS
from ui.looks import Look, autoencoder, objective_ends
from ui.page import Page, Start

LOOKS = {
    "amortisation": Look("Two parts of the gap", amortisation.render),
    "jensen": Look("Jensen", jensen.render),
    "why": Look("Why q", why_q.render),
    "readings": Look("Three readings", readings.render),
    "beside": Look("Test, noise, blank", side_by_side.render),
    "surgery": Look("ELBO surgery", surgery.render),
    "step": Look("One training step", one_step.render),
    "planes": Look("Reconstruction or KL", objective_ends.render),
    "autoencoder": Look("Autoencoder", autoencoder.render),
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
    Start(
        "Ask why there is a q at all",
        {"look": "why"},
        "log p(x) from draws of the prior, and from draws of q.",
        "looks",
    ),
)

BOUND = Page(
    file="pages/bound.py",
    title="The bound",
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
