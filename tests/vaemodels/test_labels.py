"""Which images keep their label: as many of each class, the same under a seed, more labels adding to fewer."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from vaemodels import data
from vaemodels.data.labels import choose
from vaemodels.errors import UsageError


@pytest.fixture(scope="module")
def labels() -> Tensor:
    return data.load("digits", "train").labels


@pytest.mark.parametrize("n", [1, 10, 57, 100, 1_000])
def test_every_class_has_as_many_labels_give_or_take_one(labels: Tensor, n: int) -> None:
    chosen = choose(labels, n)
    counts = torch.bincount(labels[chosen], minlength=10)
    assert len(chosen.unique()) == n == counts.sum()
    assert counts.max() - counts.min() <= 1


def test_rare_classes_give_all_they_have() -> None:
    labels = torch.tensor([0] * 20 + [1] * 3 + [2] * 8)
    counts = torch.bincount(labels[choose(labels, 19)])
    assert counts.tolist() == [8, 3, 8]
    assert choose(labels, 31).sort().values.tolist() == list(range(31))


@given(seed=st.integers(0, 2**31 - 1), few=st.integers(1, 60), more=st.integers(0, 60))
def test_the_seed_decides_and_more_labels_add_to_fewer(seed: int, few: int, more: int) -> None:
    labels = torch.arange(120) % 7
    chosen = choose(labels, few + more, seed)
    assert torch.equal(chosen[:few], choose(labels, few, seed))


def test_another_seed_chooses_other_images_and_nothing_depends_on_torchs_own_generator(
    labels: Tensor,
) -> None:
    first = choose(labels, 100, seed=0)
    before = torch.get_rng_state()
    torch.manual_seed(7)
    assert torch.equal(first, choose(labels, 100, seed=0))
    torch.set_rng_state(before)
    other = choose(labels, 100, seed=1)
    assert len(set(first.tolist()) & set(other.tolist())) < 30  # 7.7 are expected by chance


def test_the_choice_is_not_the_first_of_each_class(labels: Tensor) -> None:
    assert choose(labels, 100).double().mean().item() == pytest.approx(len(labels) / 2, rel=0.2)


@pytest.mark.parametrize(
    ("n", "words"), [(0, "at least one"), (-3, "at least one"), (1_298, "ask for fewer")]
)
def test_impossible_numbers_of_labels_are_refused_in_one_sentence(labels: Tensor, n: int, words: str) -> None:
    with pytest.raises(UsageError, match=words) as refusal:
        choose(labels, n)
    assert str(refusal.value).endswith(".") and "\n" not in str(refusal.value)
