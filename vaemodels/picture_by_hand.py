"""Ink as a person says where it is: a crop of a picture, turned, one side of a threshold; ui/images/crop does the same.

Where nobody gives a threshold it is Otsu's (1979, A threshold selection method from gray-level histograms).
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vaemodels.data.framing import Ink
from vaemodels.picture_ink import MIN_CONTRAST, InkPicture

MARGIN = 0.1  # around the ink of a crop that is offered, of its longer side
MAX_ANGLE = 45


class ByHand(NamedTuple):
    """How a picture of levels `[height, width]` becomes ink.

    It is turned by `turns` quarters and `angle` degrees, both clockwise, then cropped to the pixels from `left` and
    `top` up to but not with `right` and `bottom`. Ink is what lies beyond `threshold`, in levels from the side that is
    no ink: below it for ink that is `dark_on_light`, else above.
    """

    left: int
    top: int
    right: int
    bottom: int
    turns: int = 0
    angle: int = 0
    dark_on_light: bool = True
    threshold: int | None = None


def offered(picture: InkPicture) -> ByHand:
    """Where a person starts from: a crop around the ink that was found, as it was told from the ground."""
    rows, columns = (np.flatnonzero(picture.ink.any(axis)) for axis in (1, 0))
    height, width = picture.ink.shape
    margin = round(MARGIN * max(rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)) + 1
    return ByHand(
        left=max(0, int(columns[0]) - margin),
        top=max(0, int(rows[0]) - margin),
        right=min(width, int(columns[-1]) + 1 + margin),
        bottom=min(height, int(rows[-1]) + 1 + margin),
        dark_on_light=picture.dark_on_light,
    )


def fits(by_hand: ByHand, shape: tuple[int, ...]) -> bool:
    """Whether all of it can be done to a picture of this shape."""
    height, width = shape if by_hand.turns % 2 == 0 else shape[::-1]
    threshold = by_hand.threshold
    return (
        0 <= by_hand.left < by_hand.right <= width
        and 0 <= by_hand.top < by_hand.bottom <= height
        and 0 <= by_hand.turns < 4
        and abs(by_hand.angle) <= MAX_ANGLE
        and (threshold is None or 0 <= threshold < 255)
    )


def ink_by_hand(levels: Ink, by_hand: ByHand) -> Ink:
    """The ink of `levels: [height, width]`, uint8 of the crop's shape; the part beyond the threshold, up to 255.

    What a turn brings in from outside the picture is empty. There may be no ink at all.
    """
    strength, inside = _turned_and_cropped(255 - levels if by_hand.dark_on_light else levels, by_hand)
    threshold = usual_threshold(strength[inside]) if by_hand.threshold is None else by_hand.threshold
    beyond = np.where(inside, strength.astype(int) - threshold, 0).clip(min=0)
    most = int(beyond.max())
    return (beyond * 255 / max(most, 1)).round().astype(np.uint8)


def usual_threshold(levels: Ink) -> int:
    """Otsu's, or the highest level where nothing stands out from the rest."""
    if not levels.size or np.ptp(levels) < MIN_CONTRAST:
        return int(levels.max(initial=0))
    return otsu(levels)


def otsu(levels: Ink) -> int:
    """The level up to which values are one class, such that the variance between it and the rest is the largest.

    ω₀ω₁(μ₀ − μ₁)² of uint8 `levels` of any shape; the first of several; 0 where they are all equal.
    """
    counts = np.bincount(levels.ravel(), minlength=256)
    below, sum_below = counts.cumsum(), (counts * np.arange(256)).cumsum()
    above, sum_above = below[-1] - below, sum_below[-1] - sum_below
    apart = sum_below / below.clip(min=1) - sum_above / above.clip(min=1)
    return int(np.argmax(below * 1.0 * above * apart * apart))


def _turned_and_cropped(levels: Ink, by_hand: ByHand) -> tuple[Ink, npt.NDArray[np.bool_]]:
    """The levels of the crop, and which of its pixels lie inside the picture."""
    turned = np.rot90(levels, -by_hand.turns)
    window = np.s_[by_hand.top : by_hand.bottom, by_hand.left : by_hand.right]
    if by_hand.angle == 0:
        cropped = turned[window]
        return cropped, np.ones(cropped.shape, bool)
    height, width = turned.shape
    # Where each pixel of the crop comes from: turned back around the picture's middle.
    down = np.arange(by_hand.top, by_hand.bottom)[:, None] - (height - 1) / 2
    across = np.arange(by_hand.left, by_hand.right) - (width - 1) / 2
    cos, sin = math.cos(math.radians(by_hand.angle)), math.sin(math.radians(by_hand.angle))
    x = cos * across + sin * down + (width - 1) / 2
    y = cos * down - sin * across + (height - 1) / 2
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return _between_pixels(turned, x.clip(0, width - 1), y.clip(0, height - 1)), inside


def _between_pixels(levels: Ink, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Ink:
    """Bilinear interpolation at the places (x, y), rounded half up."""
    height, width = levels.shape
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    to_right, to_bottom = x - left, y - top
    upper = levels[top, left] * (1 - to_right) + levels[top, right] * to_right
    lower = levels[bottom, left] * (1 - to_right) + levels[bottom, right] * to_right
    return np.floor(upper * (1 - to_bottom) + lower * to_bottom + 0.5).astype(np.uint8)
