"""The trained models the app opens with: what each is and the recipe it was trained by."""

from dataclasses import dataclass, replace
from typing import Any

from vaemodels.errors import UsageError
from vaemodels.models import AEConfig, FSVAEConfig, GMVAEConfig, HVAEConfig, SSVAEConfig, VAEConfig
from vaemodels.training_config import TrainingConfig


@dataclass(frozen=True)
class Preset:
    """A model's name, sizes and training recipe, with one line on what it is for, and what others measured of it.

    It begins with fresh weights, or with those of the trained model that `start` names.
    """

    model: str
    config: Any
    training: TrainingConfig
    about: str
    reference: str = ""
    start: str = ""


# 154 epochs of 55,000 images at batch 100 are about five minutes on two cores with native bfloat16.
MNIST = TrainingConfig(dataset="mnist", epochs=154, batch_size=100)
# For models whose steps cost more. Muon gets in 30 epochs to where Adam takes five times as many, but has a classifier
# of a hundred labels overfit (docs/results.md).
SHORT_ADAM = replace(MNIST, epochs=30)
SHORT = replace(MNIST, epochs=30, batch_size=250, optimizer="muon", learning_rate=0.03)
SHORT_TANH = replace(SHORT, learning_rate=0.02)
LONG_TANH = replace(SHORT_TANH, epochs=100)
# 1,297 images are 26 steps an epoch at batch 50, so many epochs; ten to twenty seconds on one thread.
DIGITS = TrainingConfig(dataset="digits", epochs=300, batch_size=50)
STREET = TrainingConfig(dataset="streetdigits", epochs=60, batch_size=100, binarization="none")
SMALL: dict[str, Any] = {"hidden": (128, 128)}
# With `vae`, which is β = 1, the points of the rate–distortion curve.
BETAS = (0.25, 0.5, 2.0, 4.0, 10.0)
# Narrow, since a layer that meets 3,072 pixels is most of the file.
COLOUR: dict[str, Any] = {"image_shape": (3, 32, 32), "likelihood": "gaussian", **SMALL}
# The one-layer network of Burda et al. 2016.
PAPER = VAEConfig(z_dim=50, hidden=(200, 200), activation="tanh")
TWO_LEVELS: dict[str, Any] = {
    "z1_dim": 20,
    "z2_dim": 2,
    "hidden": (300, 300),
    "upper_hidden": (100, 100),
    "activation": "elu",
}
TWO_SMALL_LEVELS: dict[str, Any] = {**TWO_LEVELS, **SMALL}
FEW_LABELS: dict[str, Any] = {"labelled": 100}

PRESETS: dict[str, Preset] = {
    "vae": Preset(
        "vae", VAEConfig(), MNIST, "ten latent dimensions on MNIST", "a course's 20,000 steps: -ELBO 101.5"
    ),
    "vae-2d": Preset(
        "vae", VAEConfig(z_dim=2), MNIST, "two latent dimensions, so that all of the space can be seen"
    ),
    "ae-2d": Preset(
        "ae", AEConfig(z_dim=2), MNIST, "a deterministic autoencoder with the same two dimensions"
    ),
    **{
        f"vae-beta{beta:g}": Preset(
            "vae", VAEConfig(), replace(MNIST, beta=beta), f"as vae, trained with β = {beta:g}"
        )
        for beta in BETAS
    },
    "vae-gaussian": Preset(
        "vae",
        VAEConfig(likelihood="gaussian", variance="learned"),
        replace(MNIST, binarization="none"),
        "as vae, with a Gaussian decoder of one learned variance on grey pixels",
    ),
    "vae-2d-rec": Preset(
        "vae",
        VAEConfig(z_dim=2),
        replace(MNIST, beta=0.0),
        "two dimensions, trained on the reconstruction alone",
    ),
    "vae-2d-kl": Preset(
        "vae",
        VAEConfig(z_dim=2),
        replace(MNIST, epochs=10, reconstruction_weight=0.0),
        "two dimensions, trained on the KL alone",
    ),
    "gmvae": Preset(
        "gmvae",
        GMVAEConfig(components=500),
        SHORT,
        "a mixture of 500 components for a prior",
        "a course's 20,000 steps: -ELBO 97.2 to 99.0",
    ),
    "gmvae-10": Preset("gmvae", GMVAEConfig(components=10), SHORT, "a mixture of 10 components for a prior"),
    "gmvae-2d": Preset("gmvae", GMVAEConfig(z_dim=2, components=10), SHORT_ADAM, "ten components in a plane"),
    "vae-k1": Preset(
        "vae",
        PAPER,
        LONG_TANH,
        "the network of the IWAE paper, on the ELBO",
        "the paper's 3,280 epochs: L_5000 -86.76",
    ),
    "iwae-k5": Preset(
        "vae",
        PAPER,
        replace(LONG_TANH, objective="iwae", k=5),
        "the same on L_5",
        "the paper's 3,280 epochs: L_5000 -85.54",
    ),
    "iwae-k50": Preset(
        "vae",
        PAPER,
        replace(LONG_TANH, objective="iwae", k=50),
        "the same on L_50",
        "the paper's 3,280 epochs: L_5000 -84.78",
    ),
    "gmvae-iwae-k50": Preset(
        "gmvae",
        GMVAEConfig(components=500),
        replace(SHORT, objective="iwae", k=50),
        "as gmvae, on L_50",
    ),
    "ssvae": Preset(
        "ssvae",
        SSVAEConfig(),
        replace(SHORT_ADAM, **FEW_LABELS, distort_labelled=True),
        "semi-supervised (M2), from 100 labels, their images distorted",
        "a course's: accuracy 93.4 %; Kingma et al.'s M2: 88.0 %",
    ),
    "ssvae-classifier": Preset(
        "ssvae",
        SSVAEConfig(),
        replace(SHORT_ADAM, gen_weight=0.0, **FEW_LABELS, distort_labelled=True),
        "the classifier of ssvae alone, from the same 100 labels",
        "a course's: accuracy 73.5 %",
    ),
    "classifier": Preset(
        "ssvae",
        SSVAEConfig(z_dim=2, hidden=(256, 256)),
        replace(
            MNIST,
            epochs=80,
            batch_size=250,
            learning_rate=2e-3,
            gen_weight=0.0,
            labelled=55_000,
            distort_labelled=True,
        ),
        "a classifier alone, from every label: pages guess labels and judge written digits by it",
    ),
    "fsvae": Preset("fsvae", FSVAEConfig(), MNIST, "told every label: one style, ten digits"),
    "fsvae-streetdigits": Preset(
        "fsvae", FSVAEConfig(z_dim=20, **COLOUR), STREET, "told every label, on coloured house numbers"
    ),
    "vae-streetdigits": Preset("vae", VAEConfig(z_dim=20, **COLOUR), STREET, "on coloured house numbers"),
    "vae-streetdigits-beta4": Preset(
        "vae", VAEConfig(z_dim=20, **COLOUR), replace(STREET, beta=4.0), "the same, trained with β = 4"
    ),
    "hvae": Preset(
        "hvae",
        HVAEConfig(**TWO_LEVELS),
        SHORT,
        "two levels of latents, two dimensions in the upper one",
    ),
    "hvae-k1": Preset(
        "hvae",
        HVAEConfig(),
        SHORT_TANH,
        "two levels of the IWAE paper's sizes, on the ELBO",
        "the paper's 3,280 epochs: L_5000 -85.33",
    ),
    "hvae-iwae-k50": Preset(
        "hvae",
        HVAEConfig(),
        replace(SHORT_TANH, epochs=20, objective="iwae", k=50),
        "hvae-k1, trained on by L_50",
        "the paper's 3,280 epochs: L_5000 -82.90",
        start="hvae-k1",
    ),
    "vae-digits": Preset("vae", VAEConfig(**SMALL), DIGITS, "ten dimensions on the built-in digits"),
    "vae-2d-digits": Preset(
        "vae", VAEConfig(z_dim=2, **SMALL), DIGITS, "two dimensions on the built-in digits"
    ),
    "gmvae-10-digits": Preset(
        "gmvae", GMVAEConfig(components=10, **SMALL), DIGITS, "as gmvae-10, on the built-in digits"
    ),
    "iwae-k50-digits": Preset(
        "vae",
        VAEConfig(**SMALL),
        replace(DIGITS, objective="iwae", k=50),
        "as vae-digits, on L_50",
    ),
    "ssvae-digits": Preset(
        "ssvae",
        SSVAEConfig(z_dim=10, **SMALL),
        replace(DIGITS, **FEW_LABELS),
        "as ssvae, on the built-in digits",
    ),
    "fsvae-digits": Preset("fsvae", FSVAEConfig(**SMALL), DIGITS, "as fsvae, on the built-in digits"),
    "hvae-digits": Preset(
        "hvae",
        HVAEConfig(**TWO_SMALL_LEVELS),
        DIGITS,
        "as hvae, on the built-in digits",
    ),
    "hvae-warm-digits": Preset(
        "hvae",
        HVAEConfig(**TWO_SMALL_LEVELS),
        replace(DIGITS, kl_warmup_epochs=100),
        "as hvae-digits, the KL's weight rising from 0 over a hundred epochs",
    ),
    "hvae-parallel-digits": Preset(
        "hvae",
        HVAEConfig(inference="parallel", **TWO_SMALL_LEVELS),
        DIGITS,
        "as hvae-digits, with q(z2|x) in place of q(z2|z1)",
    ),
    "hvae-parallel-warm-digits": Preset(
        "hvae",
        HVAEConfig(inference="parallel", **TWO_SMALL_LEVELS),
        replace(DIGITS, kl_warmup_epochs=100),
        "as hvae-parallel-digits, the KL's weight rising from 0 over a hundred epochs",
    ),
}


def _quick(preset: Preset) -> Preset:
    """The preset by Muon in a fifth of the epochs: within a nat of where Adam ends, in a third of the time."""
    training = preset.training
    sooner = replace(
        training,
        epochs=training.epochs // 5,
        kl_warmup_epochs=training.kl_warmup_epochs // 5,
        batch_size=100,
        optimizer="muon",
        learning_rate=0.03,
    )
    return replace(preset, training=sooner)


# What learns within seconds, to begin with; the names are those of what it is like.
QUICK: dict[str, Preset] = {
    **{name: _quick(preset) for name, preset in PRESETS.items() if preset.training.dataset == DIGITS.dataset},
    "ae-2d-digits": _quick(
        Preset("ae", AEConfig(z_dim=2, **SMALL), DIGITS, "as ae-2d, on the built-in digits")
    ),
}


def get(name: str) -> Preset:
    """The preset called `name`.

    Raises:
        UsageError: naming the known ones.
    """
    if name not in PRESETS:
        raise UsageError(f"Unknown preset '{name}'; choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]
