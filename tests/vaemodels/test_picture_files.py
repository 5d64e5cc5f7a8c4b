"""Pictures as strangers send them: read where they are good, refused in one sentence and little memory where not."""

import pickle
import struct
import subprocess
import sys
import zlib
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from tests.photographs import TO_STORED
from tests.small import saved, seven
from vaemodels import data
from vaemodels.data.framing import frame
from vaemodels.errors import LabError
from vaemodels.picture_files import MAX_BYTES, WORKING_SIDE, read_picture


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, body: bytes, colour: int = 6, *before: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), *before, chunk(b"IDAT", body), chunk(b"IEND", b"")]
    )


def gigabyte_of_zeros() -> bytes:
    compress = zlib.compressobj(9)
    megabytes = b"".join(compress.compress(bytes(10**6)) for _ in range(1000))
    return megabytes + compress.flush()


def gif(screen: int, frame_side: int) -> bytes:
    screen_header = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0xF7, 0, 0) + bytes(768)
    frame_header = b"\x2c" + struct.pack("<HHHHB", 0, 0, frame_side, frame_side, 0)
    return screen_header + frame_header + b"\x08\xff" + bytes(range(255)) + b"\0;"


def bmp(side: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG whose header says that it is so large."""
    content = saved(seven(), "JPEG")
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


@cache
def photograph(width: int, height: int, **options: object) -> bytes:
    """A dark seven on light paper, as JPEG."""
    return saved(seven().convert("RGB").resize((width, height)), "JPEG", **options)


def tiff_of_one_tile(width: int, height: int, body: bytes) -> bytes:
    """A grey picture of 64 x 64 pixels in the corner of one compressed tile."""
    tags = [
        *[(256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1)],
        *[(322, width), (323, height), (324, 134), (325, len(body))],
    ]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + body


def same(first: np.ndarray, second: np.ndarray, levels: int) -> bool:
    return int(np.abs(first.astype(int) - second.astype(int)).max()) <= levels


SEVEN = frame(read_picture(saved(seven(), "PNG")).ink)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "MPO", "AVIF"])
def test_every_format_gives_the_same_ink(file_format):
    options = {"quality": 95} if file_format in {"JPEG", "WEBP", "MPO", "AVIF"} else {}
    picture = read_picture(saved(seven(), file_format, **options))
    assert picture.dark_on_light
    assert picture.ink.shape == (WORKING_SIDE, WORKING_SIDE)
    assert picture.ink.max() == 255
    expected = read_picture(saved(seven(), "PNG"))
    assert same(frame(picture.ink), frame(expected.ink), 12)


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0), (90, 200), (200, 90)])
def test_ink_is_what_differs_from_the_border(ink, ground):
    picture = read_picture(saved(seven(ink=ink, ground=ground), "PNG"))
    assert picture.dark_on_light == (ink < ground)
    assert same(picture.ink, read_picture(saved(seven(), "PNG")).ink, 20)


def of_mode(mode: str) -> Image.Image:
    """The seven with pixels of a mode."""
    levels = np.asarray(seven())
    if mode == "I;16":
        return Image.fromarray(levels.astype(np.uint16) * 257)
    if mode == "I":
        return Image.fromarray(levels.astype(np.int32) * 90_000)
    if mode == "F":
        return Image.fromarray(levels.astype(np.float32) * 4 - 100)
    return seven().convert("P" if mode == "PA" else mode).convert(mode)


@pytest.mark.parametrize(
    ("mode", "file_format"),
    [(mode, "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")]
    + [(mode, "JPEG") for mode in ("L", "RGB", "CMYK", "YCbCr")]
    + [
        (mode, "TIFF")
        for mode in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F")
    ]
    + [(mode, "BMP") for mode in ("1", "P", "RGBA")]
    + [(mode, "AVIF") for mode in ("L", "RGB", "RGBA")],
)
def test_every_kind_of_pixel_is_read(mode, file_format):
    assert same(frame(read_picture(saved(of_mode(mode), file_format)).ink), SEVEN, 40)


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_what_is_transparent_is_empty(value, file_format):
    stencil = np.full((300, 300, 4), value, np.uint8)
    stencil[..., 3] = np.asarray(seven(ink=255, ground=0))
    picture = read_picture(saved(Image.fromarray(stencil), file_format, lossless=True))
    assert picture.dark_on_light == (value == 0)
    assert same(picture.ink, read_picture(saved(seven(), "PNG")).ink, 2)


@pytest.mark.parametrize("light", [90, 150, 230])
@pytest.mark.parametrize("margin", [0, 20, 150])
def test_a_sheet_that_was_cut_out_is_read_as_the_sheet_is(light, margin):
    """Grey paper is neither ink on white nor on black."""
    rows = np.mgrid[:300, :300][0]
    sheet = np.asarray(seven()) / 255 * (light - 40 * rows / 300)
    cut_out = np.zeros((300 + 2 * margin, 300 + 3 * margin, 2), np.uint8)
    cut_out[margin : margin + 300, margin : margin + 300] = np.stack([sheet, np.full(sheet.shape, 255)], -1)
    picture = read_picture(saved(Image.fromarray(cut_out, "LA"), "PNG"))
    assert picture.dark_on_light
    assert same(frame(picture.ink), SEVEN, 80)


# How a picture lies whose EXIF says so, and then what turns it upright: the inverse.
LYING = {1: None, **TO_STORED}


@pytest.mark.parametrize("orientation", LYING)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_photograph_is_turned_upright(file_format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    how = LYING[orientation]
    lying = seven((280, 300)) if how is None else seven((280, 300)).transpose(how)
    options = {} if file_format in {"PNG", "TIFF"} else {"quality": 95}
    turned = read_picture(saved(lying, file_format, exif=exif, **options))
    assert turned.ink.shape[0] > turned.ink.shape[1]
    assert same(frame(turned.ink), frame(read_picture(saved(seven((280, 300)), "PNG")).ink), 16)


def with_chunk(name: bytes, content: bytes) -> bytes:
    """The seven as PNG with another chunk behind its header."""
    whole = saved(seven(), "PNG")
    return whole[:33] + chunk(name, content) + whole[33:]


def with_alpha(alpha: int) -> bytes:
    """The seven as BMP of 32 bits a pixel."""
    image = seven().convert("RGB")
    image.putalpha(alpha)
    return saved(image, "BMP")


JPEG = saved(seven(), "JPEG", quality=95)
PROGRESSIVE = saved(seven(), "JPEG", quality=95, progressive=True)
MEGABYTES = zlib.compress(bytes(3 * 10**6))
BESIDE = {
    "jpeg without its end": JPEG[:-2],
    "jpeg with half its end": JPEG[:-1],
    "progressive jpeg without its end": PROGRESSIVE[:-2],
    "film behind a jpeg": JPEG + bytes(5000),
    "jpeg with garbage for exif": saved(seven(), "JPEG", quality=95, exif=b"Exif\0\0garbage"),
    "a long text": with_chunk(b"zTXt", b"a\0\0" + MEGABYTES),
    "a long international text": with_chunk(b"iTXt", b"a\0\1\0\0\0" + MEGABYTES),
    "a large colour profile": with_chunk(b"iCCP", b"a\0\0" + MEGABYTES),
    "a chunk of no kind": with_chunk(b"abCd", bytes(range(256))),
    "a chunk with a wrong sum": saved(seven(), "PNG")[:33]
    + b"\0\0\0\1tEXta\0\0\0\0"
    + saved(seven(), "PNG")[33:],
    "png without its end": saved(seven(), "PNG")[:-12],
    "bmp whose alpha nobody wrote": with_alpha(0),
    "bmp with alpha": with_alpha(255),
}


@pytest.mark.parametrize("name", BESIDE)
def test_pixels_that_are_whole_are_read_whatever_is_around_them(name):
    assert same(frame(read_picture(BESIDE[name]).ink), SEVEN, 12)


def coloured(ink: tuple[int, int, int], ground: tuple[int, int, int]) -> Image.Image:
    """The seven in colours."""
    share = np.asarray(seven())[..., None] / 255
    return Image.fromarray((share * ground + (1 - share) * ink).round().astype(np.uint8))


@pytest.mark.parametrize(
    ("ink", "ground", "by_colour"),
    [
        ((255, 0, 0), (0, 130, 0), True),  # 76.2 and 76.3 of 255 in lightness
        ((0, 130, 0), (255, 0, 0), True),
        ((255, 230, 0), (255, 255, 255), True),
        ((90, 90, 255), (128, 128, 60), True),
        ((200, 0, 0), (255, 255, 255), False),
        ((0, 0, 120), (250, 245, 230), False),
        ((0, 0, 0), (255, 255, 255), False),
    ],
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_ink_is_told_from_its_ground_by_colour_where_lightness_does_not(ink, ground, by_colour, file_format):
    options = {"quality": 95, "subsampling": 0} if file_format == "JPEG" else {}
    picture = read_picture(saved(coloured(ink, ground), file_format, **options))
    assert picture.by_colour == by_colour
    assert picture.dark_on_light == (not by_colour)
    assert same(frame(picture.ink), SEVEN, 40)


@pytest.mark.parametrize(("width", "height"), [(4284, 5712), (8192, 6144)])
def test_a_telephone_s_photograph_is_read_however_many_pixels_it_has(width, height):
    content = photograph(width, height)
    picture = read_picture(content)
    assert max(picture.ink.shape) == WORKING_SIDE
    small = seven().resize((width // 16, height // 16))
    assert same(frame(picture.ink), frame(read_picture(saved(small, "PNG")).ink), 60)


def test_uneven_noisy_paper_is_empty():
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:1200, :900]
    light = 210 * (0.6 + 0.4 * columns / 900) * (0.8 + 0.2 * rows / 1200)
    drawn = seven((300, 400)).resize((900, 1200)).filter(ImageFilter.GaussianBlur(3))
    grey = light * (0.2 + 0.8 * np.asarray(drawn) / 255) + generator.normal(0, 6, light.shape)
    photograph = Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    picture = read_picture(saved(photograph, "JPEG", quality=80))
    assert picture.dark_on_light
    clean = read_picture(saved(drawn, "PNG")).ink
    assert not picture.ink[clean == 0].any()
    assert picture.ink[clean == 255].min() > 180


def test_a_picture_of_a_framed_digit_gives_that_digit():
    # One that fills its box, so that nothing is resampled.
    digit = next(
        image
        for image in data.load("digits", "test").images.view(-1, 28, 28).numpy()
        if np.array_equal(frame(image), image)
    )
    assert same(frame(read_picture(saved(Image.fromarray(digit), "PNG")).ink), digit, 16)


DAMAGED = "The picture file is damaged; save it again or choose another."
FOREIGN = "This file is not a picture that can be read; choose a PNG, JPEG, WebP, AVIF, BMP, GIF or TIFF."
HEIC = (
    "This is a HEIC photograph, which is not read here; export it as JPEG, or set the telephone's camera "
    'to "most compatible".'
)
TOO_LARGE = r"The picture has .*million.*; make it smaller\."
EVEN = "Nothing in the picture stands out from its ground; choose one with more contrast."
HALF_JPEG = saved(seven(), "JPEG")[: len(saved(seven(), "JPEG")) // 2]
BAD = {
    "empty": (b"", FOREIGN),
    "text": (b"seven", FOREIGN),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>', FOREIGN),
    "html": (b"<!doctype html><script>alert(1)</script>", FOREIGN),
    "ppm": (saved(seven(), "PPM"), FOREIGN),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(90), HEIC),
    "heif": (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(90), HEIC),
    "signature and noise": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), FOREIGN),
    "truncated png": (saved(seven(), "PNG")[:200], DAMAGED),
    "truncated jpeg": (saved(seven(), "JPEG")[:900], DAMAGED),
    "half a jpeg": (HALF_JPEG, DAMAGED),
    "half a jpeg with its end": (HALF_JPEG + b"\xff", DAMAGED),
    "jpeg without its last line": (saved(seven(), "JPEG")[:-40], DAMAGED),
    "truncated gif": (saved(seven(), "GIF")[:900], DAMAGED),
    "60,000 x 60,000": (png(60_000, 60_000, zlib.compress(bytes(100))), TOO_LARGE),
    "20,000 wide": (saved(Image.new("1", (20_000, 40)), "PNG"), TOO_LARGE),
    "too many pixels": (png(5_000, 5_000, b""), TOO_LARGE),
    "200 million pixels": (jpeg_of(16_384, 12_288), TOO_LARGE),
    "wide jpeg": (jpeg_of(60_000, 600), TOO_LARGE),
    "large progressive jpeg": (saved(Image.new("L", (7_000, 7_000)), "JPEG", progressive=True), TOO_LARGE),
    "progressive jpeg of three full channels": (
        saved(Image.new("RGB", (5_000, 4_000)), "JPEG", progressive=True, subsampling=0),
        TOO_LARGE,
    ),
    "gif bomb": (gif(65_535, 65_535), TOO_LARGE),
    "gif frame bomb": (gif(10, 65_535), TOO_LARGE),
    "bmp bomb": (bmp(50_000), TOO_LARGE),
    "tiff bomb": (
        tiff_of_one_tile(20_000, 20_000, b""),
        "The picture is stored in tiles of 20,000 x 20,000 pixels, more than 4 million; save it as PNG.",
    ),
    "all white": (saved(Image.new("L", (200, 200), 255), "PNG"), EVEN),
    "all black": (saved(Image.new("L", (200, 200), 0), "PNG"), EVEN),
    "transparent": (saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"), EVEN),
    "one pixel": (saved(Image.new("L", (1, 1), 7), "PNG"), EVEN),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_one_sentence(name):
    content, sentence = BAD[name]
    with pytest.raises(LabError, match=f"^{sentence}$"):
        read_picture(content)


def test_a_large_file_is_refused_before_it_is_looked_at():
    with pytest.raises(LabError, match=r"^The picture file has 25 MB, more than 25; make it smaller\.$"):
        read_picture(saved(seven(), "PNG") + bytes(MAX_BYTES))


def test_a_tile_of_a_usual_size_is_read():
    tile = np.full((1_024, 1_024), 255, np.uint8)
    tile[20:44, 28:36] = 0
    picture = read_picture(tiff_of_one_tile(1_024, 1_024, zlib.compress(tile.tobytes())))
    assert picture.ink.shape == (64, 64)
    assert np.array_equal(picture.ink > 0, tile[:64, :64] == 0)


MEASURE = """
import pickle, sys
from vaemodels.errors import LabError
from vaemodels.picture_files import read_picture
def peak():  # resource's also counts what the process was before it became this program
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e3
read_picture(pickle.load(sys.stdin.buffer))  # imports what reading needs
for content in pickle.load(sys.stdin.buffer):
    before = peak()
    try:
        read_picture(content)
    except LabError:
        pass
    print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is on Linux only")
def test_a_decompression_bomb_takes_little_memory():
    zeros = gigabyte_of_zeros()
    bombs = [
        png(60_000, 60_000, zeros),
        png(10, 10, zeros),
        png(10, 10, b"", 6, chunk(b"zTXt", b"a\0\0" + zeros)),
        gif(65_535, 65_535),
        gif(10, 65_535),
        tiff_of_one_tile(32_000, 31_250, zeros),
    ]
    largest = [  # that are decoded at all
        png(4_000, 4_000, zeros),
        photograph(6_400, 5_000, progressive=True),  # colours at half the resolution
        saved(seven((6_900, 6_900)), "JPEG", progressive=True),
        photograph(8_192, 6_144),
        saved(seven((4_000, 4_000)).convert("RGB"), "TIFF", compression="tiff_lzw"),
    ]
    run = subprocess.run(
        [sys.executable, "-c", MEASURE],
        input=pickle.dumps(saved(seven(), "PNG")) + pickle.dumps([*bombs, *largest]),
        capture_output=True,
        check=True,
    )
    rise = list(map(float, run.stdout.split()))
    assert max(rise[: len(bombs)]) < 10
    assert sum(rise) < 140  # the highest, as each is counted from those before it


STARTS = [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"\xff\xd8\xff\xe0", b"RIFF\x20\0\0\0WEBPVP8 "]


@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_any_bytes_are_a_picture_or_a_sentence(start, rest):
    read_or_refused(start + rest)


@given(st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"]), st.data())
def test_a_picture_with_any_damage_is_a_picture_or_a_sentence(file_format, draw):
    content = bytearray(saved(seven(), file_format))
    for _ in range(draw.draw(st.integers(1, 4))):
        content[draw.draw(st.integers(0, len(content) - 1))] = draw.draw(st.integers(0, 255))
    read_or_refused(bytes(content[: draw.draw(st.integers(1, len(content)))]))


def read_or_refused(content: bytes) -> None:
    try:
        ink = read_picture(content).ink
    except LabError as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert "\n" not in sentence
    else:
        assert ink.dtype == np.uint8
        assert ink.max() == 255
        assert max(ink.shape) <= WORKING_SIDE
