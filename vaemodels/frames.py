"""What a model writes as it learns: a few images, the same draws at every step."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels.models import Model

FRAME_IMAGES = 8


class Frame(NamedTuple):
    """What a model wrote after so many steps: uint8, FRAME_IMAGES images one after the other."""

    step: int
    pixels: bytes


@torch.no_grad()
def written(model: Model, x: Tensor) -> bytes:
    """Means of p(x|z) as bytes, at the same FRAME_IMAGES draws z ~ p(z) at every step; of one label after the other.

    Without a likelihood there is no p(z) to draw from: of such a model, the reconstructions of `x: [n, dim]`. Wherever
    the model is, a copy of it writes on the CPU, where x is: the same seed gives other draws on another device.
    """
    if model.device.type != "cpu":
        model = copy.deepcopy(model).cpu()
    if model.has_likelihood:
        z = model.sample_prior(FRAME_IMAGES, torch.Generator().manual_seed(0))
        y = torch.arange(FRAME_IMAGES) % model.n_labels if model.n_labels else None
        images = model.decode(z, y).mean
    else:
        images = model.reconstruct(x)
    return (images.clamp(0, 1) * 255).round().byte().numpy().tobytes()
