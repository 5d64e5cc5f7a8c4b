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
from vaemodels.data.framing import BOX, Ink, centre
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
INK = 16  # the most ink a pixel of the file can hold


def frame(digit: Ink) -> Ink:
    """Resample one whole digit `[8, 8]` into the box and set it in the field, `[28, 28]`.

    Its own 8x8 field is what fills the box, not the ink's bounding box, which is coarse at 8 pixels a side.
    """
    return centre(np.asarray(Image.fromarray(digit).resize((BOX, BOX), Image.Resampling.BICUBIC)))


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
