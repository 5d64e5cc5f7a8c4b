"""The experiments of the VAE page; tests/ui/test_try_this.py holds each observation to what the models compute."""

from ui.try_this import Experiment

EXPERIMENTS = [
    Experiment(
        "walk",
        "Walk between two digits",
        "Play the line from a 6 to a 1.",
        "halfway stands one figure, not one fading over the other: it has fewer grey pixels than a cross-fade of the "
        "two ends.",
        {
            "model": "vae-digits",
            "images": "digits",
            "image": "digits-0",
            "look": "interpolate",
            "to": "digits-8",
        },
        "looks",
    ),
    Experiment(
        "draw",
        "Draw instead of mean",
        "Change the seed a few times, and watch the reconstruction.",
        "the stroke stays where it is and its edges flicker: a draw decides each pixel by itself, and only those the "
        "mean leaves grey are in doubt.",
        {"model": "vae-digits", "images": "digits", "image": "digits-0", "show": "draw", "look": "samples"},
    ),
    Experiment(
        "unused",
        "A dimension that says nothing",
        "Move z₃, then z₁₀, with the sliders.",
        "in this model, vae-digits, the KL of z₃ is 0.00 nats and its values hardly change the image, while those of "
        "z₁₀ rewrite it.",
        {"model": "vae-digits", "images": "digits", "image": "digits-0", "look": "traversal"},
    ),
    Experiment(
        "beta",
        "β = 10 switches dimensions off",
        "Compare the KL of each dimension with that of the model vae.",
        "some bars are close to nothing: a dimension must save β nats of reconstruction for each nat of its KL.",
        {"model": "vae-beta10", "images": "digits", "image": "digits-0", "look": "units"},
        "looks",
    ),
    Experiment(
        "unseen",
        "A hand the model never saw",
        "This model was trained on MNIST, and the image is none of it.",
        "it costs more than twice the nats of an MNIST image, nearly all in reconstruction: the KL alone would not "
        "tell.",
        {"model": "vae", "images": "digits", "image": "digits-1", "look": "pairs"},
    ),
    Experiment(
        "autoencoder",
        "An autoencoder has no prior",
        "Find N(0, I)'s circle of two standard deviations (dotted, 2σ) among the autoencoder's codes.",
        "at most a fifth of the codes lie inside it; of draws from N(0, I), 86% do.",
        {"model": "ae-2d", "images": "digits", "image": "digits-0", "look": "autoencoder"},
        "looks",
    ),
    Experiment(
        "gap",
        "A line through nowhere",
        "Below the planes, follow the two rows from a 0 to a 5.",
        "the autoencoder's line leaves its codes, and its worst frame fits no digit: 100 nats worse than the VAE's.",
        {"model": "ae-2d", "images": "digits", "image": "digits-66", "look": "autoencoder", "line": "5"},
        "looks",
    ),
    Experiment(
        "reconstruction",
        "Reconstruction alone",
        "Compare the first plane with the third: how far its codes reach, and what its KL is.",
        "σ shrinks to its floor of 1/255 and codes lie beyond 20, so that the KL is some forty times that of vae-2d.",
        {"model": "vae-2d-rec", "images": "digits", "image": "digits-0", "look": "planes"},
        "looks",
    ),
]
