"""Pictures as strangers send them: read where they are good, refused in one sentence and little memory where not."""

import pickle
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

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


def same(first: np.ndarray, second: np.ndarray, levels: int) -> bool:
    return int(np.abs(first.astype(int) - second.astype(int)).max()) <= levels


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_every_format_gives_the_same_ink(file_format):
    options = {"quality": 95} if file_format in {"JPEG", "WEBP"} else {}
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


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "CMYK", "YCbCr", "I;16"])
def test_every_kind_of_pixel_is_read(mode):
    if mode == "I;16":
        image = Image.fromarray(np.asarray(seven(), np.uint16) * 257)
    else:
        image = seven().convert(mode)
    content = saved(image, "JPEG" if mode in {"CMYK", "YCbCr"} else "PNG")
    assert same(frame(read_picture(content).ink), frame(read_picture(saved(seven(), "PNG")).ink), 40)


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_what_is_transparent_is_empty(value, file_format):
    stencil = np.full((300, 300, 4), value, np.uint8)
    stencil[..., 3] = np.asarray(seven(ink=255, ground=0))
    picture = read_picture(saved(Image.fromarray(stencil), file_format, lossless=True))
    assert picture.dark_on_light == (value == 0)
    assert same(picture.ink, read_picture(saved(seven(), "PNG")).ink, 2)


def test_a_photograph_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right for showing
    lying = seven((280, 300)).transpose(Image.Transpose.ROTATE_90)
    turned = read_picture(saved(lying, "JPEG", exif=exif, quality=95))
    assert turned.ink.shape[0] > turned.ink.shape[1]
    assert same(frame(turned.ink), frame(read_picture(saved(seven((280, 300)), "PNG")).ink), 12)


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
FOREIGN = "This file is not a picture that can be read; choose a PNG, JPEG, WebP, BMP or GIF."
TOO_LARGE = r"The picture has .*million.*; make it smaller\."
EVEN = "Nothing in the picture stands out from its ground; choose one with more contrast."
BAD = {
    "empty": (b"", FOREIGN),
    "text": (b"seven", FOREIGN),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>', FOREIGN),
    "html": (b"<!doctype html><script>alert(1)</script>", FOREIGN),
    "tiff": (saved(seven(), "TIFF"), FOREIGN),
    "signature and noise": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), FOREIGN),
    "truncated png": (saved(seven(), "PNG")[:200], DAMAGED),
    "truncated jpeg": (saved(seven(), "JPEG")[:900], DAMAGED),
    "truncated gif": (saved(seven(), "GIF")[:900], DAMAGED),
    "60,000 x 60,000": (png(60_000, 60_000, zlib.compress(bytes(100))), TOO_LARGE),
    "20,000 wide": (saved(Image.new("1", (20_000, 40)), "PNG"), TOO_LARGE),
    "too many pixels": (png(5_000, 5_000, b""), TOO_LARGE),
    "gif bomb": (gif(65_535, 65_535), TOO_LARGE),
    "gif frame bomb": (gif(10, 65_535), TOO_LARGE),
    "bmp bomb": (bmp(50_000), TOO_LARGE),
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
    with pytest.raises(LabError, match=r"^The picture file has 10 MB, more than 10; make it smaller\.$"):
        read_picture(saved(seven(), "PNG") + bytes(MAX_BYTES))


MEASURE = """
import pickle, resource, sys
from vaemodels.errors import LabError
from vaemodels.picture_files import read_picture
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
for content in pickle.load(sys.stdin.buffer):
    before = peak()
    try:
        read_picture(content)
    except LabError:
        pass
    print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
def test_a_decompression_bomb_takes_little_memory():
    zeros = gigabyte_of_zeros()
    bombs = [
        png(60_000, 60_000, zeros),
        png(10, 10, zeros),
        png(10, 10, b"", 6, chunk(b"zTXt", b"a\0\0" + zeros)),
        gif(65_535, 65_535),
        gif(10, 65_535),
    ]
    largest = png(4_000, 4_000, zeros)  # that is decoded at all
    run = subprocess.run(
        [sys.executable, "-c", MEASURE],
        input=pickle.dumps([*bombs, largest]),
        capture_output=True,
        check=True,
    )
    *refused, read = map(float, run.stdout.split())
    assert max(refused) < 10
    assert read < 130


STARTS = [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"\xff\xd8\xff\xe0", b"RIFF\x20\0\0\0WEBPVP8 "]


@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_any_bytes_are_a_picture_or_a_sentence(start, rest):
    read_or_refused(start + rest)


@given(st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "GIF"]), st.data())
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
