"""Images by name: what an address says of them, and what it can't be made to say."""

import base64
import re
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hypothesis_numpy

from ui.address.url_state import MAX_LENGTH as MAX_ADDRESS
from ui.images.name import MAX_LENGTH, SHAPES, Place, image_name, parse_image_name

PIXELS = 784


def packed(content: bytes) -> str:
    return "pixels-" + base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")


@given(
    st.sampled_from([("digits", 300), ("mnist", 10_000), ("streetdigits", 2_000), ("svhn", 26_032)]),
    st.data(),
)
def test_a_place_comes_back(dataset, draw):
    name, size = dataset
    place = Place(name, draw.draw(st.integers(0, size - 1)))
    assert parse_image_name(image_name(place)) == place


@given(st.sampled_from(SHAPES).flatmap(lambda shape: hypothesis_numpy.arrays(np.uint8, shape)))
def test_pixels_come_back_from_a_name_that_fits_an_address(ink):
    token = image_name(ink)
    assert re.fullmatch(r"pixels-[A-Za-z0-9_-]+", token)
    assert len(token) <= MAX_LENGTH <= MAX_ADDRESS
    parsed = parse_image_name(token)
    if ink.any():
        assert isinstance(parsed, np.ndarray)
        assert np.array_equal(parsed, ink)
    else:
        assert parsed is None


@pytest.mark.parametrize("shape", SHAPES)
def test_noise_is_not_too_long(shape):
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    parsed = parse_image_name(image_name(noise))
    assert isinstance(parsed, np.ndarray)
    assert np.array_equal(parsed, noise)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "digits",
        "digits-",
        "digits-300",
        "digits--1",
        "digits-01",
        "digits-1 ",
        "digits-٣",
        "mnist-10000",
        "cifar-1",
        "streetdigits-2000",
        "pixels-",
        "pixels-AAAA",
        "pixels-é",
        packed(bytes(PIXELS)),
        packed(b"1" * (PIXELS - 1)),
        packed(b"1" * (PIXELS + 1)),
        packed(b"1" * 10**8)[:MAX_LENGTH],
        packed(b"1" * 10**5),
        packed(b"1" * PIXELS)[:-8],
        packed(bytes(3_072)),
        packed(b"1" * 3_071),
        packed(b"1" * 3_073),
        packed(b"1" * 3 * PIXELS),
    ],
)
def test_rubbish_is_nothing(text):
    assert parse_image_name(text) is None


@given(
    st.text(max_size=1_200) | st.from_regex(r"(pixels|digits|mnist)-[A-Za-z0-9_=-]{0,1200}", fullmatch=True)
)
@example("pixels-" + "A" * 5_000)
def test_any_text_is_an_image_or_nothing(text):
    image = parse_image_name(text)
    if isinstance(image, Place):
        assert image_name(image) == text
    elif image is not None:
        assert image.shape in SHAPES
        assert image.any()
