"""One row a kind of model: what it is called, its size in words, what a form asks for, its equations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ui import equations
from ui.equations import Equation
from ui.words import count
from vaemodels.models import Model


@dataclass(frozen=True)
class Kind:
    """What pages have to know of a kind of model beyond what they can ask a model itself.

    `size` puts a config's sizes into words. `fields` are those fields of the config that a form asks for, `preset` is
    the one of `presets.QUICK` that it starts at. `equations` takes a model, an image `x: [dim]` and its label `y: []`
    or None.
    """

    title: str
    size: Callable[[Mapping[str, Any]], str]
    fields: tuple[str, ...]
    preset: str
    equations: Callable[[Model, Tensor, Tensor | None], list[Equation]]


# By likelihood, but for the usual one.
DECODERS = {"gaussian": ", Gaussian decoder", "continuous_bernoulli": ", continuous Bernoulli decoder"}


def _one_latent(config: Mapping[str, Any]) -> str:
    return f"{count(config['z_dim'], 'dimension')}{DECODERS.get(config.get('likelihood', ''), '')}"


def _mixture(config: Mapping[str, Any]) -> str:
    return f"{_one_latent(config)}, {count(config['components'], 'component')}"


def _two_levels(config: Mapping[str, Any]) -> str:
    return f"{count(config['z1_dim'], 'dimension')} under {config['z2_dim']}"


# The first is what a form offers first.
KINDS: dict[str, Kind] = {
    "vae": Kind("VAE", _one_latent, ("z_dim", "hidden", "likelihood"), "vae-2d-digits", equations.of_vae),
    "ae": Kind("Autoencoder", _one_latent, ("z_dim", "hidden"), "ae-2d-digits", equations.of_ae),
    "gmvae": Kind(
        "GMVAE",
        _mixture,
        ("z_dim", "components", "hidden", "likelihood"),
        "gmvae-10-digits",
        equations.of_gmvae,
    ),
    "ssvae": Kind("SSVAE", _one_latent, ("z_dim", "hidden"), "ssvae-digits", equations.of_ssvae),
    "fsvae": Kind(
        "FSVAE",
        _one_latent,
        ("z_dim", "hidden", "network", "likelihood"),
        "fsvae-digits",
        equations.of_fsvae,
    ),
    "hvae": Kind(
        "Hierarchical VAE",
        _two_levels,
        ("z1_dim", "z2_dim", "hidden", "upper_hidden", "inference"),
        "hvae-digits",
        equations.of_hvae,
    ),
}
