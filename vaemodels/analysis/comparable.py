"""Which measured models may stand in one column: pure functions of their cards.

A bound on log p(x) is compared only with others on the same images under the same kind of likelihood. Everything here
is in nats and comes from `card["evaluation"]`; no weights are read.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from vaemodels.evaluation import Estimate
from vaemodels.models import MODELS

TIE = 2  # standard errors

Card = Mapping[str, Any]


class Group(NamedTuple):
    """What two measurements must share to be compared.

    `n` images of a `dataset`'s `split`, made binary by `binarization`, a `likelihood` (probabilities of zeros and ones,
    or densities, whose nats have another zero), and what is bounded: log p(x|y) where `is_conditional`, else log p(x).
    """

    dataset: str
    split: str
    n: int
    binarization: str
    likelihood: str
    is_conditional: bool


class Row(NamedTuple):
    """A model of a group as its card measured it: −ELBO = `distortion` + `rate`, the KLs summed, and its L_k by k."""

    name: str
    nelbo: Estimate
    distortion: Estimate
    rate: float
    bounds: Mapping[int, Estimate]


def group_of(card: Card) -> Group | None:
    """The group that a card's evaluation belongs to; None where no bound was measured or there is none."""
    result = card["evaluation"]
    model = MODELS[card["model"]][0]
    if result is None or not model.has_likelihood:
        return None
    return Group(
        result["dataset"],
        result["split"],
        result["n"],
        result["binarization"],
        card["config"].get("likelihood", "bernoulli"),
        model.needs_labels,
    )


def groups(cards: Iterable[Card]) -> list[Group]:
    """The groups that there are, the largest first, equal ones in the order of their first card."""
    sizes: dict[Group, int] = {}
    for card in cards:
        group = group_of(card)
        if group is not None:
            sizes[group] = sizes.get(group, 0) + 1
    return sorted(sizes, key=lambda group: -sizes[group])


def why_not(card: Card, group: Group) -> str | None:
    """Why a card's numbers may not stand beside those of `group`, in a sentence; None where they may."""
    if not MODELS[card["model"]][0].has_likelihood:
        return "An autoencoder has no likelihood: its reconstruction error bounds nothing."
    own = group_of(card)
    if own is None:
        return "It was not measured on a test split: evaluate it first."
    if own.dataset != group.dataset:
        return "It was measured on another dataset."
    if (own.split, own.n) != (group.split, group.n):
        return "It was measured on other images of the dataset."
    if own.likelihood != group.likelihood:
        return "Densities and probabilities of pixels have no common zero."
    if own.binarization != group.binarization:
        return "Its pixels were made binary in another way."
    if own.is_conditional != group.is_conditional:
        bounded = (
            "log p(x|y): it is told the label" if own.is_conditional else "log p(x): it is told no label"
        )
        return f"It bounds {bounded}."
    return None


def row(card: Card) -> Row:
    """The measurements of a card that `group_of` finds a group for."""
    result = card["evaluation"]
    error = result["stderr"]
    bounds = result["bounds"] or {}
    return Row(
        card["name"],
        Estimate(result["nelbo"], error["nelbo"]),
        Estimate(result["reconstruction"], error["reconstruction"]),
        math.fsum(result["kl"].values()),
        {int(k): Estimate(bounds[k], error["bounds"][k]) for k in bounds},
    )


def ties_with_best(values: Mapping[str, Estimate]) -> set[str]:
    """The names whose value is within two standard errors of the lowest, the lowest among them.

    The standard error of a difference is taken as √(se₁² + se₂²), as if the two were measured on different images.
    Both are over the same images, whose difficulty they share, so that the true one is usually smaller: a tie here
    means that the stored numbers cannot tell the two apart, and a paired comparison might.
    """
    if not values:
        return set()
    best = min(values.values(), key=lambda value: value.mean)
    return {
        name
        for name, value in values.items()
        if value is best or value.mean - best.mean <= TIE * math.hypot(value.stderr, best.stderr)
    }
