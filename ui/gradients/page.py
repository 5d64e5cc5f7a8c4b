"""What the Gradients page is."""

from ui.gradients import costs, decoder, discrete, overk, samples, simplex, which
from ui.gradients.clouds import TOY
from ui.gradients.experiments import EXPERIMENTS
from ui.looks import Look
from ui.page import Page, Start

LOOKS = {
    "k": Look("Variance over k", costs.render),
    "draws": Look("More draws", samples.render),
    "simplex": Look("Gumbel-softmax", simplex.render),
    "discrete": Look("Discrete draws", discrete.render),
    "decoder": Look("A real decoder", decoder.render),
    "which": Look("When to use which", which.render),
}

STARTS = (
    Start(
        "See the reparameterisation trick move",
        {},
        "A thousand draws follow μ, and two clouds of gradients with them.",
    ),
    Start(
        "Find where the path is the worse way",
        {"toy": "normal_cos_1_1_5"},
        "For cos 5z the score function needs fewer draws.",
    ),
    Start(
        "Watch a biased gradient get stuck",
        {"look": "discrete"},
        "One bit, six estimators, and the exact gradient.",
        "looks",
    ),
)

GRADIENTS = Page(
    file="pages/gradients.py",
    title="Gradients",
    heading="Gradients: two ways through a draw",
    kinds=("vae",),
    opens_with=("vae-2d-digits", "vae-2d"),
    image_shape=(1, 28, 28),
    z_dim=2,
    decoding=False,
    parts={
        "show": "seed",
        "looks": "closer looks",
        "try": "try this",
    },
    parameters=frozenset(
        {
            "try",
            TOY,
            overk.AT,
            simplex.SOFTNESS,
            decoder.MODEL,
            decoder.PLACE,
            discrete.BITS,
            discrete.THETA,
            discrete.TAU,
            discrete.DRAWS_EACH,
        }
    ),
    looks=LOOKS,
    experiments=tuple(EXPERIMENTS),
    starts=STARTS,
)
