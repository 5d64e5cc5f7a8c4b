"""What the SSVAE page is."""

from ui.explorer_panel import PARAMETERS
from ui.looks import Look, has_likelihood, pairs, units
from ui.page import Page, Start, Variant
from ui.ssvae import alone, confusion, differ, labelled, style
from ui.ssvae.experiments import EXPERIMENTS

LOOKS = {
    "confusion": Look("Which digit for which", confusion.render),
    "differ": Look("Where the two answers differ", differ.render),
    "alone": Look("With and without the ELBO", alone.render),
    "labelled": Look("The labelled images", labelled.render),
    "style": Look("z by digit", style.render),
    "pairs": Look("Pairs", pairs.render),
    "units": Look("Units", units.render, has_likelihood),
}

STARTS = (
    Start(
        "Draw a digit that could be two",
        {"images": "draw"},
        "Ten labels, two answers each: the classifier’s, and that of the model’s ten ELBOs.",
    ),
    Start(
        "Open the errors",
        {"look": "confusion"},
        "A confusion matrix whose cells show the images that they count.",
        "looks",
    ),
)

VARIANTS = (
    Variant(
        "ssvae",
        "SSVAE (M2): 100 labels",
        "y ~ Cat(1/10), x ~ Bernoulli(f(y, z)), z of 64 dimensions",
        "q(y|x) q(z|x, y)",
        "ELBO(x) = Σ q(y|x) ELBO(x, y) + H(q), plus α log q(y|x) where the label is known",
    ),
    Variant(
        "ssvae-classifier",
        "Its classifier alone",
        "y ~ Cat(1/10), x ~ Bernoulli(f(y, z)), z of 64 dimensions; not trained",
        "q(y|x)",
        "log q(y|x) of the labelled images",
    ),
)

SSVAE = Page(
    file="pages/ssvae.py",
    title="SSVAE",
    kinds=("ssvae",),
    opens_with=("ssvae", "ssvae-digits"),
    parts={
        "model": "choice of model",
        "show": "mean or draw, seed",
        "pick": "images",
        "elbo": "bars and ELBO",
        "looks": "closer looks",
        "train": "training",
        "try": "try this",
        "source": "model's code",
    },
    parameters=PARAMETERS | confusion.PARAMETERS | {"image", "try"},
    looks=LOOKS,
    experiments=tuple(EXPERIMENTS),
    starts=STARTS,
    variants=VARIANTS,
)
