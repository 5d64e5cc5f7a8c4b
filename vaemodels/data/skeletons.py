"""Skeletons of the ten digits: at least three ways of writing each, as strokes through control points.

A stroke is points "x,y" in a box of width 6 and height 10, origin at the top left. A smooth curve runs through them; it
is closed if it ends where it began. Strokes that meet share a point, so that they still meet when points are moved.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 6, 10
SEGMENTS = 20  # straight pieces a digit is drawn with

Array = NDArray[np.float32]

STROKES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (  # 0
        ("3,0 0.6,2 0,5 0.6,8 3,10 5.4,8 6,5 5.4,2 3,0",),
        ("3,0 0.8,0.8 0.3,5 0.8,9.2 3,10 5.2,9.2 5.7,5 5.2,0.8 3,0",),
        ("3,0.8 1,2.2 0.4,5 1,7.8 3,9.2 5,7.8 5.6,5 5,2.2 3,0.8",),
        ("3,0 1.2,0.9 0.9,3 0.9,7 1.2,9.1 3,10 4.8,9.1 5.1,7 5.1,3 4.8,0.9 3,0",),
    ),
    (  # 1
        ("3,0 3,5 3,10",),
        ("1,2.4 2.2,1.4 3.3,0", "3.3,0 3.3,5 3.3,10"),
        ("1.2,2.2 2.3,1.3 3.2,0", "3.2,0 3.2,5 3.2,10", "1,10 3.2,10 5.4,10"),
        ("2,2.4 4,0.2", "4,0.2 4,5 4,10"),
    ),
    (  # 2
        ("0.3,2.5 1.2,0.5 3.2,0 5.2,0.8 5.5,2.8 4.2,5.2 2,7.8 0.2,10", "0.2,10 3,10 5.8,10"),
        ("0.5,1.8 2,0.2 4.4,0.3 5.5,2.2 4.6,4.6 2.4,6.2 0.8,7.8 0.4,10", "0.4,10 3,10 5.6,10"),
        ("0.4,2 2,0 4.6,0.4 5.2,2.8 3.4,6.2 0.6,9.4", "0.6,9.4 2.2,8.8 3.8,9.8 5.8,9.4"),
        ("0.7,3 1.2,0.7 3,0 5,0.9 5.2,3.2 3.6,5.8 1.4,8 0.6,10", "0.6,10 3,10 5.4,10"),
    ),
    (  # 3
        ("0.4,1.4 2,0.1 4.4,0.2 5.4,2.2 4.6,4.2 2.6,4.8", "2.6,4.8 5,5.4 5.8,7.4 4.6,9.4 2.2,10 0.2,8.6"),
        ("0.5,0 3,0 5.4,0", "5.4,0 4,2 2.6,4", "2.6,4 4.8,4.6 5.8,6.8 4.8,9.2 2.4,10 0.3,8.8"),
        ("0.8,0.8 3,0 5,1 5,3.4 3.2,4.8", "3.2,4.8 5.4,6.2 5.2,8.8 3,10 0.6,9.2"),
        (
            "0.6,2.4 1.3,0.6 3,0 4.9,0.8 5.1,3 4.2,4.4 2.8,4.7",
            "2.8,4.7 4.6,5.2 5.5,7 5,9 3,10 1.2,9.4 0.4,7.5",
        ),
    ),
    (  # 4
        ("4.4,10 4.4,5 4.4,0", "4.4,0 2.2,3.4 0,6.8", "0,6.8 3,6.8 6,6.8"),
        ("1,0 0.7,2.8 0.5,5.6", "0.5,5.6 3,5.6 5.8,5.6", "4.6,1.6 4.6,5.6 4.6,10"),
        ("2.4,0 1.2,3 0.2,6", "0.2,6 3,6 6,6", "4.2,3.4 4,6.6 3.8,10"),
        ("4,10 4,5 4,0", "4,0 1.8,3.8 0,7.4", "0,7.4 3,7.4 5.6,7.4"),
    ),
    (  # 5
        ("5.4,0 3.2,0 1,0", "1,0 0.8,2.2 0.6,4.4", "0.6,4.4 3,3.6 5.4,5 5.6,7.8 3.8,9.9 0.3,9.2"),
        ("5.6,0.3 3.4,0.2 1.2,0", "1.2,0 1,2.4 0.9,4.8", "0.9,4.8 3.4,4 5.6,5.6 5.2,8.6 3,10 0.4,9"),
        ("5.2,0 3.2,0 1.4,0", "1.4,0 0.9,2 0.7,4.2", "0.7,4.2 3.6,4.4 5.6,6.6 4.4,9.4 2.4,10 0.6,9.6"),
        (
            "5,0 3.2,0 1.4,0",
            "1.4,0 1.1,2.2 0.9,4.6",
            "0.9,4.6 2.8,3.7 4.9,4.4 5.5,6.6 4.8,9 3,10 1.2,9.4 0.5,7.6",
        ),
    ),
    (  # 6
        ("5,0.4 2.6,1.2 0.8,4 0.3,7 1.4,9.5 3.4,10 5.4,8.8 5.5,6.4 3.8,5 1.6,5.6 0.3,7",),
        ("3.8,0 1.8,2.6 0.6,5.6 0.6,8.2 2.2,9.9 4.6,9.4 5.6,7.4 4.6,5.4 2.4,5.2 0.6,6.8",),
        ("5.3,1.6 3.6,0.1 1.6,0.8 0.5,4 0.4,7.4 1.8,9.8 4,9.8 5.5,7.8 4.8,5.6 2.6,4.9 0.5,6.2",),
        (
            "5.2,2 4.4,0.5 3,0 1.4,0.8 0.6,3.6 0.6,6.8 1.4,9.2 3,10 4.8,9.2 5.4,7 4.6,4.8 3,4.2 1.4,4.9 0.6,6.8",
        ),
    ),
    (  # 7
        ("0.2,0 3,0 5.8,0", "5.8,0 4,4.4 2.2,10"),
        ("0.4,0 3,0 5.6,0", "5.6,0 4.2,5 2.2,10", "1.8,5.2 3.6,5.2 5.6,5.2"),
        ("0.4,2 0.4,0.2", "0.4,0.2 3,0.2 5.6,0.2", "5.6,0.2 3.6,4.6 3,10"),
        ("0.5,0 3,0 5.5,0", "5.5,0 3.4,4.6 2.6,10"),
    ),
    (  # 8
        ("3,4.7 0.9,3.6 0.8,1.2 3,0 5.2,1.2 5.1,3.6 3,4.7", "3,4.7 0.4,6 0.3,8.8 3,10 5.7,8.8 5.6,6 3,4.7"),
        (
            "3,4.2 1.5,3.5 1.3,1.1 3,0 4.7,1.1 4.5,3.5 3,4.2",
            "3,4.2 0.3,5.5 0,8.6 3,10 6,8.6 5.7,5.5 3,4.2",
        ),
        ("5.2,1.2 3,0 0.8,1.4 1.4,3.8 4.6,5.8 5.4,8.4 3,10 0.6,8.6 1.4,6 4.6,3.6 5.2,1.2",),
        (
            "3,4.6 1.4,3.8 1,2.2 1.6,0.6 3,0 4.4,0.6 5,2.2 4.6,3.8 3,4.6",
            "3,4.6 1.1,5.4 0.5,7.3 1.2,9.3 3,10 4.8,9.3 5.5,7.3 4.9,5.4 3,4.6",
        ),
    ),
    (  # 9
        ("5.7,3 4.6,0.5 2.6,0 0.6,1.2 0.5,3.6 2.2,5 4.4,4.4 5.7,3", "5.7,3 5.2,6 3.4,8.8 1,9.6"),
        ("5.4,2.4 3.8,0.2 1.4,0.6 0.4,2.8 1.4,4.8 3.8,4.8 5.4,2.4", "5.4,2.4 5.2,6 5,10"),
        ("5.5,3.2 5,0.8 3,0 0.8,1 0.5,3.4 2,5.1 4.4,4.8 5.5,3.2", "5.5,3.2 5.6,7 4.4,9.6 2,9.9 0.7,8.4"),
        (
            "0.8,8 1.6,9.5 3,10 4.6,9.2 5.4,6.4 5.4,3.2 4.6,0.8 3,0 1.2,0.8 0.6,3 1.4,5.2 3,5.8 4.6,5.1 5.4,3.2",
        ),
    ),
)


class Skeleton(NamedTuple):
    """A way of writing a digit, ready to be drawn with its points moved: `points: [points, 2]`, and the straight pieces
    as what `starts` and `ends: [SEGMENTS, points]` make of them.
    """

    points: Array
    starts: Array
    ends: Array


def skeletons() -> list[list[Skeleton]]:
    """All skeletons, by digit."""
    return [[skeleton(strokes) for strokes in ways] for ways in STROKES]


def skeleton(strokes: Sequence[str]) -> Skeleton:
    """The skeleton with these strokes, its pieces shared out by the strokes' lengths."""
    paths = [[tuple(map(float, point.split(","))) for point in stroke.split()] for stroke in strokes]
    points = list(dict.fromkeys(point for path in paths for point in path))
    place = np.array(points, np.float32)
    rows = [[points.index(point) for point in path] for path in paths]
    lengths = np.array([np.linalg.norm(np.diff(place[row], axis=0), axis=1).sum() for row in rows])
    ends_at = np.round(lengths.cumsum() / lengths.sum() * SEGMENTS).astype(int)
    curves = [
        _curve(row, len(points), pieces)
        for row, pieces in zip(rows, np.diff(ends_at, prepend=0), strict=True)
    ]
    starts, ends = (np.concatenate([curve[part] for curve in curves]) for part in (slice(-1), slice(1, None)))
    return Skeleton(place, starts, ends)


def _curve(row: Sequence[int], n_points: int, pieces: int) -> Array:
    """A Catmull–Rom spline through the points at `row`, as weights `[pieces + 1, n_points]` of the points."""
    identity = np.eye(n_points, dtype=np.float32)[list(row)]
    if row[0] == row[-1]:
        before, after = identity[-2], identity[1]
    else:  # as if the curve went on straight
        before, after = 2 * identity[0] - identity[1], 2 * identity[-1] - identity[-2]
    knots = np.stack([before, *identity, after])
    along = np.linspace(0, len(row) - 1, pieces + 1)
    i = np.minimum(along.astype(int), len(row) - 2)
    t = (along - i)[:, None].astype(np.float32)
    p0, p1, p2, p3 = (knots[i + offset] for offset in range(4))
    return 0.5 * (
        2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
