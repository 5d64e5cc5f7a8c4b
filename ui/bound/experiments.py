"""The experiments of the page of the bound; tests/ui/test_bound_experiments.py computes each observation."""

from ui.try_this import Experiment

FROM_ENCODER = {"q": "encoder", "family": "diagonal"}  # whatever the last experiment left

EXPERIMENTS = [
    Experiment(
        "optimise",
        "The encoder is not the best q",
        "Press “optimise”, and watch the gap.",
        "the gap falls from 0.35 to about 0.05 nats, and −log p(x) does not move: the encoder answers for all images "
        "at once, and this one could be served better.",
        {"model": "vae-2d-digits", "images": "digits", "image": "digits-1", **FROM_ENCODER},
    ),
    Experiment(
        "families",
        "A wider family, a smaller gap",
        "Press “full”, then “optimise”; then “isotropic”, and “optimise” again.",
        "each wider family comes closer to log p(x): about 0.07, 0.05 and 0.02 nats are left for isotropic, diagonal "
        "and full.",
        {"model": "vae-2d-digits", "images": "digits", "image": "digits-1", **FROM_ENCODER},
    ),
    Experiment(
        "twice",
        "Twice as wide",
        "Take a handle of q and pull it out to twice the width; then the other.",
        "the KL falls, by 1.4 nats at most, and the reconstruction pays more than that: the gap grows.",
        {"model": "vae-2d-digits", "images": "digits", "image": "digits-1", **FROM_ENCODER},
    ),
    Experiment(
        "prior",
        "The prior as q",
        "Press “N(0, I)”.",
        "the KL to the prior is 0.00, and the reconstruction pays over 140 nats for it: a draw from the prior seldom "
        "looks like this image.",
        {"model": "vae-2d-digits", "images": "digits", "image": "digits-0", **FROM_ENCODER},
    ),
    Experiment(
        "exceed",
        "Can the ELBO exceed log p(x)?",
        "Try to drag q so that the violet gap goes below 0; then press “optimise”.",
        "it comes close to 0, never below: the gap is a KL, and 0 only where q is the posterior; the best "
        "Gaussian leaves less than 0.01 nats.",
        {"model": "vae-2d-digits", "images": "digits", "image": "digits-2", **FROM_ENCODER, "family": "full"},
    ),
    Experiment(
        "miss",
        "An encoder that is lost",
        "This model was trained on MNIST, and the image is none of it: compare q with the posterior, then press "
        "“optimise”.",
        "the encoder’s q leaves a gap of more than 3 nats, and the best q of the same family one below 0.1.",
        {"model": "gmvae-2d", "images": "digits", "image": "digits-1", **FROM_ENCODER},
    ),
]
