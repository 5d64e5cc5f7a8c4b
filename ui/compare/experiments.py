"""The experiments of the Compare page; tests/ui/test_try_compare.py holds each observation to what is computed."""

from ui.try_this import Experiment

BERNOULLI = "mnist-test-10000-static-bernoulli-x"
DIGITS = "digits-test-300-static-bernoulli-x"
GAUSSIAN = "mnist-test-10000-none-gaussian-x"

EXPERIMENTS = (
    Experiment(
        "two",
        "Two dimensions against ten",
        "Read the two sums under the digit as each model gives it back.",
        "two dimensions pay less than a third of the KL of ten, and over 40 nats more for the pixels: the "
        "sum is larger.",
        {"with": "vae-2d-digits_vae-digits", "images": "digits", "image": "digits-3", "show": "mean"},
        "row",
    ),
    Experiment(
        "told",
        "What a label is worth",
        "Compare the SSVAE, which must guess the label, with the FSVAE, which is told it.",
        "the FSVAE’s KL is lower by about log 10 = 2.3 nats, what naming a digit costs. Its bound is on log p(x|y), so "
        "it is no better model of x.",
        {"with": "ssvae-digits_fsvae-digits", "images": "digits", "image": "digits-3", "show": "mean"},
        "row",
    ),
    Experiment(
        "point",
        "One z, two models",
        "Move either plane and watch the other picture.",
        "the z of an image in one model is no code of it in the other, which reconstructs it worse from there by more "
        "than 50 nats: axes have no meaning across models.",
        {"model": "vae-digits", "beside": "gmvae-10-digits", "images": "digits", "image": "digits-3"},
        "linked",
    ),
    Experiment(
        "label",
        "A bound that is told the label",
        "Look for the FSVAE in the table of log p(x), then among those left out.",
        "its −ELBO, 88.7, is lower than any in the column, yet it is not in it: it bounds log p(x|y).",
        {"group": BERNOULLI},
        "measured",
    ),
    Experiment(
        "tie",
        "Is the best one better?",
        "Look for the words best and tied in the table.",
        "six models tie with it: 300 test images tell a mean to a nat either way, and by such errors alone two "
        "models apart from 2.7 nats on.",
        {"group": DIGITS},
        "measured",
    ),
    Experiment(
        "iwae",
        "The order depends on the bound",
        "Press the header −ELBO, then −L₁₀₀, and follow iwae-k50 and vae-k1.",
        "by −ELBO vae-k1 is before iwae-k50, by −L₁₀₀ it is behind: each is best at what it was trained on.",
        {"group": BERNOULLI},
        "measured",
    ),
    Experiment(
        "trade",
        "One −ELBO, two ways to spend it",
        "In the plane, compare vae-beta0.5 with vae-beta2.",
        "their −ELBOs are within half a nat, on one line; β = 2 pays 9 nats less for the rate, as many "
        "more for the pixels.",
        {"group": BERNOULLI, "point": "vae-beta0.5"},
        "measured",
    ),
    Experiment(
        "density",
        "A bound below zero",
        "Read the −ELBO of the Gaussian model of grey pixels.",
        "it is below −500: densities may exceed 1, so their nats have another zero and no place among the others.",
        {"group": GAUSSIAN},
        "measured",
    ),
)
