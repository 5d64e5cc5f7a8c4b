"""The models by name, and how one is built from the plain values that travel in a checkpoint."""

from collections.abc import Mapping
from typing import Any

from vaemodels.config_parsing import from_values
from vaemodels.errors import UsageError
from vaemodels.models.ae import AE, AEConfig
from vaemodels.models.base import Model, Output
from vaemodels.models.fsvae import FSVAE, FSVAEConfig
from vaemodels.models.gmvae import GMVAE, GMVAEConfig
from vaemodels.models.hvae import HVAE, HVAEConfig
from vaemodels.models.ssvae import SSVAE, SSVAEConfig
from vaemodels.models.vae import VAE, VAEConfig

__all__ = [
    "AE",
    "FSVAE",
    "GMVAE",
    "HVAE",
    "MODELS",
    "SSVAE",
    "VAE",
    "AEConfig",
    "FSVAEConfig",
    "GMVAEConfig",
    "HVAEConfig",
    "Model",
    "Output",
    "SSVAEConfig",
    "VAEConfig",
    "build",
]

MODELS: dict[str, tuple[type[Any], type[Any]]] = {
    "ae": (AE, AEConfig),
    "vae": (VAE, VAEConfig),
    "gmvae": (GMVAE, GMVAEConfig),
    "hvae": (HVAE, HVAEConfig),
    "ssvae": (SSVAE, SSVAEConfig),
    "fsvae": (FSVAE, FSVAEConfig),
}


def build(name: str, config: Mapping[str, Any]) -> Model:
    """The model called `name` with the given config values (lists are taken for tuples), freshly initialised.

    Raises:
        UsageError: for an unknown model, an unknown or missing setting, or a value out of range.
    """
    if name not in MODELS:
        raise UsageError(f"Unknown model '{name}'; this version knows {', '.join(MODELS)}.")
    model_type, config_type = MODELS[name]
    model: Model = model_type(from_values(config_type, config))
    return model
