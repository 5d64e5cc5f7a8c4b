"""Which measured models may stand in one column: pure functions of their cards.

A bound on log p(x) is compared only with others on the same images under the same kind of likelihood. Everything here
is in nats and comes from `card["evaluation"]`; no weights are read.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import torch

from vaemodels import data
from vaemodels.data.binarization import MODES
from vaemodels.evaluation import Estimate
from vaemodels.models import MODELS, build

TIE = 2  # standard errors

Card = Mapping[str, Any]


class Group(NamedTuple):
    """What two measurements must share to be compared.

    `n` images of a `dataset`'s `split`, made binary by `binarization`, a `likelihood` (probabilities of zeros and ones,
    or densities, whose nats have another zero), and what is bounded: log p(x|y) where `is_conditional`, else log p(x).
    A Gaussian of fixed variance and one of learned variance are both densities of the same pixels: one likelihood. A
    continuous Bernoulli is another, as its pixels keep between 0 and 1.
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
    if not model.has_likelihood or not is_measured(card):
        return None
    return Group(
        result["dataset"],
        result["split"],
        result["n"],
        result["binarization"],
        card["config"].get("likelihood", "bernoulli"),
        model.needs_labels,
    )


def is_measured(card: Card) -> bool:
    """Whether a card's evaluation holds all that `group_of` and `row` read, in numbers that add up to a bound.

    A card that was read from a file holds plain values, but a visitor's own file need not hold these.
    """
    result = card["evaluation"]
    try:
        error, bounds = result["stderr"], result["bounds"] or {}
        numbers = [result["nelbo"], result["reconstruction"], *result["kl"].values(), *bounds.values()]
        errors = [error["nelbo"], error["reconstruction"], *(error["bounds"][k] for k in bounds)]
        return (
            result["dataset"] in data.DATASETS
            and isinstance(result["split"], str)
            and isinstance(result["n"], int)
            and result["binarization"] in MODES
            and all(math.isfinite(value) for value in numbers + errors)
            and all(value >= 0 for value in errors)
            and all(int(k) > 0 for k in bounds)
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


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
    if own is None and card["evaluation"] is not None:
        return "The measurements in its file are incomplete: evaluate it again."
    if own is None:
        return "It was not measured on a test split: evaluate it first."
    if own.dataset != group.dataset:
        return "It was measured on another dataset."
    if (own.split, own.n) != (group.split, group.n):
        return "It was measured on other images of the dataset."
    if "bernoulli" not in {own.likelihood, group.likelihood} and own.likelihood != group.likelihood:
        return "A Gaussian’s density of pixels is on all numbers, a continuous Bernoulli’s between 0 and 1."
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


def largest_common_k(rows: Iterable[Row]) -> int | None:
    """The largest k whose L_k all rows have: bounds of different k do not stand in one column."""
    measured = [set(one.bounds) for one in rows]
    common = set.intersection(*measured) if measured else set()
    return max(common, default=None)


def trained_for_another(card: Card) -> str:
    """What a model was trained on in place of its ELBO, of which its −ELBO is a bound none the less; "" for the ELBO.

    The weights are those of `TrainingConfig`: β Σ KL + reconstruction_weight · reconstruction, and for models that
    infer labels gen_weight · all that + α · classification.
    """
    beta, weight, gen_weight = (_weight(card, key) for key in ("beta", "reconstruction_weight", "gen_weight"))
    if gen_weight == 0:
        return "its classifier alone"
    if weight == 0:
        return "the KL alone"
    if beta == 0:
        return "the reconstruction alone"
    if beta != weight:
        return f"β = {beta / weight:g}"
    if card["training"].get("objective", "elbo") != "elbo":
        return f"L_{card['training'].get('k')}"
    return ""


def learned_both_terms(card: Card) -> bool:
    """Whether rate and distortion were both trained: where one was left to itself it can be anything."""
    return all(_weight(card, key) > 0 for key in ("beta", "reconstruction_weight", "gen_weight"))


def _weight(card: Card, key: str) -> float:
    value = card["training"].get(key, 1)
    return float(value) if isinstance(value, int | float) else 1.0


def parameters(card: Card) -> int:
    """How many numbers a model of the card's config has to learn, counted without making them."""
    with torch.device("meta"):
        made = build(card["model"], card["config"])
    return sum(parameter.numel() for parameter in made.parameters())


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
