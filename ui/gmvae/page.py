"""What the GMVAE page is."""

from ui.explorer_panel import PARAMETERS
from ui.gmvae import choice, component_digits, draws, occupancy, story
from ui.gmvae.experiments import EXPERIMENTS
from ui.looks import Look, latents, pairs, prior_samples, units
from ui.page import Page, Start, Variant

LOOKS = {
    "holds": Look("Digits it holds", component_digits.render),
    "occupancy": Look("Occupancy", occupancy.render),
    "draws": Look("A KL from one draw", draws.render),
    "beside": Look("Beside the VAE", story.render),
    "samples": Look("Samples", prior_samples.render),
    "pairs": Look("Pairs", pairs.render),
    "latents": Look("Test-set latents", latents.render),
    "units": Look("Units", units.render),
}

STARTS = (
    Start(
        "Drag a group of digits",
        {"component": "10", "model": "gmvae-2d"},
        "A prior of ten Gaussians in a plane: move one, and its image, the prior and the KL follow.",
    ),
    Start(
        "Draw, and see which group it joins",
        {"images": "draw"},
        "The probability of each component follows your pen.",
    ),
    Start(
        "Ask what the groups are",
        {"look": "holds"},
        "Which digits each component holds, found without a label.",
        "looks",
    ),
)

OBJECTIVE = "the ELBO; its KL from one draw: log q(z|x) − log p(z)"

VARIANTS = (
    Variant("gmvae", "GMVAE", "z ~ a learned mixture of 500 Gaussians", objective=OBJECTIVE),
    Variant(
        "gmvae-10", "GMVAE, ten components", "z ~ a learned mixture of 10 Gaussians", objective=OBJECTIVE
    ),
    Variant(
        "gmvae-2d",
        "GMVAE in a plane",
        "z ~ a learned mixture of 10 Gaussians, z of 2 dimensions",
        objective=OBJECTIVE,
    ),
    Variant(
        "gmvae-10-digits",
        "GMVAE on small data",
        "z ~ a learned mixture of 10 Gaussians",
        objective=f"{OBJECTIVE}; on 1,297 digits",
    ),
)

GMVAE = Page(
    file="pages/gmvae.py",
    title="GMVAE",
    kinds=("gmvae",),
    opens_with=("gmvae-10", "gmvae-10-digits"),
    image_shape=(1, 28, 28),
    parts={
        "model": "choice of model",
        "show": "mean or draw, seed",
        "pick": "images",
        "elbo": "ELBO",
        "around": "around the component",
        "looks": "closer looks",
        "train": "training",
        "try": "try this",
        "source": "model's code",
    },
    parameters=PARAMETERS | choice.PARAMETERS | {"image", "try"},
    looks=LOOKS,
    experiments=tuple(EXPERIMENTS),
    starts=STARTS,
    variants=VARIANTS,
)
