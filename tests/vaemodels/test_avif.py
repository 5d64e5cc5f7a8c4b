"""AVIF: read where it is good, in a process held to little memory, whatever the file says of itself."""

import base64
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.small import saved, seven
from vaemodels import avif_as_png, picture_files
from vaemodels.data.framing import frame
from vaemodels.errors import LabError
from vaemodels.picture_files import MAX_BYTES, read_picture

TOO_LARGE = (
    "The picture has more than 12 million pixels, too many for an AVIF; make it smaller, or save it as JPEG."
)
DAMAGED = "The AVIF picture is damaged, or decodes to more than it declares; save it as PNG or JPEG."
SEVEN = frame(read_picture(saved(seven(), "PNG")).ink)

# Image.new("L", (12_000, 12_000), 200) as Pillow writes it with speed=10, its `ispe` changed to 256 x 256. Writing it
# takes 1.9 GB, decoding it 191 MB.
LIE = zlib.decompress(
    base64.b85decode(
        "c-muNV30{GsVqn=%S>Yc0uY^>nP!-qnF!*)%uOvxWPkw0jFg-rD4U@mGr5ET4e%9YmgIt2j6f`xnUkLk;<$kLj1W;qUIqqMkf26pW?mXx"
        "trU=x$^_*lmKhj2=jY^u?aIh3C@KKbo|y&7`9NAEv$!CY0j`k|YHvj*ScC&e@FbQQIycJ8fCPk-^K**wl5;A63V9jW8h}FLnFYBp9|4`k!"
        "pPLj0(28cZc1W_5Ca#t{P(>3yK9#*N%1-uz2g*cIhM-A`9y%h`uw@T_gWkWSpTgxeC#tdJKf)UvtEv%|2OejnY$A8)tUA%C!6@qIo7Mp>"
        "6Ca#>a^ENodrLg>v>XAV^e?loj(`p`2N=ou4|iK>pXei{;c|m=DN_MKTT};R9jx>9o!jg!K~)M<bU*QcBq|Y^8s$peRW<(S8e#P@k&<m="
        "j3mG#tiP8{>&;n&%Wr(nL~RIP}@9TqRk6im$~ill#=R`T9VE)H-<%;UArscSH4l(<Nee3_y2qkoNQ$)tvlGgI~sh$Irx03>b(7f+c>HQoel"
        "ux1kT+"
    )
)


def declaring(width: int, height: int) -> bytes:
    """The seven, which says that it is so large."""
    content = saved(seven(), "AVIF")
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", width, height) + content[at + 8 :]


def test_of_a_sequence_the_first_picture_is_read() -> None:
    others = [seven(ink=255, ground=0).rotate(angle) for angle in (40, 80)]
    content = saved(seven(), "AVIF", quality=95, save_all=True, append_images=others)
    assert content[8:12] == b"avis"
    assert np.abs(frame(read_picture(content).ink).astype(int) - SEVEN).max() <= 12


@pytest.mark.parametrize("value", [0, 255])
def test_what_is_transparent_is_empty(value: int) -> None:
    stencil = np.full((300, 300, 4), value, np.uint8)
    stencil[..., 3] = np.asarray(seven(ink=255, ground=0))
    picture = read_picture(saved(Image.fromarray(stencil), "AVIF", quality=95))
    assert picture.dark_on_light == (value == 0)
    assert np.abs(frame(picture.ink).astype(int) - SEVEN).max() <= 12


def test_a_telephone_s_photograph_is_read() -> None:
    picture = read_picture(saved(seven().resize((3_000, 4_000)), "AVIF", speed=10))
    assert picture.ink.shape == (256, 192)
    expected = read_picture(saved(seven().resize((300, 400)), "PNG")).ink
    assert np.abs(frame(picture.ink).astype(int) - frame(expected)).max() <= 60


def test_texts_for_exif_that_are_none_are_passed_over() -> None:
    content = saved(seven(), "AVIF", quality=95, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0")
    damaged = content.replace(b"II*\0\x08\0\0\0", b"II*\0\xff\xff\xff\xff")
    assert damaged != content
    assert np.abs(frame(read_picture(damaged).ink).astype(int) - SEVEN).max() <= 12


BAD = {
    "more than 12 million pixels": (declaring(4_001, 3_000), TOO_LARGE),
    "as large as the lie holds": (declaring(12_000, 12_000), TOO_LARGE),
    "larger than it declares": (LIE, DAMAGED),
    "half of it": (saved(seven(), "AVIF")[:-300], DAMAGED),
    "only its brand": (saved(seven(), "AVIF")[:40], DAMAGED),
    "no pixels": (saved(seven(), "AVIF")[:-300] + bytes(300), DAMAGED),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_one_is_one_sentence(kind: str) -> None:
    content, sentence = BAD[kind]
    with pytest.raises(LabError) as caught:
        read_picture(content)
    assert str(caught.value) == sentence


def test_one_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "_AVIF_SECONDS", 1e-3)
    with pytest.raises(LabError, match="takes too long to decode; save it as JPEG"):
        read_picture(saved(seven(), "AVIF"))


@settings(max_examples=20)
@given(st.data())
def test_one_with_any_damage_is_a_picture_or_a_sentence(draw: st.DataObject) -> None:
    content = bytearray(saved(seven(), "AVIF"))
    for _ in range(draw.draw(st.integers(1, 4))):
        content[draw.draw(st.integers(12, len(content) - 1))] = draw.draw(st.integers(0, 255))
    try:
        assert read_picture(bytes(content)).ink.max() == 255
    except LabError as error:
        assert str(error).endswith(".") and "\n" not in str(error)


# The most that a process with a file on standard input held, in kB; from a small process, as a child counts from the
# memory of the one that starts it.
MEASURE = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-P", sys.argv[1]], capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits and units of memory are Linux's")
def test_decoding_takes_at_most_200_megabytes_more(tmp_path: Path) -> None:
    colours = Image.new("RGBA", (4_000, 3_000), (90, 20, 200, 77))
    sent = {
        "with transparency and colours in full": saved(colours, "AVIF", speed=10, subsampling="4:4:4"),
        "a lie": LIE,
        "a lie with much behind it": LIE + bytes(MAX_BYTES - len(LIE)),
    }
    for name, content in sent.items():
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, avif_as_png.__file__],
            input=content,
            capture_output=True,
            check=True,
        )
        assert 15 < int(run.stdout) / 1e3 < 200, name


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_the_limit_holds_the_child_alone() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_DATA)
    read_picture(saved(seven(), "AVIF"))
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
