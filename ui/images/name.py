"""The name an image goes by in an address: its place in a test split, or all of its pixels.

`digits-12` and `mnist-7` are places; `pixels-` and base64url(zlib(bytes)) is a drawn or uploaded image as a model sees
it: 784 bytes of ink, or 3,072 of colours. A link with either opens the same image for whoever follows it.
"""

import base64
import math
import re
import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vaemodels.data import DATASETS
from vaemodels.data.framing import FIELD

Pixels = npt.NDArray[np.uint8]

SHAPES = ((FIELD, FIELD), (3, 32, 32))  # of images of one's own: ink, and colours as in `from_pictures`
FRAMED = [name for name, dataset in DATASETS.items() if dataset.image_shape == (1, FIELD, FIELD)]
MAX_LENGTH = 4_200  # zlib makes noise, which it cannot shrink, 11 bytes longer: 4,118 characters
_PLACE = re.compile(r"([a-z]+)-(0|[1-9][0-9]{0,5})")
_PIXELS = re.compile(r"pixels-([A-Za-z0-9_-]+)")


class Place(NamedTuple):
    """An image of a dataset's test split."""

    dataset: str
    place: int


def image_name(image: Place | Pixels) -> str:
    """The name of a place, or of an image's own pixels, uint8 of one of the `SHAPES`."""
    if isinstance(image, Place):
        return f"{image.dataset}-{image.place}"
    return "pixels-" + base64.urlsafe_b64encode(zlib.compress(image.tobytes(), 9)).decode().rstrip("=")


def parse_image_name(text: str) -> Place | Pixels | None:
    """What `image_name` named; None for anything else, an all black image and a place that no split has included."""
    if len(text) > MAX_LENGTH:
        return None
    if place := _PLACE.fullmatch(text):
        dataset, number = place[1], int(place[2])
        known = dataset in DATASETS and number < DATASETS[dataset].sizes["test"]
        return Place(dataset, number) if known else None
    if pixels := _PIXELS.fullmatch(text):
        return _unpacked(pixels[1])
    return None


def _unpacked(text: str) -> Pixels | None:
    unzip = zlib.decompressobj()
    most = max(map(math.prod, SHAPES))
    try:
        # One byte more than wanted is enough to know that there are too many.
        content = unzip.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), most + 1)
    except (ValueError, zlib.error):
        return None
    shape = next((shape for shape in SHAPES if math.prod(shape) == len(content)), None)
    if shape is None or not unzip.eof or not any(content):
        return None
    return np.frombuffer(content, np.uint8).reshape(shape)
