"""InkPicture files from strangers: checked before they are decoded, and read as ink on an empty ground.

Nothing here trusts a file: its format is read from its content, its size from its header, and it is decoded at most
once, at a size that a page can afford.
"""

import io
import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, ImageStat

from vaemodels.data.framing import Ink
from vaemodels.errors import LabError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MAX_BYTES = 10_000_000
MAX_SIDE = 10_000
MAX_PIXELS = (
    16_000_000  # a telephone's photograph has 12 million; decoded these take some 100 MB for a moment
)
WORKING_SIDE = 256  # what a 20x20 box needs, even of a digit that fills a small part of a photograph
SMOOTH = Image.Resampling.HAMMING  # rings at no edge, so that clean ground stays clean
MIN_CONTRAST = 24  # of 255, between ink and ground
NOISE_STDS = 4.0
EVEN_GROUND = 0.5  # grey levels of noise, below which a picture is not a photograph

_decoding = threading.Lock()  # one picture at a time, so that many visitors' do not add up


class InkPicture(NamedTuple):
    """The ink of a picture, uint8 `[height, width]` from 0 (the ground) to 255, and whether it was darker than that."""

    ink: Ink
    dark_on_light: bool


def read_picture(data: bytes) -> InkPicture:
    """The ink of a picture file: of a drawing, a scan, or a photograph of writing on paper.

    PNG, JPEG, WebP, BMP and the first frame of a GIF are read, turned upright, transparent parts empty. What differs
    from the ground at the picture's border is ink, whichever of the two is darker.

    Raises:
        LabError: if it is too large, not a picture, damaged, or holds nothing that stands out.
    """
    if len(data) > MAX_BYTES:
        raise LabError(
            f"The picture file has {len(data) / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f}; make it smaller."
        )
    return ink_of(_decode(data))


def _decode(data: bytes) -> npt.NDArray[np.uint8]:
    """Grey levels `[height, width]`, at most `WORKING_SIDE` a side."""
    try:
        with _decoding, Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(*image.size)
            image.draft("RGB", (2 * WORKING_SIDE, 2 * WORKING_SIDE))  # a JPEG is decoded smaller at once
            return _grey(image)
    except LabError:
        raise
    except Image.UnidentifiedImageError as error:
        raise LabError(
            "This file is not a picture that can be read; choose a PNG, JPEG, WebP, BMP or GIF."
        ) from error
    except Image.DecompressionBombError as error:
        raise LabError(
            f"The picture has more than {MAX_PIXELS // 10**6} million pixels; make it smaller."
        ) from error
    except Exception as error:  # a damaged picture can fail in as many ways as five formats have
        raise LabError("The picture file is damaged; save it again or choose another.") from error


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise LabError(
            f"The picture has {width:,} x {height:,} pixels, more than {MAX_PIXELS // 10**6} million in all or "
            f"{MAX_SIDE:,} a side; make it smaller."
        )


def _grey(image: Image.Image) -> npt.NDArray[np.uint8]:
    small = (WORKING_SIDE, WORKING_SIDE)
    if image.mode.startswith(("I", "F")):  # more than 8 bits a pixel
        image.thumbnail(
            small, SMOOTH, reducing_gap=None
        )  # such pixels cannot be reduced by whole factors first
        levels = np.asarray(image, np.float32)
        grey = Image.fromarray((levels * (255 / max(levels.max(), 1))).clip(0, 255).astype(np.uint8))
    elif image.has_transparency_data:
        grey = _on_contrasting_ground(image if image.mode == "RGBA" else image.convert("RGBA"))
    else:
        grey = image.convert("L")
    grey.thumbnail(small, SMOOTH)
    grey.info = image.info  # which way is up
    return np.asarray(ImageOps.exif_transpose(grey))


def _on_contrasting_ground(image: Image.Image) -> Image.Image:
    """Transparent parts become white under dark ink and black under light ink."""
    grey, alpha = image.convert("L"), image.getchannel("A")
    visible = Image.new("L", image.size)
    visible.paste(grey, mask=alpha)  # on black: what shows is grey times alpha
    dark = ImageStat.Stat(visible).sum[0] < ImageStat.Stat(alpha).sum[0] / 2
    if dark:
        visible.paste(255, (0, 0, *image.size))
        visible.paste(grey, mask=alpha)
    return visible


def ink_of(grey: npt.NDArray[np.uint8]) -> InkPicture:
    """What stands out from the ground in `grey: [height, width]`, stretched so that the most ink is 255.

    The ground is the plane a + b·row + c·column through the picture's border, so that paper may be lit from one side.
    What is too faint is empty: a sixteenth of the most ink, which lossy formats leave around edges; where the border
    is noisy, as in a photograph, a quarter of it, or four standard deviations of the noise.

    Raises:
        LabError: if nothing stands out.
    """
    ground, noise = _ground(grey)
    difference = grey - ground
    light = difference.clip(min=0)
    # Dark ink swallows a share of the light that falls on it, so its contrast is less where there is less light.
    dark = (-difference).clip(min=0) * (ground.mean() / ground.clip(min=1))
    dark_on_light = bool((dark**2).sum() > (light**2).sum())
    ink = dark if dark_on_light else light
    most = float(ink.max())
    if most < max(MIN_CONTRAST, NOISE_STDS * noise):
        raise LabError("Nothing in the picture stands out from its ground; choose one with more contrast.")
    faint = max(most / 4, NOISE_STDS * noise) if noise > EVEN_GROUND else most / 16
    ink[ink < faint] = 0
    return InkPicture((ink * (255 / most)).round().astype(np.uint8), dark_on_light)


def _ground(grey: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float64], float]:
    """The plane through the border `[height, width]`, and the standard deviation of the border around it."""
    height, width = grey.shape
    rows, columns = np.mgrid[:height, :width]
    margin = max(1, min(height, width) // 20)
    border = np.ones(grey.shape, bool)
    border[margin : height - margin, margin : width - margin] = False
    levels = grey[border].astype(float)
    # Ink that reaches the border must not tilt the plane.
    paper = np.abs(levels - np.median(levels)) <= 3 * _spread(levels)
    terms = np.stack([np.ones(grey.size), rows.ravel(), columns.ravel()], axis=1)
    plane, *_ = np.linalg.lstsq(terms[border.ravel()][paper], levels[paper])
    ground = (terms @ plane).reshape(grey.shape)
    return ground, _spread(levels[paper] - ground[border][paper])


def _spread(values: npt.NDArray[np.float64]) -> float:
    """The standard deviation that the median distance from the median stands for in normal noise."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
