"""The noise of a draw x ~ p(x|z), the same numbers as the browser makes of a seed (ui/explorer/decoder.js)."""

import math

import numpy as np
import torch
from torch import Tensor

_STEP = np.uint64(0x6D2B79F5)
_LOW = np.uint64(0xFFFFFFFF)


def uniforms(seed: int, n: int) -> Tensor:
    """The first `n` uniform numbers in [0, 1) of a 32-bit seed (mulberry32), float64."""
    # In 64 bits, of which products keep the lowest 32 right whatever overflows.
    state = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * _STEP & _LOW
    t = (state ^ state >> np.uint64(15)) * (state | np.uint64(1)) & _LOW
    t ^= t + (t ^ t >> np.uint64(7)) * (t | np.uint64(61)) & _LOW
    return torch.from_numpy((t ^ t >> np.uint64(14)) / 2.0**32)


def normals(seed: int, n: int) -> Tensor:
    """The first `n` standard normal numbers of a seed, by Box and Muller, float64."""
    first, second = uniforms(seed, 2 * n).view(n, 2).unbind(1)
    return (-2 * (1 - first).log()).sqrt() * (2 * math.pi * second).cos()
