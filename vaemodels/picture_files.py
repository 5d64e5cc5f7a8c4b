"""Picture files from strangers: checked before they are decoded, and read as ink on an empty ground.

Nothing here trusts a file: its format is read from its content, its size from its header, and it is decoded at a size
that a page can afford. What a file holds beside its pixels, such as texts and profiles, is passed over.
"""

import io
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from vaemodels import avif_as_png
from vaemodels.errors import LabError
from vaemodels.picture_ink import LUMA, MIN_CONTRAST, InkPicture, ink_of

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")  # that are decoded here
# Safari turns a HEIC photograph into the first of these that it can write, unless HEIC is among them too.
ENDINGS = ("jpg", "jpeg", "png", "jfif", "jpe", "webp", "avif", "bmp", "gif", "tif", "tiff")
MAX_BYTES = 25_000_000  # a telephone's photograph of 50 million pixels has 10 to 20
MAX_SIDE = 10_000
MAX_PIXELS = 16_000_000  # as decoded: these take some 100 MB for a moment
MAX_TILE_PIXELS = (
    4_000_000  # of a TIFF: each of its tiles is decoded whole, however little of it is in the picture
)
MAX_JPEG_PIXELS = 80_000_000  # as stored, of a JPEG that is decoded at an eighth of its sides or so
MAX_COEFFICIENTS = (
    48_000_000  # of a progressive JPEG: all are held, 2 bytes each, however small it is decoded
)
SHEET = 0.9  # of the rectangle around what is opaque, that a sheet of paper covers and a figure does not
WORKING_SIDE = 256  # what a 20x20 box needs, even of a digit that fills a small part of a photograph
SMOOTH = Image.Resampling.HAMMING  # rings at no edge, so that clean ground stays clean

_ORIENTATION = 0x0112  # in EXIF
_TILE_WIDTH, _TILE_LENGTH = 322, 323  # tags of TIFF 6.0
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf"}  # that say what the pixels are
_JPEG_END = b"\xff\xd9"
_AVIF = {b"avif", b"avis"}  # brands, of a picture and of a sequence (AV1 Image File Format 1.1)
_HEIF = {
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"hevc",
    b"hevx",
    b"hevm",
    b"hevs",
    b"mif1",
    b"msf1",
}  # ISO/IEC 23008-12
_AVIF_SECONDS = 20

_decoding = threading.Lock()  # one picture at a time, so that many visitors' do not add up

Colours = npt.NDArray[np.uint8]  # [height, width, 3]


def read_picture(data: bytes) -> InkPicture:
    """The ink of a picture file: of a drawing, a scan, or a photograph of writing on paper.

    PNG, JPEG, WebP, AVIF, BMP and the first frame of a GIF or TIFF are read, turned upright, transparent parts empty.
    What differs from the ground at the picture's border is ink, whichever of the two is darker.

    Raises:
        LabError: if it is too large, not a picture, damaged, or holds nothing that stands out.
    """
    if len(data) > MAX_BYTES:
        raise LabError(
            f"The picture file has {len(data) / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f}; make it smaller."
        )
    return ink_of(read_colours(data))


def read_colours(data: bytes) -> Colours:
    """The colours of a picture file, upright, at most `WORKING_SIDE` a side; of an animation, its first picture.

    Raises:
        LabError: if it is not a picture, damaged, or of too many pixels.
    """
    try:
        with _decoding:
            return _whole(_png_of_avif(data) if _brands(data) & _AVIF else data)
    except LabError:
        raise
    except Image.UnidentifiedImageError as error:
        if _brands(data) & _HEIF:
            raise LabError(
                "This is a HEIC photograph, which is not read here; export it as JPEG, or set the telephone's camera "
                'to "most compatible".'
            ) from error
        raise LabError(
            "This file is not a picture that can be read; choose a PNG, JPEG, WebP, AVIF, BMP, GIF or TIFF."
        ) from error
    except Image.DecompressionBombError as error:
        raise LabError("The picture has more than 178 million pixels; make it smaller.") from error
    except Exception as error:  # a damaged picture can fail in as many ways as there are formats
        raise LabError("The picture file is damaged; save it again or choose another.") from error


def _brands(data: bytes) -> set[bytes]:
    """What a file says it follows, where it is one of the ISO base media file format (ISO/IEC 14496-12)."""
    if data[4:8] != b"ftyp":
        return set()
    listed = data[16 : int.from_bytes(data[:4])][:400]
    return {data[8:12], *(listed[at : at + 4] for at in range(0, len(listed), 4))}


def _png_of_avif(data: bytes) -> bytes:
    """The first picture of an AVIF, made small, decoded in a process whose memory is limited.

    Raises:
        LabError: if it is too large or damaged.
    """
    script = Path(avif_as_png.__file__)
    try:
        run = subprocess.run(
            [sys.executable, "-P", str(script)],
            input=data,
            capture_output=True,
            timeout=_AVIF_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError("The picture takes too long to decode; save it as JPEG.") from error
    if run.returncode == avif_as_png.TOO_LARGE:
        raise LabError(
            f"The picture has more than {avif_as_png.MAX_PIXELS // 10**6} million pixels, too many for an AVIF; "
            "make it smaller, or save it as JPEG."
        )
    if run.returncode:
        raise LabError(
            "The AVIF picture is damaged, or decodes to more than it declares; save it as PNG or JPEG."
        )
    return run.stdout


def _whole(data: bytes) -> Colours:
    """The colours of a picture, of a JPEG that lacks no more than its end marker too.

    Raises:
        OSError: if more is missing.
    """
    try:
        return _colours(_pixels_only(data))
    except OSError:
        if not data.startswith(b"\xff\xd8"):
            raise
        # What follows the last pixel changes none: where two ways of going on give two pictures, pixels are missing.
        start = data.rstrip(b"\xff")
        colours = _colours(start + _JPEG_END)
        if not np.array_equal(colours, _colours(start + 64 * b"\x55" + _JPEG_END)):
            raise
        return colours


def _pixels_only(data: bytes) -> bytes:
    """A PNG without texts, profiles and whatever else its pixels do not need; any other file as it is."""
    if not data.startswith(_PNG):
        return data
    kept, at = [_PNG], len(_PNG)
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if data[at + 4 : at + 8] in _PNG_CHUNKS:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _colours(data: bytes) -> Colours:
    """The colours of an intact picture, turned upright."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_size(image, _most_pixels(image))
        _check_tiles(image)
        image.draft("RGB", (2 * WORKING_SIDE, 2 * WORKING_SIDE))  # a JPEG is decoded smaller at once
        _check_size(image, MAX_PIXELS)
        image.load()
        small = Image.fromarray(np.asarray(_small(image).convert("RGB")))
        small.getexif()[_ORIENTATION] = _orientation(image)
        return np.asarray(ImageOps.exif_transpose(small))


def _most_pixels(image: Image.Image) -> int:
    """The pixels that a file may have: `draft` saves a JPEG's pixels, but no progressive one's coefficients.

    Of these it has one for each pixel and channel, fewer where colours are stored at a lower resolution (ITU-T T.81).
    """
    if not isinstance(image, JpegImageFile):
        return MAX_PIXELS
    if not image.info.get("progressive"):
        return MAX_JPEG_PIXELS
    sampled = [across * down for _, across, down, _ in image.layer]
    finest = max(layer[1] for layer in image.layer) * max(layer[2] for layer in image.layer)
    return MAX_COEFFICIENTS * finest // sum(sampled)


def _check_size(image: Image.Image, most: int) -> None:
    width, height = image.size
    if max(width, height) > MAX_SIDE or width * height > most:
        raise LabError(
            f"The picture has {width:,} x {height:,} pixels, more than {most // 10**6} million in all or "
            f"{MAX_SIDE:,} a side; make it smaller."
        )


def _check_tiles(image: Image.Image) -> None:
    if isinstance(image, TiffImageFile):
        width, height = (int(image.tag_v2.get(tag, 0)) for tag in (_TILE_WIDTH, _TILE_LENGTH))
        if width * height > MAX_TILE_PIXELS:
            raise LabError(
                f"The picture is stored in tiles of {width:,} x {height:,} pixels, more than "
                f"{MAX_TILE_PIXELS // 10**6} million; save it as PNG."
            )


def _orientation(image: Image.Image) -> int:
    """Which way is up, as EXIF numbers it; as it lies (1) where that can't be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # the pixels are whole, whatever is beside them
        return 1


def _small(image: Image.Image) -> Image.Image:
    """A loaded picture at most `WORKING_SIDE` a side, of mode L or RGB."""
    small = (WORKING_SIDE, WORKING_SIDE)
    if image.mode.startswith(("I", "F")):  # more than 8 bits a pixel
        image.thumbnail(
            small, SMOOTH, reducing_gap=None
        )  # such pixels cannot be reduced by whole factors first
        levels = np.nan_to_num(np.asarray(image, np.float32))
        levels -= min(levels.min(), 0)
        return Image.fromarray((levels * (255 / max(levels.max(), 1))).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        if image.mode not in {"LA", "RGBA"}:
            image = image.convert("RGBA")
        if image.getchannel("A").getextrema() != (0, 0):  # else nobody has written there what shows
            return _on_contrasting_ground(image)
    if image.mode not in {"L", "RGB"}:
        image = image.convert("L" if image.mode == "1" else "RGB")
    image.thumbnail(small, SMOOTH)
    return image


def _on_contrasting_ground(image: Image.Image) -> Image.Image:
    """A picture of mode LA or RGBA made small; what is transparent becomes white under dark ink, black under light.

    Around a sheet that was cut out, it is cut off and becomes the sheet's colour.
    """
    alpha = image.getchannel("A")
    shown = []
    for name in image.getbands()[
        :-1
    ]:  # one at a time, as each takes as much memory as the picture has pixels
        channel = ImageChops.multiply(image.getchannel(name), alpha)
        channel.thumbnail((WORKING_SIDE, WORKING_SIDE), SMOOTH)
        shown.append(np.asarray(channel, np.float32))
    alpha.thumbnail((WORKING_SIDE, WORKING_SIDE), SMOOTH)
    colours = np.stack((3 * shown)[-3:], axis=-1)
    opaque = np.asarray(alpha, np.float32)
    sheet = _sheet(colours, opaque)
    if sheet is not None:
        ground = np.median(colours[opaque == 255], axis=0)
        colours = (colours + (1 - opaque / 255)[..., None] * ground)[sheet]
    elif (colours @ LUMA).sum() < opaque.sum() / 2:
        colours += 255 - opaque[..., None]
    return Image.fromarray(colours.round().clip(0, 255).astype(np.uint8))


def _sheet(colours: npt.NDArray[np.float32], opaque: npt.NDArray[np.float32]) -> tuple[slice, slice] | None:
    """Where the opaque part `[height, width]` lies if it is paper and ink: nearly a rectangle, with contrast in it."""
    solid = opaque == 255
    if not solid.any():
        return None
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    around = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    light = (colours @ LUMA)[solid]
    contrast = np.quantile(np.abs(light - np.median(light)), 0.99)
    return around if solid[around].mean() > SHEET and contrast >= MIN_CONTRAST else None
