"""vaemodels: variational autoencoders in plain PyTorch, with tested bounds."""

from vaemodels.errors import LabError, UsageError
from vaemodels.models import MODELS, Model, Output, build
from vaemodels.objectives import elbo, iwae

__version__ = "0.1.0"
__all__ = ["MODELS", "LabError", "Model", "Output", "UsageError", "build", "elbo", "iwae"]
