"""What the hierarchical VAE's page is."""

from ui.explorer_panel import PARAMETERS
from ui.hvae import between, by_input, chains, compared, held_level, level_probes, levels
from ui.hvae.experiments import EXPERIMENTS
from ui.looks import Look, latents, units
from ui.page import Page, Start, Variant

LOOKS = {
    "hold": Look("Hold one level", held_level.render),
    "inputs": Look("KL by level", by_input.render),
    "holds": Look("What each level holds", level_probes.render),
    "compared": Look("Warm-up and inference", compared.render),
    "chain": Look("Without z2", chains.render),
    "lower": Look("p(z1|z2)", between.render),
    "latents": Look("Test-set latents", latents.render),
    "units": Look("Units and collapse", units.render),
}

STARTS = (
    Start(
        "Hold one level, draw the other",
        {},
        "Drag z2: a row of images follows, each with its own z1.",
    ),
    Start(
        "Which level holds the digit?",
        {"look": "holds"},
        "What can be read from z1 and from z2, measured.",
        "looks",
    ),
)

VARIANTS = (
    Variant(
        "hvae",
        "Hierarchical VAE",
        "z2 ~ N(0, I), of 2 dimensions; z1 ~ p(z1|z2), of 20; x ~ p(x|z1)",
        "q(z1|x) q(z2|z1)",
        "E[log p(x|z1)] − KL of z1 − KL of z2",
    ),
)

HVAE = Page(
    file="pages/hvae.py",
    title="Hierarchical VAE",
    kinds=("hvae",),
    opens_with=("hvae", "hvae-digits"),
    parts={
        "model": "choice of model",
        "show": "mean or draw, seed",
        "grid": "grid of both levels",
        "pick": "images",
        "elbo": "ELBO",
        "looks": "closer looks",
        "train": "training",
        "try": "try this",
        "source": "model's code",
    },
    parameters=PARAMETERS | levels.PARAMETERS | {"image", "try"},
    looks=LOOKS,
    experiments=tuple(EXPERIMENTS),
    starts=STARTS,
    variants=VARIANTS,
)
