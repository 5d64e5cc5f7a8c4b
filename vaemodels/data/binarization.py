"""Grey pixels to binary ones, in one of the named modes that every result states."""

from typing import Literal, get_args

import torch
from torch import Tensor

from vaemodels.errors import UsageError

Binarization = Literal["dynamic", "static", "threshold", "none"]
MODES: tuple[str, ...] = get_args(Binarization)

STATIC_SEED = 0


def binarize(images: Tensor, mode: str, generator: torch.Generator | None = None) -> Tensor:
    """Images uint8 [..., dim] (or floats in [0, 1]) to float32 [..., dim] on the same device.

    With p = x / 255 for uint8 images:

    - `dynamic`: a fresh draw from Bernoulli(p) at each call, from `generator` (torch's global one if None).
    - `static`: one fixed draw from Bernoulli(p). It depends on nothing but the images and their order: it
      always starts from seed 0 and is made on the CPU, and `generator` is ignored. Give it a whole split and
      take parts afterwards, because an image's draw depends on its place.
    - `threshold`: 1 where p > 0.5.
    - `none`: p itself, grey.

    Raises UsageError on any other mode.
    """
    if mode not in MODES:
        raise UsageError(f"There is no binarisation {mode!r}: use one of {', '.join(MODES)}.")
    probability = images / 255 if images.dtype == torch.uint8 else images.to(torch.float32)
    if mode == "none":
        return probability
    if mode == "threshold":
        return (probability > 0.5).to(torch.float32)
    if mode == "dynamic":
        uniform = torch.rand(images.shape, generator=generator, device=images.device)
    else:
        uniform = torch.rand(images.shape, generator=torch.Generator().manual_seed(STATIC_SEED)).to(
            images.device
        )
    return (uniform < probability).to(torch.float32)
