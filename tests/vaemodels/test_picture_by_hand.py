"""Ink that a person frames: held to Pillow's turns, to Otsu's criterion by enumeration, and to simple pictures."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from vaemodels.data.framing import FIELD, Ink, frame
from vaemodels.picture_by_hand import ByHand, fits, ink_by_hand, offered, otsu, usual_threshold
from vaemodels.picture_ink import ink_of


def whole(levels: Ink, **changes: Any) -> ByHand:
    height, width = levels.shape if changes.get("turns", 0) in {0, 2} else levels.shape[::-1]
    return ByHand(0, 0, width, height, dark_on_light=False, threshold=0)._replace(**changes)


@pytest.fixture
def levels() -> Ink:
    return np.random.default_rng(0).integers(0, 256, (31, 47)).astype(np.uint8)


def test_a_crop_and_quarter_turns_clockwise_are_those_of_pillow(levels):
    image = Image.fromarray(levels)
    turned = [
        image,
        *(
            image.transpose(way)
            for way in (Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90)
        ),
    ]
    for turns, expected in enumerate(turned):
        asked = whole(levels, turns=turns)._replace(left=3, top=5, right=20, bottom=29)
        cropped = np.asarray(expected.crop((3, 5, 20, 29))).astype(float)
        assert np.array_equal(ink_by_hand(levels, asked), (cropped * 255 / cropped.max()).round())


@pytest.mark.parametrize("angle", [-45, -7, 1, 30])
def test_an_angle_is_clockwise_and_within_a_level_of_pillows_bilinear_turn(angle):
    rows, columns = np.mgrid[:60, :80]
    smooth = (120 + 100 * np.sin(rows / 9) * np.cos(columns / 11)).round().astype(np.uint8)
    turned = Image.fromarray(smooth).rotate(-angle, Image.Resampling.BILINEAR)
    asked = whole(smooth, angle=angle)._replace(left=20, top=15, right=60, bottom=45)
    expected = np.asarray(turned)[15:45, 20:60].astype(float)
    scale = expected.max() / 255
    assert np.abs(ink_by_hand(smooth, asked) * scale - expected).max() < 2.5


def test_what_a_turn_brings_in_from_outside_is_no_ink():
    white = np.full((40, 40), 255, np.uint8)
    ink = ink_by_hand(white, whole(white, angle=45))
    assert not ink[0, 0] and not ink[-1, -1] and ink[20, 20] == 255


def test_otsus_threshold_parts_the_levels_best_of_all():
    random = np.random.default_rng(1)
    for _ in range(20):
        values = (
            np.concatenate([random.normal(m, 20, 400) for m in random.uniform(20, 235, 2)])
            .clip(0, 255)
            .astype(np.uint8)
        )

        def apart(level: int, values: Ink = values) -> float:
            low, high = values[values <= level], values[values > level]
            return len(low) * len(high) * (low.mean() - high.mean()) ** 2 if len(low) and len(high) else 0.0

        assert apart(otsu(values)) == pytest.approx(max(map(apart, range(256))))


def test_of_plain_paper_nothing_is_ink_unless_a_person_says_so():
    paper = np.random.default_rng(2).integers(236, 252, (50, 50)).astype(np.uint8)
    assert usual_threshold(255 - paper) == 19
    assert not ink_by_hand(paper, whole(paper, dark_on_light=True, threshold=None)).any()
    assert ink_by_hand(paper, whole(paper, dark_on_light=True, threshold=10)).any()
    assert usual_threshold(np.zeros(0, np.uint8)) == 0


@pytest.mark.parametrize("dark_on_light", [True, False])
def test_what_is_offered_gives_nearly_what_was_read_automatically(dark_on_light):
    grey = np.zeros((90, 120), np.uint8)
    grey[20:70, 40:50] = grey[20:30, 40:80] = 255
    colours = np.repeat((255 - grey if dark_on_light else grey)[..., None], 3, axis=2)
    picture = ink_of(colours)
    asked = offered(picture)
    assert asked.dark_on_light == dark_on_light
    assert asked.left < 40 < 80 < asked.right and asked.top < 20 < 70 < asked.bottom
    assert np.array_equal(frame(ink_by_hand(picture.levels, asked)), frame(picture.ink))
    assert frame(picture.ink).shape == (FIELD, FIELD)


def test_colour_alone_can_be_framed_too():
    colours = np.full((60, 60, 3), (200, 90, 90), np.uint8)
    colours[20:40, 25:35] = (90, 147, 90)
    picture = ink_of(colours)
    assert picture.by_colour
    assert np.array_equal(frame(ink_by_hand(picture.levels, offered(picture))), frame(picture.ink))


def test_a_frame_has_to_lie_within_the_turned_picture(levels):
    height, width = levels.shape
    assert fits(ByHand(0, 0, width, height), levels.shape)
    assert not fits(ByHand(0, 0, width, height, turns=1), levels.shape)
    assert fits(ByHand(0, 0, height, width, turns=1), levels.shape)
    wrong: list[dict[str, Any]] = [
        {"left": -1},
        {"right": 0},
        {"turns": 4},
        {"angle": 46},
        {"threshold": 255},
    ]
    for changes in (*wrong, {"threshold": -1}):
        assert not fits(ByHand(0, 0, width, height)._replace(**changes), levels.shape)
