"""The experiments of the IWAE page; tests/ui/test_iwae_experiments.py holds each observation to what is computed."""

from ui.try_this import Experiment

FIRST: dict[str, str | int] = {"images": "digits", "image": "digits-0", "look": "test", "draws": 5_000}

EXPERIMENTS = [
    Experiment(
        "gain",
        "What fifty draws gain",
        "Read “gain” for k = 50 in the table under the curve.",
        "L₅₀ lies 5 nats above the ELBO here; the same image gains only 1.3 nats with the model vae-digits, whose "
        "encoder fits its posteriors better.",
        {"model": "iwae-k50-digits", **FIRST},
    ),
    Experiment(
        "few",
        "Ten draws, again and again",
        "Press “Again with another seed” a few times, then pull the slider to 5,000 draws and do so again.",
        "the estimate from ten draws jumps by a nat and more from seed to seed, that from 5,000 by less than half a "
        "nat.",
        {"model": "iwae-k50-digits", **FIRST, "draws": 10},
    ),
    Experiment(
        "missed",
        "A bound that can't be believed",
        "Compare the curve with the exact log p(x), and read the effective draws.",
        "5,000 draws are worth 1 or 2, and L₅₀₀₀ is still more than 5 nats below the exact log p(x): q hardly ever "
        "looks where the posterior is, which the planes below show.",
        {
            "model": "vae-2d-digits",
            "images": "digits",
            "image": "digits-49",
            "look": "implicit",
            "draws": 5_000,
        },
    ),
    Experiment(
        "foreign",
        "A digit from elsewhere",
        "This model learned MNIST, and the image is none of it; draw a cross or a filled square, too.",
        "fewer than ten of 5,000 draws are effective and the warning stands under the curve, which is still rising "
        "at its end; a digit drawn as MNIST has them need not show it.",
        {"model": "vae", **FIRST},
    ),
    Experiment(
        "training",
        "A higher Lₖ is not training with k",
        "In the table of test images compare vae-k1 with iwae-k50: first their ELBO, then their L₅₀₀₀.",
        "training on L₅₀ gives up more than 6 nats of ELBO and wins 1.2 nats of L₅₀₀₀, while evaluating "
        "vae-k1 with 5,000 draws changes only what is known of it.",
        {"model": "iwae-k50-digits", **FIRST, "family": "iwae"},
        "looks",
    ),
    Experiment(
        "drowns",
        "Which gradient drowns in noise",
        "Follow the four lines of the toy to the right, then read the row of stl’s bias.",
        "the decoder’s ratio rises with K and iwae’s for the encoder falls as 1/√K; stl has the best ratio of the "
        "encoder’s and a gradient that is off by more than 30 times the true gradient’s length at K = 64.",
        {"look": "noise", "off": "0.01", "upto": "256", "seed": 0},
        "looks",
    ),
    Experiment(
        "hand",
        "When leaving out the score helps",
        "Drag σ from 0.5 to 1, and back to 0.3.",
        "stl’s scatter falls to 0 at σ = 1, where q is the posterior; below σ = 0.71 it is larger than the ordinary "
        "one’s.",
        {"look": "stl", "sigma": "0.5"},
        "looks",
    ),
    Experiment(
        "implicit",
        "What k draws turn q into",
        "Compare the three planes.",
        "the dots move into the tail of the posterior that q leaves out, and the divergence from it falls from 1.2 "
        "nats for k = 1 to under 0.1 for k = 100.",
        {"model": "vae-2d-digits", "images": "digits", "image": "digits-3", "look": "implicit", "seed": 0},
        "looks",
    ),
]
