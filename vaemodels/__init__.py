"""vaemodels: variational autoencoders in plain PyTorch, with tested bounds."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vaemodels.errors import LabError, UsageError
    from vaemodels.models import MODELS, Model, Output, build
    from vaemodels.objectives import elbo, iwae

__version__ = "0.1.0"
__all__ = ["MODELS", "LabError", "Model", "Output", "UsageError", "build", "elbo", "iwae"]

_HOMES = {
    "errors": ("LabError", "UsageError"),
    "models": ("MODELS", "Model", "Output", "build"),
    "objectives": ("elbo", "iwae"),
}


def __getattr__(name: str) -> Any:
    """What is imported from here, with torch, once somebody asks for it: a command can be stopped before that."""
    for module, names in _HOMES.items():
        if name in (module, *names):
            home = importlib.import_module(f"vaemodels.{module}")
            return home if name == module else getattr(home, name)
    raise AttributeError(f"module 'vaemodels' has no attribute {name!r}")
