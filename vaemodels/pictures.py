"""Decoded pixels as pictures: clipped, 8 bits, in a grid. For showing only, never for measuring."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import Tensor

from vaemodels.files import write_atomically

Picture = npt.NDArray[np.uint8]

GAP = 2


def picture(pixels: Tensor, image_shape: tuple[int, int, int]) -> Picture:
    """Pixels `[dim]` on the scale from 0 to 1, clipped to it, as `[height, width]` grey or `[height, width, 3]`."""
    image = (pixels.detach().reshape(image_shape).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    return image[..., 0] if image_shape[0] == 1 else image


def grid(pixels: Tensor, image_shape: tuple[int, int, int], columns: int) -> Picture:
    """Pixels `[n, dim]` as one picture, row by row, `columns` to a row, with thin gaps between."""
    channels, height, width = image_shape
    rows = -(-len(pixels) // columns)
    shape = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP) + (
        (channels,) if channels > 1 else ()
    )
    canvas = np.full(shape, 40, np.uint8)
    for i, image in enumerate(pixels):
        top, left = (i // columns) * (height + GAP), (i % columns) * (width + GAP)
        canvas[top : top + height, left : left + width] = picture(image, image_shape)
    return canvas


def save_png(path: Path, image: Picture) -> None:
    """Write a picture as PNG, in one piece: until then what was there stays.

    Raises:
        LabError: if it can't be written there.
    """
    from PIL import Image

    encoded = io.BytesIO()
    Image.fromarray(image).save(encoded, format="PNG")
    write_atomically(path, encoded.getvalue())
