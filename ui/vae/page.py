"""What the VAE page is."""

from ui.explorer_panel import PARAMETERS
from ui.looks import (
    Look,
    autoencoder,
    cloud,
    has_likelihood,
    interpolation,
    latents,
    objective_ends,
    pairs,
    prior_samples,
    traversal,
    units,
)
from ui.page import Page, Start, Variant
from ui.vae import beta, decoders
from ui.vae.experiments import EXPERIMENTS

LOOKS = {
    "samples": Look("Samples", prior_samples.render),
    "pairs": Look("Pairs", pairs.render),
    "interpolate": Look("Interpolation", interpolation.render),
    "traversal": Look("Traversals", traversal.render),
    "cloud": Look("One image, 50 times", cloud.render),
    "latents": Look("Test-set latents", latents.render),
    "units": Look("Units and collapse", units.render, has_likelihood),
    "beta": Look("Rate and distortion", beta.render),
    "planes": Look("Reconstruction or KL", objective_ends.render),
    "autoencoder": Look("Autoencoder", autoencoder.render),
    "decoders": Look("Two decoders", decoders.render),
}

STARTS = (
    Start(
        "Take one image's ELBO apart",
        {},
        "Reconstruction and KL in nats, pixel by pixel and dimension by dimension.",
        "elbo",
    ),
    Start(
        "Draw a digit of your own",
        {"images": "draw"},
        "See where the encoder puts it, and what comes back.",
    ),
    Start(
        "Walk from one digit to another",
        {"look": "interpolate"},
        "The straight line between two codes, decoded.",
        "looks",
    ),
    Start(
        "Turn β up and down",
        {"look": "beta"},
        "What a model pays in reconstruction for a smaller KL.",
        "looks",
    ),
)

VARIANTS = (
    Variant(
        "vae",
        "VAE",
        "z ~ N(0, I), x ~ Bernoulli(f(z))",
        "q(z|x) = N(μ(x), σ²(x))",
        "E[log p(x|z)] − KL(q ‖ p)",
    ),
    Variant(
        "ae-2d",
        "Autoencoder",
        "none: x̂ = f(z), z of 2 dimensions",
        "a point: z = g(x)",
        "reconstruction alone, of a point",
        "autoencoder",
    ),
    Variant("vae-beta0.25", "β-VAE, β = ¼", objective="E[log p(x|z)] − ¼ KL(q ‖ p)", look="beta"),
    Variant("vae-beta4", "β-VAE, β = 4", objective="E[log p(x|z)] − 4 KL(q ‖ p)", look="beta"),
    Variant("vae-beta10", "β-VAE, β = 10", objective="E[log p(x|z)] − 10 KL(q ‖ p)", look="beta"),
    Variant("vae-gaussian", "Gaussian decoder", "x ~ N(f(z), σ²I), on grey pixels", look="decoders"),
    Variant(
        "vae-2d-rec",
        "Reconstruction only",
        "as in the VAE, z of 2 dimensions",
        objective="E[log p(x|z)]: nothing holds q near the prior",
        look="planes",
    ),
    Variant(
        "vae-2d-kl",
        "KL only",
        "as in the VAE, z of 2 dimensions",
        objective="−KL(q ‖ p): nothing ties z to x",
        look="planes",
    ),
    Variant(
        "vae-digits", "VAE on small data", objective="the same, on 1,297 digits: train your own in seconds"
    ),
)

VAE = Page(
    file="pages/vae.py",
    title="VAE and β-VAE",
    kinds=("vae", "ae"),
    opens_with=("vae",),
    image_shape=(1, 28, 28),
    parts={
        "model": "choice of model",
        "show": "mean or draw, seed",
        "pick": "images",
        "elbo": "ELBO",
        "looks": "closer looks",
        "train": "training",
        "try": "try this",
        "source": "model's code",
    },
    parameters=PARAMETERS | {"image", "to", "try"},
    looks=LOOKS,
    experiments=tuple(EXPERIMENTS),
    starts=STARTS,
    variants=VARIANTS,
)
