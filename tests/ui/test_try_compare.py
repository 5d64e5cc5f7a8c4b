"""The Compare page's experiments: each observation, computed from the models and cards that its state names."""

import math

import pytest
import torch

from ui.compare.experiments import EXPERIMENTS
from ui.compare.measured import group_key
from ui.images.choice import image_named, told
from vaemodels import checkpoints
from vaemodels.analysis.comparable import Row, group_of, groups, largest_common_k, row, ties_with_best
from vaemodels.evaluation import ImageTerms, image_terms

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}


def state(name: str, key: str) -> str:
    return str(NAMES[name].state[key])


def rows_of(name: str) -> dict[str, Row]:
    cards = [checkpoints.read_card(one) for one in checkpoints.pretrained_names()]
    by_key = {group_key(group): group for group in groups(cards)}
    group = by_key[state(name, "group")]
    return {card["name"]: row(card) for card in cards if group_of(card) == group}


def terms_of(name: str) -> list[ImageTerms]:
    found = []
    for one in state(name, "with").split("_"):
        model = checkpoints.load(one).model
        chosen = image_named(state(name, "image"), model)
        found.append(image_terms(model, chosen.x, told(model, chosen)))
    return found


def two() -> None:
    few, many = terms_of("two")
    assert few.code.shape == (2,) and many.code.shape == (10,)
    assert few.kl_total < many.kl_total / 3
    assert few.reconstruction - many.reconstruction > 40
    assert few.nelbo > many.nelbo


def told_() -> None:
    guessing, is_told = terms_of("told")
    assert guessing.kl_total - is_told.kl_total == pytest.approx(math.log(10), abs=0.5)
    assert is_told.label_is_given and not guessing.label_is_given


def point() -> None:
    first, second = (checkpoints.load(state("point", key)).model for key in ("model", "beside"))
    x = image_named(state("point", "image"), first).x
    with torch.no_grad():
        errors = [
            -second.decode(model.embed(x.unsqueeze(0))[0]).log_prob(x).item() for model in (first, second)
        ]
    assert errors[0] - errors[1] > 50


def label() -> None:
    fsvae = row(checkpoints.read_card("fsvae"))
    column = rows_of("label")
    assert "fsvae" not in column
    assert round(fsvae.nelbo.mean, 1) == 88.7 < min(one.nelbo.mean for one in column.values())


def tie() -> None:
    rows = rows_of("tie")
    best, *others = sorted(rows.values(), key=lambda one: one.nelbo.mean)
    tied = ties_with_best({name: one.nelbo for name, one in rows.items()}) - {best.name}
    assert len(tied) == 6 < len(others)
    widths = [2 * math.hypot(best.nelbo.stderr, rows[name].nelbo.stderr) for name in tied]
    assert round(min(widths), 1) == 2.7
    assert all(0.9 < one.nelbo.stderr < 1.1 for one in rows.values())


def iwae() -> None:
    rows = rows_of("iwae")
    assert largest_common_k(rows.values()) == 100
    k1, k50 = rows["vae-k1"], rows["iwae-k50"]
    assert k1.nelbo.mean < k50.nelbo.mean
    assert -k1.bounds[100].mean > -k50.bounds[100].mean


def trade() -> None:
    rows = rows_of("trade")
    half, double = rows["vae-beta0.5"], rows["vae-beta2"]
    assert abs(half.nelbo.mean - double.nelbo.mean) < 0.5
    assert round(half.rate - double.rate) == 9
    assert round(double.distortion.mean - half.distortion.mean) == 9


def density() -> None:
    [only] = rows_of("density").values()
    assert only.name == "vae-gaussian"
    assert only.nelbo.mean < -500


CHECKS = {check.__name__.strip("_"): check for check in (two, told_, point, label, tie, iwae, trade, density)}


def test_every_experiment_has_its_check():
    assert CHECKS.keys() == NAMES.keys()


@pytest.mark.parametrize("name", CHECKS)
def test_what_an_experiment_says_is_what_is_seen(name):
    CHECKS[name]()
