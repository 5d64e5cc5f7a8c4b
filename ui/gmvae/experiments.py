"""The experiments of the GMVAE page; tests/ui/test_gmvae.py holds each observation to what the models compute."""

from ui.try_this import Experiment

EXPERIMENTS = [
    Experiment(
        "sixes",
        "A group that nobody named",
        "Read what component 1 holds, then pick other images of a 6.",
        "every test image that it holds is a 6, and the one on the page belongs to it with a probability of 100 %, "
        "though the model never saw a label.",
        {"model": "gmvae-10-digits", "images": "digits", "image": "digits-0", "component": "1"},
    ),
    Experiment(
        "away",
        "Move the group away from its images",
        "Component 10, which holds this 6, was dragged away: press “restore”.",
        "the image’s KL falls by more than a nat, and three quarters of the image are component 10’s again.",
        {
            "model": "gmvae-2d",
            "images": "digits",
            "image": "digits-0",
            "component": "10",
            "moved": "10_8_-8",
            "behind": "mixture",
        },
    ),
    Experiment(
        "standard",
        "One Gaussian is too small",
        "Change the density behind the components from N(0, I) to the prior.",
        "more than a third of the codes lie outside N(0, I)’s circle of two standard deviations, where it would have "
        "14 %; under the learned prior they lie on its bands.",
        {"model": "gmvae-2d", "images": "digits", "image": "digits-0", "behind": "standard"},
    ),
    Experiment(
        "negative",
        "A KL below zero",
        "Look left of 0 in the histogram.",
        "about one draw in a hundred is negative, while the mean, which is the KL, is more than 3 nats.",
        {"model": "gmvae-2d", "images": "digits", "image": "digits-187", "look": "draws"},
        "looks",
    ),
    Experiment(
        "bound",
        "The better bound sorts worse",
        "Compare gmvae with gmvae-10 in the lower table.",
        "500 components have the lower −ELBO and less than half of the clustering accuracy of ten.",
        {"model": "gmvae-10", "images": "digits", "image": "digits-0", "look": "holds"},
        "looks",
    ),
    Experiment(
        "idle",
        "Five hundred, not all at work",
        "Look for faint tiles in the mosaic, and read how many components are in use.",
        "fewer than 450 of the 500 are: the rest hold hardly an image.",
        {"model": "gmvae", "images": "digits", "image": "digits-0", "look": "occupancy"},
    ),
    Experiment(
        "twins",
        "Does it pay in nats?",
        "Compare vae-digits with gmvae-10-digits: the same networks, data and epochs.",
        "their −ELBO differs by less than one standard error, so that the mixture buys groups here, not nats.",
        {"model": "gmvae-10-digits", "images": "digits", "image": "digits-0", "look": "beside"},
        "looks",
    ),
]
