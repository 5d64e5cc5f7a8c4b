"""Photographs of digits on paper, drawn: what light, paper, table and telephone do to a picture of a digit.

`python -m tests.photographs` prints how many of them the shipped models read, of each kind.
"""

import io
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageFilter

from vaemodels import checkpoints, data
from vaemodels.data.framing import Ink, frame
from vaemodels.errors import LabError
from vaemodels.models import SSVAE
from vaemodels.picture_files import read_picture

Field = npt.NDArray[np.floating[Any]]  # [height, width]

HEIGHT, WIDTH = 480, 360
# Learned MNIST: of 300 of the built-in digits as they are, the first reads 270, the second 200.
READERS = ("classifier", "ssvae")
ORIENTATION = 0x0112  # of EXIF
TO_STORED = {  # by orientation: from how it is to be seen to how it is stored
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


class Sheet(NamedTuple):
    """A digit as a pen leaves it: `ink: [height, width]` from 0 to 1, and the generator of all that befalls it."""

    ink: Field
    random: np.random.Generator


def pen(digit: npt.NDArray[np.uint8], share: float, random: np.random.Generator) -> Field:
    """The digit `[28, 28]` in ink with sharp edges, its longer side a `share` of the sheet's width, near its middle."""
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    cropped = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    scale = share * WIDTH / max(cropped.shape)
    size = (round(cropped.shape[1] * scale), round(cropped.shape[0] * scale))
    large = np.asarray(Image.fromarray(cropped).resize(size, Image.Resampling.BICUBIC)) / 255
    sheet = np.zeros((HEIGHT, WIDTH))
    slack = [(side - part) // 2 for side, part in zip(sheet.shape, large.shape, strict=True)]
    top, left = (room + int(random.integers(-room // 3, room // 3 + 1)) for room in slack)
    sheet[top : top + large.shape[0], left : left + large.shape[1]] = (4 * (large - 0.5) + 0.5).clip(0, 1)
    return sheet


def across(random: np.random.Generator) -> Field:
    """From 0 to 1 across the sheet, in any direction."""
    angle = random.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    along = np.cos(angle) * columns + np.sin(angle) * rows
    return np.asarray((along - along.min()) / (along.max() - along.min()))


def lit(light: Field, ink: Field, strength: float = 0.8) -> Field:
    """What is seen, from 0 to 255, of ink that swallows a share of the light falling on the sheet."""
    return 225 * light * (1 - strength * ink)


def photographed(grey: Field, random: np.random.Generator, noise: float = 3) -> Image.Image:
    """With the noise of a camera."""
    noisy = grey + random.normal(0, noise, grey.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))


def as_jpeg(image: Image.Image, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = image.transpose(TO_STORED[orientation]) if orientation in TO_STORED else image
    buffer = io.BytesIO()
    stored.convert("RGB").save(buffer, "JPEG", quality=80, exif=exif)
    return buffer.getvalue()


def as_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def soft_shadow(sheet: Sheet) -> bytes:
    ink, random = sheet
    edge = 1 / (1 + np.exp(-(across(random) - random.uniform(0.35, 0.65)) * random.uniform(8, 30)))
    return as_jpeg(photographed(lit(1 - random.uniform(0.4, 0.6) * edge, ink), random))


def hard_shadow(sheet: Sheet) -> bytes:
    ink, random = sheet
    edge = across(random) > random.uniform(0.3, 0.7)
    return as_jpeg(photographed(lit(1 - random.uniform(0.3, 0.5) * edge, ink), random))


def two_shadows(sheet: Sheet) -> bytes:
    """Of a hand and a telephone, from two sides."""
    ink, random = sheet
    light = np.ones_like(ink)
    for _ in range(2):
        light *= 1 - random.uniform(0.25, 0.4) / (
            1 + np.exp(-(across(random) - random.uniform(0.55, 0.75)) * 40)
        )
    return as_jpeg(photographed(lit(light, ink), random))


def vignette(sheet: Sheet) -> bytes:
    ink, random = sheet
    rows, columns = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    light = 1 - random.uniform(0.25, 0.35) * (rows**2 + columns**2)
    return as_jpeg(photographed(lit(light, ink), random))


def gradient(sheet: Sheet) -> bytes:
    ink, random = sheet
    return as_jpeg(photographed(lit(1 - random.uniform(0.5, 0.8) * across(random), ink), random))


def _lines(random: np.random.Generator, both_ways: bool) -> Field:
    """Thin lines from edge to edge, a little askew; 1 where there is one."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    apart, tilt = random.uniform(30, 70), random.uniform(-0.05, 0.05)
    width = random.uniform(1.5, 3)
    lines = (rows + tilt * columns + random.uniform(0, apart)) % apart < width
    if both_ways:
        lines |= (columns - tilt * rows + random.uniform(0, apart)) % apart < width
    return lines.astype(float)


def ruled(sheet: Sheet) -> bytes:
    ink, random = sheet
    lines = random.uniform(0.2, 0.45) * _lines(random, both_ways=False)
    return as_jpeg(photographed(lit(1 - 0.3 * across(random), np.maximum(ink, lines)), random))


def squared(sheet: Sheet) -> bytes:
    ink, random = sheet
    lines = random.uniform(0.15, 0.35) * _lines(random, both_ways=True)
    return as_jpeg(photographed(lit(1 - 0.3 * across(random), np.maximum(ink, lines)), random))


def on_a_table(sheet: Sheet) -> bytes:
    """The sheet smaller, askew, on wood darker than it, with grain."""
    ink, random = sheet
    paper = Image.fromarray(lit(1 - 0.2 * across(random), ink).astype(np.float32))
    angle, scale = random.uniform(-12, 12), random.uniform(0.62, 0.75)
    small = paper.resize((round(scale * WIDTH), round(scale * HEIGHT)), Image.Resampling.BILINEAR)
    mask = Image.new("L", small.size, 255).rotate(angle, expand=True)
    small = small.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    grain = random.normal(0, 1, (HEIGHT, 1)).cumsum(0)
    wood = random.uniform(60, 120) + 8 * (grain - grain.mean()) / grain.std() + random.normal(0, 3, ink.shape)
    table = Image.fromarray(wood.astype(np.float32))
    at = ((table.width - small.width) // 2, (table.height - small.height) // 2)
    table.paste(small, at, mask)
    return as_jpeg(photographed(np.asarray(table, float), random))


def transparent_margins(sheet: Sheet) -> bytes:
    """A photograph cut out, with nothing around it."""
    ink, random = sheet
    grey = photographed(lit(1 - 0.3 * across(random), ink), random)
    margin = random.integers(15, 90, 4)
    alpha = Image.new("L", (WIDTH + int(margin[0] + margin[2]), HEIGHT + int(margin[1] + margin[3])))
    picture = Image.new("RGB", alpha.size)
    at = (int(margin[0]), int(margin[1]))
    picture.paste(grey.convert("RGB"), at)
    alpha.paste(255, (*at, at[0] + WIDTH, at[1] + HEIGHT))
    picture.putalpha(alpha)
    return as_png(picture)


def turned(sheet: Sheet) -> bytes:
    ink, random = sheet
    light = 1 - 0.5 * across(random)
    return as_jpeg(photographed(lit(light, ink), random), int(random.integers(1, 9)))


def chalk(sheet: Sheet) -> bytes:
    """Light on a board that is lit from one side."""
    ink, random = sheet
    board = random.uniform(40, 70) * (1 - 0.5 * across(random))
    return as_jpeg(photographed(board + 150 * ink * (1 - 0.3 * across(random)), random))


def faint_pencil(sheet: Sheet) -> bytes:
    ink, random = sheet
    return as_jpeg(photographed(lit(1 - 0.4 * across(random), ink, random.uniform(0.3, 0.45)), random))


def coloured(sheet: Sheet) -> bytes:
    """Ink and paper of one lightness."""
    ink, random = sheet
    pairs = [((200, 60, 60), (60, 131, 60)), ((180, 60, 180), (40, 138, 80)), ((60, 90, 220), (110, 92, 20))]
    of_ink, of_paper = (np.array(colour, float) for colour in pairs[random.integers(len(pairs))])
    shares = ink[..., None]
    rgb = shares * of_ink + (1 - shares) * of_paper + random.normal(0, 3, (*ink.shape, 3))
    return as_png(Image.fromarray(rgb.clip(0, 255).astype(np.uint8)))


def everything(sheet: Sheet) -> bytes:
    """Ruled, in a shadow, darker at the corners, turned by the telephone."""
    ink, random = sheet
    edge = 1 / (1 + np.exp(-(across(random) - 0.5) * 15))
    rows, columns = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    light = (1 - 0.4 * edge) * (1 - 0.2 * (rows**2 + columns**2))
    lines = 0.25 * _lines(random, both_ways=False)
    grey = photographed(lit(light, np.maximum(ink, lines)), random, noise=5)
    return as_jpeg(grey, int(random.integers(1, 9)))


KINDS: dict[str, Callable[[Sheet], bytes]] = {
    kind.__name__: kind
    for kind in (
        soft_shadow,
        hard_shadow,
        two_shadows,
        vignette,
        gradient,
        ruled,
        squared,
        on_a_table,
        transparent_margins,
        turned,
        chalk,
        faint_pencil,
        coloured,
        everything,
    )
}


def read(ink: Ink, model: SSVAE) -> int:
    """The digit that the model reads in ink."""
    with torch.no_grad():
        return int(model.classify(torch.tensor(frame(ink) > 127).float().view(1, -1)).argmax())


def read_file(content: bytes, model: SSVAE) -> int | None:
    """The digit that the model reads in a picture file; None where the picture is refused."""
    try:
        return read(read_picture(content).ink, model)
    except LabError:
        return None


def photographs(model: SSVAE, of_each: int, seed: int = 0) -> Iterator[tuple[str, int, bytes]]:
    """Of each kind so many pictures, with their digits: of those that the model reads when they are clean."""
    split = data.load("digits", "test")
    random = np.random.default_rng(seed)
    images, labels = split.images.view(-1, 28, 28).numpy(), split.labels.tolist()
    for name, kind in KINDS.items():
        made = 0
        while made < of_each:
            place = int(random.integers(len(labels)))
            sheet = Sheet(pen(images[place], random.uniform(0.3, 0.75), random), random)
            if read((255 * sheet.ink).astype(np.uint8), model) == labels[place]:
                made += 1
                yield name, labels[place], kind(sheet)


def reader(name: str) -> SSVAE:
    model = checkpoints.load(name).model
    assert isinstance(model, SSVAE)
    return model


def shares_read(name: str, of_each: int) -> dict[str, float]:
    """Of each kind of photograph, the share that a model reads of the digits that it reads when they are clean."""
    model = reader(name)
    right: dict[str, list[bool]] = {}
    for kind, label, content in photographs(model, of_each):
        right.setdefault(kind, []).append(read_file(content, model) == label)
    return {kind: sum(each) / of_each for kind, each in right.items()}


def main() -> None:
    for name in READERS:
        shares = shares_read(name, 20)
        for kind, share in shares.items():
            print(f"{kind:20} {share:4.0%}")
        print(f"{name:20} {np.mean(list(shares.values())):.1%} of {20 * len(shares)}")


if __name__ == "__main__":
    main()
