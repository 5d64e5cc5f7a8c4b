"""The steps of the tour, as data; tests/ui/test_tour.py opens each, and computes what it says is seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TOP = "head"


@dataclass(frozen=True)
class Step:
    """One step: what to do, what to look for, and the state of its page, as the address has it.

    `page` is the page's `slot`. `at` is the part of the page that it is about, by its key.
    """

    page: str
    title: str
    do: str
    look_for: str
    state: Mapping[str, str] = field(default_factory=dict)
    at: str = TOP


FIRST_SIX = {"images": "digits", "image": "digits-0"}

STEPS = (
    Step(
        "home",
        "Two numbers make a digit",
        "Drag in the plane, or focus it and press the arrow keys.",
        "every place z is decoded to a picture, and neighbours look alike.",
        at="home-explorer",
    ),
    Step(
        "vae",
        "What an image costs",
        "Choose another image.",
        "−ELBO is the sum of two costs: the reconstruction (blue) and the code’s KL (orange).",
        {"model": "vae-digits", **FIRST_SIX},
        "images",
    ),
    Step(
        "vae",
        "Between two codes",
        "Play the line from a 6 to a 1.",
        "halfway stands one figure, not one fading over the other.",
        {"model": "vae-digits", **FIRST_SIX, "look": "interpolate", "to": "digits-8"},
        "looks",
    ),
    Step(
        "bound",
        "Why it is a bound",
        "Drag q away from the posterior, then press “optimise”.",
        "−log p(x) never moves, the gap does: optimised it is about 0.05 nats, where the encoder left 0.35.",
        {
            "model": "vae-2d-digits",
            "images": "digits",
            "image": "digits-1",
            "q": "encoder",
            "family": "diagonal",
        },
        "bound-push",
    ),
    Step(
        "gradients",
        "A gradient through a draw",
        "Drag k from 0 to −3 and compare the two sd.",
        "both means are near the exact gradient; the pathwise sd stays at 2, the score function’s grows from 5 to 22.",
        {"toy": "normal_square_1_1_0"},
        "clouds",
    ),
    Step(
        "vae",
        "Turn β up",
        "Choose β = 10, then β = 0.25, and read the two terms.",
        "the rate, the mean KL, falls to 4.1 nats, then rises to 28.7: trained with β, a model gives β nats of "
        "distortion for one of rate.",
        {"model": "vae", **FIRST_SIX, "look": "beta"},
        "looks",
    ),
    Step(
        "gmvae",
        "Groups without labels",
        "Read what component 1 holds, then pick other components.",
        "every test image that component 1 holds is a 6, and no label was ever seen.",
        {"model": "gmvae-10-digits", **FIRST_SIX, "component": "1"},
        "gmvae-mixture",
    ),
    Step(
        "iwae",
        "More draws, a tighter bound",
        "Follow the curve from the ELBO, at k = 1, to k = 50.",
        "L₅₀ lies 5 nats above the ELBO: the same image, the same model, more draws of q.",
        {"model": "iwae-k50-digits", **FIRST_SIX, "look": "test", "draws": "5000"},
        "iwae-tightening",
    ),
    Step(
        "ssvae",
        "A label as a latent",
        "Read the two bars beside 5 and 7: the image is a 5.",
        "the classifier q(y|x) says 7; the ten ELBOs, the model’s own answer, say 5.",
        {"model": "ssvae-digits", "images": "digits", "image": "digits-79"},
        "label-bars",
    ),
    Step(
        "fsvae",
        "Ten digits in one hand",
        "In the plane drag style 4 from left to right.",
        "all ten digits lean over together: told the label, z is left with style.",
        {"model": "fsvae", "seed": "0", "column": "4", "plane": "5_1"},
        "fsvae-styles",
    ),
    Step(
        "hvae",
        "Two levels of latents",
        "Look along row B, then press “resample z1”.",
        "one z2, eight draws of z1: all eight are sevens, so that the digit is decided above.",
        {"model": "hvae-parallel-warm-digits", "seed": "0", "row": "b"},
        "hvae-levels",
    ),
    Step(
        "compare",
        "Which model is best?",
        "Press the header −L₁₀₀ and follow iwae-k50-digits; then read who is left out.",
        "last but one by −ELBO, it is third by −L₁₀₀: the order depends on the bound.",
        {"group": "digits-test-300-static-bernoulli-x"},
        "measured",
    ),
)
