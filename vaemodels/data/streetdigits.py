"""House numbers drawn by the project itself: 32×32 colour pictures of a digit whose style is known.

Each picture shows one digit in the middle, often with parts of its neighbours at the edges. Its style is six numbers
(`FACTORS`), independent of each other and of the digit; all else (skeleton, jitter, width, place, brightness, contrast,
how strong the colours are, neighbours, shadow, the edges of what the number is on, blur, noise) is chance that nobody
is told. A split is drawn from its seed when it is first asked for.

What a convolutional network learns here it finds again in photographs: docs/results.md, "Street digits".
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaemodels.data.dataset import Dataset, Split
from vaemodels.data.skeletons import HEIGHT, WIDTH, skeletons

DATASET = Dataset(
    name="streetdigits",
    title="Street digits",
    image_shape=(3, 32, 32),
    family="gaussian",
    n_labels=10,
    licence="drawn by VAE Lab itself, MIT licence",
    download_bytes=0,
    sizes={"train": 20_000, "validation": 2_000, "test": 2_000},
)

# What a picture's style is, with the range it is drawn from, evenly.
FACTORS: dict[str, tuple[float, float]] = {
    "slant": (-0.35, 0.35),  # columns an upright stroke moves to the right for each row it rises
    "weight": (0.8, 2.6),  # half a stroke's width, in pixels
    "scale": (1.8, 2.7),  # pixels for each of the ten units of a digit's height
    "ink_hue": (0.0, 1.0),  # turns round the colour circle
    "ground_hue": (0.0, 1.0),
    "light": (-1.0, 1.0),  # the brighter side, from left to right
}

SIDE = 32
SEEDS = {"train": 1, "validation": 2, "test": 3}
AT_ONCE = 20  # pictures whose distances fit a processor's cache
JITTER = 0.28  # standard deviation of a control point's move, in units of a digit's height of ten
ASPECT = (0.5, 1.0)  # how wide a digit is, beside its skeleton
NEIGHBOUR = 0.6  # the chance of one on either side
GAP = (-0.5, 3.0)  # pixels between the strokes of neighbours
REACH = 20  # columns from the edge that a neighbour can reach
CONTRAST = (0.2, 0.65)  # of ink and ground, in luminance
CHROMA = 0.28  # how far a colour is from grey, at most
SHADOW = 0.3  # the chance of one
BORDER = 0.4  # the chance, twice, that the ground ends within the picture
LIGHT = 0.3  # how much of the brightness is lost or won at the edges, at most
NOISE = (0.0, 0.08)  # before the blur
BLUR = (0.4, 1.8)  # pixels
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue

Array = NDArray[np.float32]
Style = Mapping[str, Array]


class Drawing(NamedTuple):
    """Pictures uint8 `[n, 3072]`, their labels int64 `[n]`, and their style: `[n]` for each of `FACTORS`."""

    images: Tensor
    labels: Tensor
    factors: dict[str, Tensor]


def load(split: str) -> Split:
    """One split: images uint8 [n, 3072], labels int64 [n]; drawn at the first call, 20,000 in three seconds."""
    images, labels, _ = _drawn(split)
    return Split(images, labels)


def factors(split: str) -> dict[str, Tensor]:
    """The true style of every image of a split, `[n]` for each of `FACTORS`."""
    return _drawn(split).factors


def is_available() -> bool:
    """Always: what is missing is drawn."""
    return True


def download(progress: Callable[[int, int], None] | None = None) -> None:
    """Nothing to fetch."""


@lru_cache(maxsize=3)
def _drawn(split: str) -> Drawing:
    return draw(DATASET.sizes[split], SEEDS[split])


def draw(n: int, seed: int) -> Drawing:
    """n pictures with the style and digit of each; the same for a seed, whatever else runs."""
    random = np.random.default_rng(seed)
    labels = random.integers(10, size=n)
    style = {name: _uniform(random, low, high, n) for name, (low, high) in FACTORS.items()}
    images = np.empty((n, 3 * SIDE * SIDE), np.uint8)
    for start in range(0, n, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        images[part] = _draw(labels[part], {name: values[part] for name, values in style.items()}, random)
    factors = {name: torch.from_numpy(values) for name, values in style.items()}
    return Drawing(torch.from_numpy(images), torch.from_numpy(labels), factors)


def _draw(labels: NDArray[np.int64], style: Style, random: np.random.Generator) -> NDArray[np.uint8]:
    """A few pictures at once, `[n, 3072]`."""
    n = len(labels)
    ink = _coverage(labels, style, random)[:, None]
    ground, number = _colours(style, random)
    picture: Array = np.broadcast_to(ground, (n, 3, SIDE, SIDE)).copy()
    for _ in range(2):
        other = _colour(style["ground_hue"], _uniform(random, 0.05, 0.95, n), random)
        _cover(picture, _beyond_a_border(n, random), other)
    dark_or_light = _uniform(random, 0, 1, n).round()
    _cover(picture, _shadow(ink, random), dark_or_light[:, None, None, None])
    _cover(picture, ink, number)
    picture *= _light(style["light"], random)[:, None]
    noise = _uniform(random, *NOISE, n)
    picture += noise[:, None, None, None] * random.standard_normal(picture.shape, np.float32)
    blur = _blur(_uniform(random, *BLUR, n))[:, None]
    picture = np.matmul(np.matmul(blur, picture), blur.swapaxes(-1, -2))
    return (picture.clip(0, 1) * 255).round().astype(np.uint8).reshape(n, -1)


def _cover(picture: Array, share: Array, colour: Array) -> None:
    """Paint a share of every pixel `[n, 1, 32, 32]` in a colour `[n, 3 or 1, 1, 1]`."""
    picture += (colour - picture) * share


def _beyond_a_border(n: int, random: np.random.Generator) -> Array:
    """What lies beyond the border of a plate, a brick or a door, where there is one: `[n, 1, 32, 32]`, 0 to 1."""
    turn = random.integers(4, size=n) * (math.pi / 2) + 0.06 * random.standard_normal(n)
    across, down = (
        part(turn).astype(np.float32)[:, None, None] * (np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2)
        for part in (np.cos, np.sin)
    )
    away = _uniform(random, 10.5, 16, n)[:, None, None]
    is_there = (random.random(n) < BORDER)[:, None, None]
    beyond: Array = ((across + down.swapaxes(1, 2) - away + 0.5).clip(0, 1) * is_there)[:, None]
    return beyond


def _shadow(ink: Array, random: np.random.Generator) -> Array:
    """How much of each pixel the ink shades, up to two pixels to a side, where there is a shadow: `[n, 1, 32, 32]`."""
    n = len(ink)
    rows, columns = (
        (np.arange(SIDE) - random.integers(-2, 3, n)[:, None]).clip(0, SIDE - 1) for _ in range(2)
    )
    depth = _uniform(random, 0.2, 0.7, n) * (random.random(n) < SHADOW)
    moved = ink[np.arange(n)[:, None, None], 0, rows[:, :, None], columns[:, None, :]]
    shade: Array = (moved * depth[:, None, None])[:, None]
    return shade


def _coverage(labels: NDArray[np.int64], style: Style, random: np.random.Generator) -> Array:
    """How much of each pixel is ink, `[n, 32, 32]`: the digit, and its neighbours where there are any."""
    n = len(labels)
    aspect = _uniform(random, *ASPECT, n)
    place = SIDE / 2 - 0.5 + _uniform(random, -2, 2, (n, 2))
    step = style["scale"] * aspect * WIDTH + 2 * style["weight"] + _uniform(random, *GAP, n)
    distance = _distance(_pieces(labels, style, aspect, place, random), range(SIDE))
    for side, columns in ((-1, range(REACH)), (1, range(SIDE - REACH, SIDE))):
        is_there = random.random(n) < NEIGHBOUR
        away = np.where(is_there, step, 10 * SIDE) * np.float32(side)
        beside = place + np.stack([away, np.zeros(n, np.float32)], 1)
        pieces = _pieces(random.integers(10, size=n), style, aspect, beside, random)
        nearest = distance[:, :, columns.start : columns.stop]
        np.minimum(nearest, _distance(pieces, columns), out=nearest)
    return (style["weight"][:, None, None] - distance + 0.5).clip(0, 1)


def _pieces(
    labels: NDArray[np.int64], style: Style, aspect: Array, place: Array, random: np.random.Generator
) -> Array:
    """The straight pieces of one digit a picture, in pixels: `[n, SEGMENTS, 2 ends, 2]`, x before y."""
    points, ends = _tables()
    n, ways = len(labels), points.shape[1]
    way = random.integers(ways, size=n)
    moved = points[labels, way] + JITTER * random.standard_normal((n, *points.shape[2:]), np.float32)
    x, y = moved[..., 0] - WIDTH / 2, moved[..., 1] - HEIGHT / 2
    x = x * aspect[:, None] - style["slant"][:, None] * y
    placed = np.stack([x, y], -1) * style["scale"][:, None, None] + place[:, None]
    pieces: Array = np.matmul(ends[labels, way], placed[:, None])
    return pieces


@lru_cache(maxsize=1)
def _tables() -> tuple[Array, Array]:
    """All skeletons: points `[10, ways, points, 2]`, and pieces' ends as what their points make of them,
    `[10, ways, SEGMENTS, 2, points]`. One with fewer points than others is filled up with points that no piece uses.
    """
    ways = skeletons()
    most = max(len(way.points) for digit in ways for way in digit)
    points = np.zeros((10, len(ways[0]), most, 2), np.float32)
    ends = np.zeros((10, len(ways[0]), len(ways[0][0].starts), 2, most), np.float32)
    for i, digit in enumerate(ways):
        for j, way in enumerate(digit):
            n = len(way.points)
            points[i, j, :n] = way.points
            ends[i, j, :, :, :n] = np.stack([way.starts, way.ends], 1)
    return points, ends


def _distance(pieces: Array, columns: range) -> Array:
    """From the pixels of some columns to the nearest of `pieces: [n, SEGMENTS, 2, 2]`, `[n, 32, len(columns)]`.

    The foot of p on the line from a to a + d lies at s = (p − a)·d / |d|², the nearest point of the piece at
    t = clip(s, 0, 1), and the squared distance is |p − a|² + |d|² t (t − 2 s). Both s and |p − a|² are sums of one
    part for the column and one for the row, which is what makes this quick.
    """
    a, d = pieces[:, :, 0], pieces[:, :, 1] - pieces[:, :, 0]
    length = np.maximum((d * d).sum(-1), 1e-6)
    x = np.array(columns, np.float32) - a[..., :1]  # [n, SEGMENTS, columns]
    y = np.arange(SIDE, dtype=np.float32) - a[..., 1:]  # [n, SEGMENTS, 32]
    slope = d / length[..., None]
    s = (x * slope[..., :1])[:, :, None, :] + (y * slope[..., 1:])[..., None]
    t = s.clip(0, 1)
    s *= -2
    s += t
    s *= t
    s *= length[..., None, None]
    s += (x * x)[:, :, None, :]
    s += (y * y)[..., None]
    return np.sqrt(s.min(1).clip(0))


def _colours(style: Style, random: np.random.Generator) -> tuple[Array, Array]:
    """Ground and ink, `[n, 3, 1, 1]` each, apart in luminance by `CONTRAST`, either of them the lighter."""
    n = len(style["light"])
    ground = _uniform(random, 0.1, 0.9, n)
    apart = _uniform(random, *CONTRAST, n)
    ink = np.where(ground < 0.5, ground + apart, ground - apart).clip(0.02, 0.98)
    return _colour(style["ground_hue"], ground, random), _colour(style["ink_hue"], ink, random)


def _colour(hue: Array, luminance: Array, random: np.random.Generator) -> Array:
    """Red, green and blue `[n, 3, 1, 1]`, most of them near grey, as walls and plates are."""
    circle = np.cos(2 * math.pi * (hue[:, None] - np.arange(3, dtype=np.float32) / 3))
    strength = CHROMA * _uniform(random, 0, 1, len(hue)) ** 2
    chroma = strength[:, None] * (circle - (circle @ LUMINANCE)[:, None])
    return (luminance[:, None] + chroma).clip(0, 1)[:, :, None, None]


def _light(light: Array, random: np.random.Generator) -> Array:
    """What brightness is multiplied by, `[n, 32, 32]`: sloping to the right by `light`, and downwards by chance."""
    along = np.linspace(-1, 1, SIDE, dtype=np.float32)
    down = _uniform(random, -0.5, 0.5, len(light))
    slope: Array = light[:, None, None] * along + down[:, None, None] * along[:, None]
    return 1 + LIGHT * slope


def _blur(width: Array) -> Array:
    """Matrices `[n, 32, 32]` that blur a row or column by a Gaussian of these standard deviations."""
    along = np.arange(SIDE, dtype=np.float32)
    weights = np.exp(-0.5 * (along - along[:, None]) ** 2 / width[:, None, None] ** 2)
    normalised: Array = weights / weights.sum(-1, keepdims=True)
    return normalised


def _uniform(random: np.random.Generator, low: float, high: float, shape: int | tuple[int, ...]) -> Array:
    return low + (high - low) * random.random(shape, np.float32)
