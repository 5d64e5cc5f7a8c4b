"""Makers of small models, data, runs and pictures, for tests of everything."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from vaemodels import data, training
from vaemodels.data import Split
from vaemodels.models import AE, GMVAE, HVAE, VAE, AEConfig, GMVAEConfig, HVAEConfig, Model, VAEConfig
from vaemodels.training import Progress, Run, fit
from vaemodels.training_config import TrainingConfig

SHAPE = (1, 4, 4)
DIM = 16
LIKELIHOODS: list[Mapping[str, Any]] = [
    {"likelihood": "bernoulli"},
    {"likelihood": "gaussian"},
    {"likelihood": "gaussian", "variance": "learned"},
    {"likelihood": "gaussian", "variance": "per_pixel"},
    {"likelihood": "continuous_bernoulli"},
]
N, HELD_OUT = 130, 40  # images in the splits that small runs train on


def first(split: str, n: int) -> Split:
    """The first built-in digits of a split."""
    images, labels = data.load("digits", split)
    return Split(images[:n], labels[:n])


TRAIN, VALIDATION = first("train", N), first("validation", HELD_OUT)


def make_vae(z_dim: int = 3, **settings: Any) -> VAE:
    torch.manual_seed(0)
    return VAE(VAEConfig(image_shape=SHAPE, z_dim=z_dim, hidden=(12, 8), **settings))


def make_ae() -> AE:
    torch.manual_seed(0)
    return AE(AEConfig(image_shape=SHAPE, z_dim=3, hidden=(12, 8)))


def random_binary(n: int, dim: int = DIM) -> Tensor:
    return torch.rand((n, dim), generator=torch.Generator().manual_seed(5)).round()


def encode_to(model: VAE, parameters: Tensor) -> None:
    """Make q(z|x) have these means and log standard deviations whatever x is."""
    layer = model.encoder[-1]
    assert isinstance(layer, nn.Linear)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(parameters)


def make_gmvae(components: int = 4, z_dim: int = 3, seed: int = 0, **settings: Any) -> GMVAE:
    """Networks as `make_vae`'s, and components of several widths."""
    torch.manual_seed(seed)
    config = GMVAEConfig(image_shape=SHAPE, z_dim=z_dim, hidden=(12, 8), components=components, **settings)
    model = GMVAE(config)
    with torch.no_grad():
        model.prior_log_std.uniform_(-1, 0.5)
    return model


def make_hvae(inference: str, z1_dim: int = 3, z2_dim: int = 2, **settings: Any) -> HVAE:
    torch.manual_seed(0)
    sizes = {"image_shape": SHAPE, "hidden": (12, 8), "upper_hidden": (6,)} | settings
    return HVAE(HVAEConfig(z1_dim=z1_dim, z2_dim=z2_dim, inference=inference, **sizes))  # type: ignore[arg-type]


def make_config(**changes: Any) -> TrainingConfig:
    settings: dict[str, Any] = {"epochs": 3, "batch_size": 50, "precision": "float32"}
    return TrainingConfig(**settings | changes)


def make_run(model: Model | None = None, **changes: Any) -> Run:
    config = make_config(**changes)
    torch.manual_seed(config.seed)
    return training.start(model or VAE(VAEConfig(z_dim=2, hidden=(16,))), config, TRAIN)


def trained(run: Run, **options: Any) -> list[Progress]:
    return list(fit(run, TRAIN, VALIDATION, **options))


def without_seconds(history: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in record.items() if key != "seconds"} for record in history]


def same_run(one: Run, other: Run) -> bool:
    """Whether two runs have the same numbers, to the last bit."""
    states = (
        (one.weights, other.weights),
        (one.best_weights, other.best_weights),
        (one.optimizer, other.optimizer),
    )
    return without_seconds(one.history) == without_seconds(other.history) and all(
        a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a) for a, b in states
    )


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def seven(size: tuple[int, int] = (300, 300), ink: int = 0, ground: int = 255) -> Image.Image:
    image = Image.new("L", size, ground)
    ImageDraw.Draw(image).line([(100, 60), (200, 60), (140, 240)], fill=ink, width=20)
    return image
