"""What a dataset is, what one split of it holds, and where downloaded files live."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor


@dataclass(frozen=True)
class Dataset:
    """A dataset's facts; nothing of it is loaded."""

    name: str
    title: str
    image_shape: tuple[int, int, int]  # channels, height, width
    family: Literal["bernoulli", "gaussian"]  # the likelihood its pixels are given
    n_labels: int
    licence: str
    download_bytes: int  # 0: comes with the package, or is drawn by it
    sizes: dict[str, int]  # images by split


class Split(NamedTuple):
    """The images and labels of one split, shared by everyone who loads it: read them, never write to them."""

    images: Tensor  # uint8 [n, channels * height * width], 0 is no ink, or no light where there is colour
    labels: Tensor  # int64 [n]


def mean_pixels(parts: Iterable[Tensor]) -> Tensor:
    """Mean of every pixel of uint8 images that come in `parts`, each `[m, dim]`: float32 `[dim]`, from 0 to 1.

    Whole numbers are added up, so that the result is the same in whatever parts the images come.
    """
    total, n = torch.zeros((), dtype=torch.int64), 0
    for part in parts:
        total = total + part.sum(0, dtype=torch.int64).cpu()
        n += len(part)
    return (total.double() / n).float() / 255


def data_folder() -> Path:
    """The folder of downloaded data: VAELAB_DATA from the environment, else the platform's cache."""
    if chosen := os.environ.get("VAELAB_DATA"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "vaelab"
