"""What the IWAE page is."""

from ui.explorer_panel import PARAMETERS
from ui.iwae import by_hand, implicit, noise, race, test_set
from ui.iwae.experiments import EXPERIMENTS
from ui.iwae.tightening import SHOWN, has_exact_evidence
from ui.looks import Look
from ui.page import Page, Start, Variant

LOOKS = {
    "test": Look("The test set", test_set.render),
    "race": Look("The race over k", race.render),
    "noise": Look("Signal and noise", noise.render),
    "stl": Look("stl by hand", by_hand.render),
    "implicit": Look("The implicit posterior", implicit.render, has_exact_evidence),
}

STARTS = (
    Start(
        "Watch a bound tighten",
        {},
        "Lₖ of one image, draw by draw, and which draws it rests on.",
    ),
    Start(
        "See a bound that can't be believed",
        {"images": "digits", "image": "digits-0", "model": "vae"},
        "A digit of another kind than the model learned: a handful of 5,000 draws decides.",
    ),
    Start(
        "Whose gradient drowns in noise?",
        {"look": "noise"},
        "More draws: better for the decoder, worse for the encoder.",
        "looks",
    ),
)

VARIANTS = (
    Variant(
        "iwae-k50",
        "IWAE, k = 50",
        "as in the VAE, z of 50 dimensions",
        objective="L₅₀ = E log (1/50) Σ p(x, z) / q(z|x)",
        look="race",
    ),
    Variant("iwae-k5", "IWAE, k = 5", "as in the VAE, z of 50 dimensions", objective="L₅", look="test"),
    Variant(
        "gmvae-iwae-k50", "IWAE on a GMVAE", "z ~ mixture of 500 Gaussians", objective="L₅₀", look="test"
    ),
)

IWAE = Page(
    file="pages/iwae.py",
    title="IWAE",
    kinds=("vae", "gmvae", "hvae"),
    opens_with=("iwae-k50-digits", "vae-digits"),
    parts={
        "model": "choice of model",
        "show": "mean or draw, seed",
        "pick": "images",
        "bound": "the bound",
        "looks": "closer looks",
        "explorer": "explorer",
        "train": "training",
        "try": "try this",
        "source": "model's code",
    },
    parameters=PARAMETERS | {"image", "try", SHOWN, by_hand.SIGMA, test_set.FAMILY, noise.UP_TO, noise.OFF},
    looks=LOOKS,
    experiments=tuple(EXPERIMENTS),
    starts=STARTS,
    variants=VARIANTS,
)
