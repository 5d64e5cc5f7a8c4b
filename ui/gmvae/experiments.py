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
        "Codes go where the prior is",
        "Change the density behind the components from N(0, I), with its circles of 1σ and 2σ, to the prior.",
        "143 of the 300 codes lie outside the larger circle, where N(0, I) would have 41: the model was never asked to "
        "fit it; on the learned prior’s bands lie all of them.",
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
        "Which number you want decides",
        "Compare gmvae with gmvae-10 in the lower table.",
        "500 components are 0.8 nats better on the bound and purer, but a digit is spread over a dozen of them, so "
        "that one component a digit gets 28 % of these images right, with ten 58 %.",
        {"model": "gmvae-10", "images": "digits", "image": "digits-0", "look": "holds"},
        "looks",
    ),
    Experiment(
        "idle",
        "Five hundred for 300 images",
        "Look for faint tiles in the mosaic, and read how many components are in use.",
        "it is as if about 127 shared these images equally; how many idle for good 300 images can’t tell, as no more "
        "than 300 components can be an image’s most probable one.",
        {"model": "gmvae", "images": "digits", "image": "digits-0", "look": "occupancy"},
    ),
    Experiment(
        "twins",
        "Groups, not nats",
        "Compare vae-digits with gmvae-10-digits: the same networks, data and epochs.",
        "their −ELBO differs by less than one standard error, so that the mixture buys groups here, not nats.",
        {"model": "gmvae-10-digits", "images": "digits", "image": "digits-0", "look": "beside"},
        "looks",
    ),
]
