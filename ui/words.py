"""Numbers, datasets and measurements as text, said the same way on every page."""

import math
import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from vaemodels import data
from vaemodels.data.from_path import OWN

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
MANY = 10  # components of a point that are written out
_MARKDOWN = re.compile(r"([\\`*_\[\]<>$~|!])")


def literal(text: str) -> str:
    """A text from elsewhere, to stand as it is where Markdown is read."""
    return _MARKDOWN.sub(r"\\\1", text)


def subscript(number: int) -> str:
    """A number in subscript digits."""
    return str(number).translate(SUBSCRIPTS)


def dimension(i: int, latent: str = "z") -> str:
    """The name of the dimension with index i of a latent: z₁ for 0, z1₁ of the lower of two levels."""
    return f"{latent}{subscript(i + 1)}"


def number(value: float, decimals: int = 1) -> str:
    """A number with so many decimals, with a true minus sign and never a negative zero."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def count(n: int, noun: str) -> str:
    """So many of something: 1 epoch, 1,000 epochs."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def a_digit(digit: int) -> str:
    """A digit with its article: a 3, an 8."""
    return f"{'an' if digit == 8 else 'a'} {digit}"


def plus_minus(value: float, stderr: float | None) -> str:
    """A value in nats and its standard error, to a second decimal where that is so small; one image alone has none."""
    if stderr is None or math.isnan(stderr):
        return number(value, 1)
    decimals = 1 if stderr >= 0.05 else 2
    return f"{number(value, decimals)} ± {number(stderr, decimals)}"


def point(z: Tensor, latent: str = "z") -> str:
    """A point `[z_dim]` of a latent space: z₁ 0.31, z₂ −1.20, …"""
    parts = [f"{dimension(i, latent)} {number(value, 2)}" for i, value in enumerate(z[:MANY].tolist())]
    return ", ".join([*parts, "…"] if len(z) > MANY else parts)


def dataset(name: str) -> str:
    """A dataset's title inside a sentence; one's own pictures may not be here any more."""
    own = data.find_own(name)
    if own is not None or name.startswith(OWN):
        return f"own pictures ({own.dataset.title})" if own else "own pictures"
    title = data.get(name).title
    return title if title.isupper() else title[0].lower() + title[1:]


def the_dataset(name: str) -> str:
    """A dataset's title inside a sentence, with its article: MNIST, the built-in digits."""
    title = dataset(name)
    return title if title.isupper() or name.startswith(OWN) else f"the {title}"


def binarisation(mode: str, dataset: str) -> str:
    """How a dataset's pixels were made black and white; what they are, if they were not."""
    if mode != "none":
        return f"{mode} binarisation"
    own = data.find_own(dataset)
    known = own.dataset if own else None if dataset.startswith(OWN) else data.get(dataset)
    return "pixels" if known is None else "colour pixels" if known.image_shape[0] > 1 else "grey pixels"


def training_length(card: Mapping[str, Any]) -> str:
    """How many epochs a model was trained for, and by which optimiser where that is not Adam."""
    optimizer = card["training"].get("optimizer", "adam")
    return count(card["epoch"], "epoch") + ("" if optimizer == "adam" else f" by {optimizer.capitalize()}")


def measured_on(card: Mapping[str, Any]) -> str:
    """What a card's numbers were measured on."""
    result = card["evaluation"]
    return (
        f"{result['n']:,} {result['split']} images of {the_dataset(result['dataset'])}, "
        f"{binarisation(result['binarization'], result['dataset'])}"
    )


def test_images(dataset: str, n: int, mode: str) -> str:
    """What the first n test images are, within a sentence."""
    size = data.get(dataset).sizes["test"]
    which = f"all {n:,}" if n == size else f"the first {n:,} of {size:,}"
    how = binarisation(mode, dataset).removesuffix(" pixels")
    return f"{which} test images of {the_dataset(dataset)} ({how})"
