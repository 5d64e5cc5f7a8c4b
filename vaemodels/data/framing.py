"""Ink set in a field as MNIST sets its digits: fitted into a box of 20x20, centred by mass in 28x28.

Y. LeCun, C. Cortes and C. Burges describe it with the MNIST database: size-normalised with the aspect ratio kept and
anti-aliased, then moved so that the centre of mass is the centre of the field.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from vaemodels.errors import LabError

FIELD, BOX = 28, 20

Ink = npt.NDArray[np.uint8]  # [height, width], 0 is no ink, 255 is full ink


def frame(ink: Ink) -> Ink:
    """Crop `ink: [height, width]` to where there is any, fit that into the box, and set it in the field `[28, 28]`.

    The result is stretched to reach 255, because a thin line grows faint as it shrinks.

    Raises:
        LabError: if there is no ink.
    """
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        raise LabError("There is no ink in this image; draw a digit or choose another picture.")
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(cropped.shape)
    height, width = (max(1, round(side * scale)) for side in cropped.shape)
    # In floats, so that what a thin line has left is not lost to rounding before it is stretched.
    levels = Image.fromarray(cropped.astype(np.float32))
    box = np.asarray(levels.resize((width, height), Image.Resampling.BICUBIC)).clip(min=0)
    return centre((box * (255 / box.max())).round().astype(np.uint8))


def centre(box: Ink) -> Ink:
    """Set a box of at most 28x28 in the field with its centre of mass at pixel (14, 14), or as near as it fits."""
    mass = max(int(box.sum()), 1)
    middles = (box.sum(1) @ np.arange(box.shape[0]) / mass, box.sum(0) @ np.arange(box.shape[1]) / mass)
    top, left = (
        min(max(round(FIELD / 2 - middle), 0), FIELD - side)
        for middle, side in zip(middles, box.shape, strict=True)
    )
    field = np.zeros((FIELD, FIELD), np.uint8)
    field[top : top + box.shape[0], left : left + box.shape[1]] = box
    return field
