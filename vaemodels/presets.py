"""The trained models the app opens with: what each is and the recipe it was trained by."""

from dataclasses import dataclass, replace
from typing import Any

from vaemodels.errors import UsageError
from vaemodels.models import AEConfig, VAEConfig
from vaemodels.training_config import TrainingConfig


@dataclass(frozen=True)
class Preset:
    """A model's name, sizes and training recipe, with one line on what it is for."""

    model: str
    config: Any
    training: TrainingConfig
    about: str


# 154 epochs of 55,000 images at batch 100 are about five minutes on two cores with native bfloat16.
MNIST = TrainingConfig(dataset="mnist", epochs=154, batch_size=100)
# 1,297 images are 26 steps an epoch at batch 50, so many epochs; ten to twenty seconds on one thread.
DIGITS = TrainingConfig(dataset="digits", epochs=300, batch_size=50)
DIGITS_HIDDEN = (128, 128)
# With `vae`, which is β = 1, the points of the rate–distortion curve.
BETAS = (0.25, 0.5, 2.0, 4.0, 10.0)

PRESETS: dict[str, Preset] = {
    "vae": Preset("vae", VAEConfig(), MNIST, "ten latent dimensions on MNIST"),
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
    "vae-digits": Preset(
        "vae", VAEConfig(hidden=DIGITS_HIDDEN), DIGITS, "ten dimensions on the built-in digits"
    ),
    "vae-2d-digits": Preset(
        "vae", VAEConfig(z_dim=2, hidden=DIGITS_HIDDEN), DIGITS, "two dimensions on the built-in digits"
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
