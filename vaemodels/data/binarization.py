"""Grey pixels to binary ones, in one of the named modes that every result states."""

from typing import Literal, get_args

import torch
from torch import Tensor

from vaemodels.errors import UsageError

Binarization = Literal["dynamic", "static", "threshold", "none"]
MODES: tuple[str, ...] = get_args(Binarization)

STATIC_SEED = 0
IMAGES_AT_ONCE = 1_000


def binarize(images: Tensor, mode: str, generator: torch.Generator | None = None) -> Tensor:
    """Images uint8 [..., dim] (or floats in [0, 1]) to float32 [..., dim] on the same device.

    With p = x / 255 for uint8 images:

    - `dynamic`: a fresh draw from Bernoulli(p) at each call (p to within 2⁻¹⁶ for uint8 images), from
      `generator` (torch's global one if None).
    - `static`: one fixed draw from Bernoulli(p). It depends on nothing but the images and their order: it
      always starts from seed 0 and is made on the CPU, and `generator` is ignored. Give it a whole split and
      take parts afterwards, because an image's draw depends on its place.
    - `threshold`: 1 where p > 0.5.
    - `none`: p itself, grey.

    Raises UsageError on any other mode.
    """
    if mode not in MODES:
        raise UsageError(f"There is no binarisation {mode!r}: use one of {', '.join(MODES)}.")
    # An accelerator draws floats in no time, and not every one has random numbers of 64 bits.
    if mode == "dynamic" and images.dtype == torch.uint8 and images.device.type == "cpu":
        return _draw(images, generator)
    probability = images / 255 if images.dtype == torch.uint8 else images.to(torch.float32)
    if mode == "none":
        return probability
    if mode == "threshold":
        return (probability > 0.5).to(torch.float32)
    if mode == "dynamic":
        uniform = torch.rand(images.shape, generator=generator, device=images.device)
    else:
        uniform = torch.rand(images.shape, generator=_static_generator()).to(images.device)
    return (uniform < probability).to(torch.float32)


def static_draw(images: Tensor) -> Tensor:
    """`binarize(images, "static")` of uint8 images `[n, dim]` as bytes of 0 and 255, uint8 `[n, dim]`.

    Made in parts: it takes no memory but what it returns.
    """
    generator = _static_generator()
    drawn = torch.empty_like(images)
    for part, bits in zip(images.split(IMAGES_AT_ONCE), drawn.split(IMAGES_AT_ONCE), strict=True):
        uniform = torch.rand(part.shape, generator=generator).to(images.device)
        bits.copy_((uniform < part / 255).to(torch.uint8).mul_(255))
    return drawn


def _static_generator() -> torch.Generator:
    return torch.Generator().manual_seed(STATIC_SEED)


def _draw(images: Tensor, generator: torch.Generator | None) -> Tensor:
    """A draw from Bernoulli(images / 255) for uint8 `images`, to within 2⁻¹⁶: 0 is never white, and 255 always.

    Every training step needs a random number a pixel, so four of 16 bits are taken from each one of 64. r is uniform
    over the 65,536 numbers from −32,768 on, and p·65,535 of them lie below p·65,535 − 32,768, which is 257 times the
    grey level − 32,768, in arithmetic that wraps. In place, as a tensor of booleans takes five times as long to fill.
    """
    quarters = torch.empty(-(-images.numel() // 4), dtype=torch.int64, device=images.device)
    r = quarters.random_(-(2**63), None, generator=generator).view(torch.int16)[: images.numel()]
    r = r.clamp_(max=2**15 - 2).view(images.shape)  # else one white pixel in 65,536 would be black
    return r.lt_(images.to(torch.int16).mul_(257).sub_(2**15)).to(torch.float32)
