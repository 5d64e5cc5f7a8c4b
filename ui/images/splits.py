"""Test images as models take them, for pages that show or measure many."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vaemodels import data
from vaemodels.checkpoints import Checkpoint
from vaemodels.data.binarization import static_draw
from vaemodels.errors import LabError
from vaemodels.models import Model


def binarization(model: Model) -> str:
    """How a model takes test images: black and white under a Bernoulli likelihood, else grey."""
    black_and_white = getattr(model.config, "likelihood", "bernoulli") == "bernoulli"
    return "static" if black_and_white else "none"


def at_hand(dataset: str) -> bool:
    """Whether there are test images of a dataset: not where its files are missing, nor where they are broken."""
    try:
        return data.is_available(dataset) and len(data.load(dataset, "test").images) > 0
    except LabError:
        return False


def built_in(image_shape: Sequence[int]) -> str:
    """The dataset of images of a shape that needs no download.

    Raises:
        LabError: if there is none.
    """
    for name, dataset in data.DATASETS.items():
        if dataset.image_shape == tuple(image_shape) and not dataset.download_bytes:
            return name
    size = "×".join(map(str, image_shape))
    raise LabError(
        f"There are no test images of {size} pixels, as this model takes them; choose another model."
    )


def dataset_for(checkpoint: Checkpoint) -> str:
    """The dataset a model was trained on where its test images are at hand, else the built-in one of such images."""
    dataset = str(checkpoint.card["dataset"])
    return dataset if at_hand(dataset) else built_in(checkpoint.model.config.image_shape)


def model_inputs(dataset: str, model: Model, n: int) -> tuple[Tensor, Tensor]:
    """The first `n` test images `[n, dim]` as the model takes them, and their labels `[n]`."""
    return _pixels(dataset, model, slice(n)), data.load(dataset, "test").labels[:n]


def model_input(dataset: str, model: Model, place: int) -> Tensor:
    """One test image `[dim]` as the model takes it."""
    return _pixels(dataset, model, place)


def _pixels(dataset: str, model: Model, which: int | slice) -> Tensor:
    images = data.load(dataset, "test").images
    if binarization(model) == "static":
        bits = np.unpackbits(_black_and_white(dataset)[which], axis=-1, count=images.shape[1])
        return torch.from_numpy(bits).to(torch.float32)
    return images[which] / 255


# A bit a pixel: as numbers to compute with, MNIST's test split would take 31 MB, as bytes 8.
@lru_cache(maxsize=2)
def _black_and_white(dataset: str) -> npt.NDArray[np.uint8]:
    """The one static draw of a whole test split, eight pixels a byte: uint8 `[n, ⌈dim / 8⌉]`."""
    return np.packbits(static_draw(data.load(dataset, "test").images).numpy(), axis=-1)
