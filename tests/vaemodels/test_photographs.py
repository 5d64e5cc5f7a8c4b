"""Digits on paper as cameras see it: those that a model reads when clean, it reads under shadows, lines and margins."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image, ImageFilter

from tests.small import saved
from vaemodels import checkpoints, data
from vaemodels.data import binarize
from vaemodels.data.framing import frame
from vaemodels.models.ssvae import SSVAE
from vaemodels.picture_files import read_picture

SIDE = 400
EACH = 25
Levels = npt.NDArray[np.float64]


def paper_with(digit: Levels, generator: np.random.Generator) -> Levels:
    """The light `[SIDE, SIDE]`, from 0 to 1, of white paper with a digit `[28, 28]` from 0 to 1 written large on it."""
    side = int(generator.integers(180, 260))
    large = Image.fromarray((digit * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    ink = np.zeros((SIDE, SIDE))
    top, left = generator.integers(60, SIDE - side - 60 + 1, 2)
    ink[top : top + side, left : left + side] = np.asarray(large) / 255
    return 1 - 0.8 * ink


def across() -> tuple[Levels, Levels]:
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    return rows, columns


def plain(paper: Levels, _: np.random.Generator) -> Levels:
    return paper


def gradient(paper: Levels, generator: np.random.Generator) -> Levels:
    rows, columns = across()
    return paper * (0.5 + 0.5 * columns) * (1 - generator.uniform(0, 0.3) * rows)


def hard_shadow(paper: Levels, generator: np.random.Generator) -> Levels:
    rows, columns = across()
    return paper * np.where(
        columns + generator.uniform(-0.4, 0.4) * (rows - 0.5) > generator.uniform(0.4, 0.75), 0.6, 1
    )


def soft_shadow(paper: Levels, generator: np.random.Generator) -> Levels:
    rows, columns = across()
    distance = columns + generator.uniform(-0.4, 0.4) * (rows - 0.5) - generator.uniform(0.3, 0.7)
    return paper * (1 - 0.45 / (1 + np.exp(-distance / 0.04)))


def vignette(paper: Levels, generator: np.random.Generator) -> Levels:
    rows, columns = across()
    return paper * (1 - generator.uniform(0.6, 1.1) * ((rows - 0.5) ** 2 + (columns - 0.5) ** 2))


def ruled(paper: Levels, generator: np.random.Generator) -> Levels:
    lines = np.ones((SIDE, SIDE))
    start = int(generator.integers(0, 60))
    for row in range(start, SIDE, 60):
        lines[row : row + 3] = 0.75
    return paper * lines


def on_a_table(paper: Levels, generator: np.random.Generator) -> Levels:
    table = np.full((SIDE, SIDE), generator.uniform(0.25, 0.45))
    left, right = int(generator.integers(8, 40)), int(generator.integers(SIDE - 40, SIDE - 8))
    table[left:right, left:right] = paper[left:right, left:right]
    return table


def chalk(paper: Levels, generator: np.random.Generator) -> Levels:
    rows, columns = across()
    return 0.2 + 0.8 * (1 - paper) * (0.6 + 0.4 * columns) + 0.1 * generator.uniform() * rows


SCENES: dict[str, Callable[[Levels, np.random.Generator], Levels]] = {
    scene.__name__: scene
    for scene in (plain, gradient, hard_shadow, soft_shadow, vignette, ruled, on_a_table, chalk)
}


def photograph(light: Levels, generator: np.random.Generator) -> bytes:
    """What a camera makes of it, turned by a quarter that EXIF tells of."""
    grey = 230 * light + generator.normal(0, 3, light.shape)
    image = Image.fromarray(grey.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = image.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    return saved(lying, "JPEG", quality=85, exif=exif)


def readings(scene: str) -> float:
    """The share of built-in test digits, read rightly by the classifier when clean, that it reads in a scene."""
    model = checkpoints.load("ssvae-digits").model
    assert isinstance(model, SSVAE)
    split = data.load("digits", "test")
    clean = model.classify(binarize(split.images, "threshold")).argmax(-1)
    known = torch.nonzero(clean == split.labels).flatten()[:EACH].tolist()
    assert len(known) == EACH
    generator = np.random.default_rng(0)
    right = 0
    for place in known:
        light = paper_with(split.images[place].reshape(28, 28).numpy() / 255, generator)
        read = read_picture(photograph(SCENES[scene](light, generator), generator))
        seen = binarize(torch.tensor(frame(read.ink)).reshape(1, -1), "threshold")
        right += int(model.classify(seen).argmax(-1)[0] == split.labels[place])
    return right / EACH


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_read_when_clean_is_read_in_a_photograph(scene: str):
    share = readings(scene)
    print(f"{scene}: {share:.0%} of {EACH}")
    assert share >= 0.9
