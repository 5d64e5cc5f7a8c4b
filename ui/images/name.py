"""The name an image goes by in an address: its place in a test split, or all of its pixels.

`digits-12` and `mnist-7` are places; `pixels-` and base64url(zlib(784 bytes)) is a drawn or uploaded image as it was
framed. A link with either opens the same image for whoever follows it.
"""

import base64
import re
import zlib
from typing import NamedTuple

import numpy as np

from vaemodels.data import DATASETS
from vaemodels.data.framing import FIELD, Ink

PIXELS = FIELD * FIELD
FRAMED = [name for name, dataset in DATASETS.items() if dataset.image_shape == (1, FIELD, FIELD)]
MAX_LENGTH = 1_100  # zlib makes noise, which it cannot shrink, 11 bytes longer: 1,067 characters
_PLACE = re.compile(r"([a-z]+)-(0|[1-9][0-9]{0,5})")
_PIXELS = re.compile(r"pixels-([A-Za-z0-9_-]+)")


class Place(NamedTuple):
    """An image of a dataset's test split."""

    dataset: str
    place: int


def image_name(image: Place | Ink) -> str:
    """The name of a place, or of an image's own pixels, uint8 `[28, 28]`."""
    if isinstance(image, Place):
        return f"{image.dataset}-{image.place}"
    return "pixels-" + base64.urlsafe_b64encode(zlib.compress(image.tobytes(), 9)).decode().rstrip("=")


def parse_image_name(text: str) -> Place | Ink | None:
    """What `image_name` named; None for anything else, an image without ink and a place that no split has included."""
    if len(text) > MAX_LENGTH:
        return None
    if place := _PLACE.fullmatch(text):
        dataset, number = place[1], int(place[2])
        known = dataset in DATASETS and number < DATASETS[dataset].sizes["test"]
        return Place(dataset, number) if known else None
    if pixels := _PIXELS.fullmatch(text):
        return _unpacked(pixels[1])
    return None


def _unpacked(text: str) -> Ink | None:
    unzip = zlib.decompressobj()
    try:
        # One byte more than wanted is enough to know that there are too many.
        content = unzip.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), PIXELS + 1)
    except (ValueError, zlib.error):
        return None
    if len(content) != PIXELS or not unzip.eof or not any(content):
        return None
    return np.frombuffer(content, np.uint8).reshape(FIELD, FIELD)
