"""Ink framed as MNIST frames its digits."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hypothesis_numpy

from vaemodels import data
from vaemodels.data.framing import BOX, FIELD, centre, frame
from vaemodels.errors import LabError


def bounds(image: np.ndarray) -> tuple[int, int, int, int]:
    """First and last row, first and last column with ink."""
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return rows[0], rows[-1], columns[0], columns[-1]


def mass_centre(image: np.ndarray) -> tuple[float, float]:
    weights = image / image.sum()
    return float(weights.sum(1) @ np.arange(FIELD)), float(weights.sum(0) @ np.arange(FIELD))


def test_a_bar_fills_the_box_in_its_longer_direction_wherever_it_was_drawn():
    drawn = np.zeros((112, 112), np.uint8)
    drawn[5:65, 90:105] = 200  # 60 by 15, so 20 by 5 in the box
    framed = frame(drawn)
    # Centre of mass at 14: rows 4 to 23 have theirs at 13.5, columns 12 to 16 at 14.
    assert bounds(framed) == (4, 23, 12, 16)
    assert framed.max() == 255
    assert (framed[4:24, 12:17] == 255).all()


def test_the_centre_of_mass_not_of_the_box_is_set_in_the_middle():
    drawn = np.zeros((40, 40), np.uint8)
    drawn[10:30, 10:14] = 255  # a stem on the left
    drawn[26:30, 10:30] = 255  # and a foot to the right, as in an L of 20 by 20
    framed = frame(drawn)
    top, bottom, left, right = bounds(framed)
    assert (bottom - top + 1, right - left + 1) == (20, 20)
    # By hand: stem 80 pixels around (9.5, 1.5), the rest of the foot 64 around (17.5, 11.5): mass at (13.06, 5.94).
    assert (top, left) == (14 - 13, 14 - 6)
    row, column = mass_centre(framed)
    assert abs(row - 14) <= 0.5
    assert abs(column - 14) <= 0.5


def test_a_box_whose_mass_lies_at_its_edge_stays_whole_in_the_field():
    box = np.zeros((20, 20), np.uint8)
    box[0, 0] = 255
    box[19, 19] = 1
    framed = centre(box)
    assert framed[8, 8] == 255
    assert framed[27, 27] == 1


def test_what_mnist_framed_stays_as_it_is():
    """A digit already 20 pixels high is neither resampled nor moved."""
    glyph = centre(np.pad(np.full((20, 5), 255, np.uint8), ((0, 0), (3, 8))))
    assert np.array_equal(frame(glyph), glyph)


def test_a_thin_line_in_a_large_picture_is_still_seen():
    drawn = np.zeros((3000, 3000), np.uint8)
    drawn[np.arange(3000), np.arange(3000)] = 255
    framed = frame(drawn)
    assert framed.max() == 255
    assert (framed.diagonal()[4:24] > 127).all()


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (112, 112)])
def test_no_ink_gives_a_sentence(shape):
    with pytest.raises(LabError, match=r"^There is no ink in this image; .*\.$"):
        frame(np.zeros(shape, np.uint8))


@given(hypothesis_numpy.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))))
def test_any_ink_is_framed(ink):
    if not ink.any():
        return
    framed = frame(ink)
    top, bottom, left, right = bounds(framed)
    assert framed.shape == (FIELD, FIELD)
    assert framed.dtype == np.uint8
    assert framed.max() == 255
    assert max(bottom - top, right - left) < BOX


@pytest.mark.parametrize(
    ("split", "digest"),
    [("train", "b963c1ccc574f9e4"), ("validation", "4a8befd462cdc1b2"), ("test", "8acd352fca522685")],
)
def test_the_built_in_digits_are_those_the_models_were_trained_on(split, digest):
    images = data.load("digits", split).images.numpy()
    assert hashlib.sha256(images.tobytes()).hexdigest()[:16] == digest
