"""What may be compared: every reason against two, and ties."""

import copy

import pytest

from vaemodels import checkpoints
from vaemodels.analysis.comparable import (
    group_of,
    groups,
    is_measured,
    largest_common_k,
    learned_both_terms,
    parameters,
    row,
    ties_with_best,
    trained_for_another,
    why_not,
)
from vaemodels.evaluation import Estimate


@pytest.fixture(scope="module")
def cards():
    return {name: checkpoints.read_card(name) for name in checkpoints.pretrained_names()}


def reason(card, group) -> str:
    assert group is not None
    return why_not(card, group) or ""


def changed(card, **evaluation):
    card = copy.deepcopy(card)
    card["evaluation"] |= evaluation
    return card


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ae-2d", "no likelihood"),
        ("vae-digits", "another dataset"),
        ("vae-gaussian", "no common zero"),
        ("fsvae", "log p(x|y)"),
    ],
)
def test_each_kind_of_checkpoint_is_left_out_for_its_own_reason(cards, name, words):
    group = group_of(cards["vae"])
    assert words in reason(cards[name], group)


@pytest.mark.parametrize(
    ("evaluation", "words"),
    [
        ({"binarization": "threshold"}, "binary in another way"),
        ({"split": "validation"}, "other images"),
        ({"n": 1000}, "other images"),
    ],
)
def test_one_changed_condition_is_enough_to_leave_a_model_out(cards, evaluation, words):
    group = group_of(cards["vae"])
    assert reason(cards["vae"], group) == ""
    assert words in reason(changed(cards["vae"], **evaluation), group)


def test_an_unmeasured_model_and_one_that_is_told_no_label_are_left_out(cards):
    assert "not measured" in reason(cards["vae"] | {"evaluation": None}, group_of(cards["vae"]))
    assert "log p(x): " in reason(cards["vae"], group_of(cards["fsvae"]))


def test_every_card_is_in_exactly_one_group_or_in_none_for_a_reason(cards):
    found = groups(cards.values())
    assert len(found) == len(set(found)) > 1
    sizes = [sum(why_not(card, group) is None for card in cards.values()) for group in found]
    assert sizes == sorted(sizes, reverse=True)
    for card in cards.values():
        fits = [group for group in found if why_not(card, group) is None]
        assert fits == ([] if group_of(card) is None else [group_of(card)])


def test_rate_and_distortion_add_up_to_the_stored_nelbo(cards):
    for card in cards.values():
        if group_of(card) is not None:
            one = row(card)
            assert one.rate + one.distortion.mean == pytest.approx(one.nelbo.mean, abs=1e-3)


def test_a_tie_is_within_two_standard_errors_of_the_difference():
    # The difference from the best has the standard error hypot(3, 4) = 5.
    values = {"best": Estimate(90, 3), "tied": Estimate(100, 4), "worse": Estimate(100.01, 4)}
    assert ties_with_best(values) == {"best", "tied"}
    assert ties_with_best({}) == set()


@pytest.mark.parametrize(
    "damage",
    [
        lambda result: result.pop("nelbo"),
        lambda result: result.update(nelbo="94.5"),
        lambda result: result.update(nelbo=float("nan")),
        lambda result: result.update(kl=19.9),
        lambda result: result.update(stderr=None),
        lambda result: result["stderr"].update(bounds={}),
        lambda result: result["stderr"].update(nelbo=-1),
        lambda result: result.update(bounds={"many": 1.0}),
        lambda result: result.update(dataset="elsewhere"),
        lambda result: result.update(binarization="round"),
        lambda result: result.update(n="all"),
    ],
)
def test_a_damaged_evaluation_is_left_out_with_a_sentence(cards, damage):
    card = copy.deepcopy(cards["vae"])
    assert is_measured(card)
    damage(card["evaluation"])
    assert group_of(card) is None
    assert groups([card]) == []
    assert "incomplete" in reason(card, group_of(cards["vae"]))


def test_densities_share_a_group_whatever_their_variance_and_never_one_with_probabilities(cards):
    fixed = copy.deepcopy(cards["vae-gaussian"])
    fixed["config"]["variance"] = "fixed"
    assert cards["vae-gaussian"]["config"]["variance"] != "fixed"
    assert group_of(fixed) == group_of(cards["vae-gaussian"]) != group_of(cards["vae"])
    same_pixels = changed(cards["vae"], binarization="none")
    assert "no common zero" in reason(same_pixels, group_of(fixed))


def test_a_continuous_bernoulli_is_beside_neither_a_gaussian_nor_a_bernoulli(cards):
    grey = copy.deepcopy(cards["vae-gaussian"])
    grey["config"] |= {"likelihood": "continuous_bernoulli", "variance": "fixed"}
    assert "between 0 and 1" in reason(grey, group_of(cards["vae-gaussian"]))
    assert "between 0 and 1" in reason(cards["vae-gaussian"], group_of(grey))
    assert "no common zero" in reason(grey, group_of(cards["vae"]))
    assert "no common zero" in reason(changed(cards["vae"], binarization="none"), group_of(grey))
    assert group_of(grey) not in {group_of(card) for card in cards.values()}


@pytest.mark.parametrize(
    ("name", "other", "both"),
    [
        ("vae", "", True),
        ("vae-beta4", "β = 4", True),
        ("vae-2d-rec", "the reconstruction alone", False),
        ("vae-2d-kl", "the KL alone", False),
        ("ssvae-classifier", "its classifier alone", False),
        ("iwae-k50", "L_50", True),
    ],
)
def test_what_was_not_trained_on_its_elbo_is_said_and_its_bound_counts(cards, name, other, both):
    assert trained_for_another(cards[name]) == other
    assert learned_both_terms(cards[name]) is both
    assert reason(cards[name], group_of(cards["vae"])) == ""


def test_bounds_of_another_k_do_not_share_a_column(cards):
    assert max(row(cards["vae"]).bounds) == 1_000
    assert largest_common_k([row(cards["vae"]), row(cards["gmvae"])]) == 100
    unmeasured = changed(cards["vae"], bounds=None)
    assert largest_common_k([row(unmeasured), row(cards["gmvae"])]) is None
    assert largest_common_k([]) is None


@pytest.mark.parametrize("name", ["ae-2d", "gmvae-10-digits", "hvae-digits", "vae-gaussian", "fsvae-digits"])
def test_parameters_are_counted_without_weights(cards, name):
    weights = checkpoints.load(name).model.parameters()
    assert parameters(cards[name]) == sum(weight.numel() for weight in weights)
