"""What a dataset is, what one split of it holds, and where downloaded files live."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from vaemodels.errors import UsageError


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
    """The folder of downloaded data: VAELAB_DATA from the environment, else the platform's cache.

    Raises:
        UsageError: if that is in the home of somebody who has none.
    """
    chosen = os.environ.get("VAELAB_DATA")
    try:
        return Path(chosen).expanduser() if chosen else _cache_folder() / "vaelab"
    except RuntimeError as error:
        where = f"VAELAB_DATA is {chosen!r}, which" if chosen else "The folder of downloaded data"
        raise UsageError(
            f"{where} is in a home folder that is not there; set VAELAB_DATA to the full path of a folder."
        ) from error


def _cache_folder() -> Path:
    """Where this platform keeps what can be fetched again; RuntimeError where there is no home."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
