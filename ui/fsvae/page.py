"""What the FSVAE page is."""

from ui.explorer_panel import PARAMETERS
from ui.fsvae import analogies, between, bounds, colour, leak, styles
from ui.fsvae.experiments import EXPERIMENTS
from ui.images.label import PARAMETER as LABEL
from ui.looks import Look, latents, pairs, units
from ui.page import Page, Start, Variant

LOOKS = {
    "analogies": Look("Ten digits in its style", analogies.render),
    "interpolate": Look("Between two styles", between.render),
    "leak": Look("Is the digit in z?", leak.render),
    "bounds": Look("What is bounded", bounds.render),
    "colour": Look("Colour and clipping", colour.render),
    "pairs": Look("Pairs", pairs.render),
    "latents": Look("Test-set latents", latents.render),
    "units": Look("Units and collapse", units.render),
}

STARTS = (
    Start(
        "Write ten digits in one hand",
        {},
        "Drag a style, and all that it writes changes together.",
    ),
    Start(
        "Lend the model your hand",
        {"images": "draw"},
        "Draw a digit: its style, written as all ten.",
        "style",
    ),
)

VARIANTS = (
    Variant(
        "fsvae",
        "FSVAE: told the label",
        "x ~ Bernoulli(f(y, z))",
        "q(z|x, y) = N(μ(x, y), σ²(x, y))",
        "E[log p(x|y, z)] − KL(q ‖ p)",
    ),
    Variant(
        "fsvae-streetdigits",
        "FSVAE in colour",
        "x ~ N(f(y, z), 1/10 · I), z of 20 dimensions",
        "q(z|x, y) = N(μ(x, y), σ²(x, y))",
        "E[log p(x|y, z)] − KL(q ‖ p)",
        "colour",
    ),
)

FSVAE = Page(
    file="pages/fsvae.py",
    title="FSVAE",
    kinds=("fsvae",),
    opens_with=("fsvae", "fsvae-digits"),
    parts={
        "model": "choice of model",
        "show": "mean or draw, seed",
        "grid": "grid of styles",
        "pick": "images",
        "elbo": "ELBO",
        "looks": "closer looks",
        "train": "training",
        "try": "try this",
        "source": "model's code",
    },
    parameters=PARAMETERS | styles.PARAMETERS | {LABEL, "image", "to", "try"},
    looks=LOOKS,
    experiments=tuple(EXPERIMENTS),
    starts=STARTS,
    variants=VARIANTS,
)
