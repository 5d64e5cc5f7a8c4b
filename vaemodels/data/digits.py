"""The UCI optical digits, 1,797 real handwritten digits of 8x8 pixels, framed as MNIST frames its own.

The file beside this one holds scikit-learn's copy unchanged: `images` uint8 [1797, 8, 8] with ink from 0 to
16, and `labels` uint8 [1797]. Splits are by position in that file: neighbours in it tend to share a writer,
so that a shuffled split would put the same hands on both sides.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from vaemodels.data.dataset import Dataset, Split
from vaemodels.errors import LabError

DATASET = Dataset(
    name="digits",
    title="Built-in digits",
    image_shape=(1, 28, 28),
    family="bernoulli",
    n_labels=10,
    licence="UCI optical recognition of handwritten digits, E. Alpaydin and C. Kaynak, CC BY 4.0",
    download_bytes=0,
    sizes={"train": 1297, "validation": 200, "test": 300},
)

FILE = Path(__file__).with_name("digits.npz")
FIELD, BOX = 28, 20  # MNIST fits a digit into a 20x20 box and sets the box in a 28x28 field
INK = 16  # the most ink a pixel of the file can hold


def frame(digit: np.ndarray) -> np.ndarray:
    """Resample one digit into the box and set it in the field with its centre of mass at pixel (14, 14).

    `digit` is uint8 [height, width] with ink from 0 to 255; the result is uint8 [28, 28].
    """
    box = np.asarray(Image.fromarray(digit).resize((BOX, BOX), Image.Resampling.BICUBIC))
    along = np.arange(BOX)
    mass = max(int(box.sum()), 1)
    row, column = box.sum(1) @ along / mass, box.sum(0) @ along / mass
    top, left = (min(max(round(FIELD / 2 - centre), 0), FIELD - BOX) for centre in (row, column))
    field = np.zeros((FIELD, FIELD), np.uint8)
    field[top : top + BOX, left : left + BOX] = box
    return field


@lru_cache(maxsize=1)
def _read() -> Split:
    try:
        with np.load(FILE, allow_pickle=False) as file:
            small, labels = file["images"], file["labels"]
    except (
        Exception
    ) as error:  # a damaged archive can fail in as many ways as zip, zlib and the npy header have
        raise LabError(f"The built-in digits in {FILE} cannot be read: install VAE Lab again.") from error
    ink = (small.astype(np.uint16) * 255 // INK).astype(np.uint8)
    images = np.stack([frame(digit) for digit in ink])
    return Split(torch.from_numpy(images).flatten(1), torch.from_numpy(labels.astype(np.int64)))


def load(split: str) -> Split:
    """One split: images uint8 [n, 784], labels int64 [n]."""
    ends = {"train": 1297, "validation": 1497, "test": 1797}
    part = slice(ends[split] - DATASET.sizes[split], ends[split])
    images, labels = _read()
    return Split(images[part], labels[part])


def is_available() -> bool:
    """Always: the digits come with the package."""
    return True


def download(progress: Callable[[int, int], None] | None = None) -> None:
    """Nothing to fetch."""
