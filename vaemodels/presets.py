"""The trained models the app opens with: what each is and the recipe it was trained by."""

from dataclasses import dataclass
from typing import Any

from vaemodels.errors import UsageError
from vaemodels.models import AEConfig, VAEConfig
from vaemodels.training import TrainingConfig


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

PRESETS: dict[str, Preset] = {
    "vae": Preset("vae", VAEConfig(), MNIST, "ten latent dimensions on MNIST"),
    "vae-2d": Preset(
        "vae", VAEConfig(z_dim=2), MNIST, "two latent dimensions, so that all of the space can be seen"
    ),
    "ae-2d": Preset(
        "ae", AEConfig(z_dim=2), MNIST, "a deterministic autoencoder with the same two dimensions"
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
