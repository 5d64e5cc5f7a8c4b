import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.small import make_vae, random_binary
from vaemodels import objectives
from vaemodels.objectives import elbo, iwae, iwae_in_blocks


def log_weights(k: int, batch: int, scale: float = 3.0, shift: float = -90.0) -> Tensor:
    generator = torch.Generator().manual_seed(k)
    return shift + scale * torch.randn((k, batch), generator=generator)


def test_elbo_and_iwae_reduce_k_and_keep_the_batch() -> None:
    log_w = torch.tensor([[0.0, 1.0, 2.0], [math.log(3), 1.0, 4.0]])
    torch.testing.assert_close(elbo(log_w), torch.tensor([math.log(3) / 2, 1.0, 3.0]))
    expected = torch.tensor([math.log(2), 1.0, 4 + math.log1p(math.exp(-2)) - math.log(2)])
    torch.testing.assert_close(iwae(log_w), expected)


@pytest.mark.parametrize("k", [1, 2, 50, 1000])
def test_bounds_agree_with_float64_references(k: int) -> None:
    log_w = log_weights(k, 5)
    wide = log_w.double()
    peak = wide.max(0).values
    torch.testing.assert_close(elbo(log_w).double(), wide.sum(0) / k, rtol=1e-6, atol=1e-4)
    reference = peak + ((wide - peak).exp().sum(0) / k).log()
    torch.testing.assert_close(iwae(log_w).double(), reference, rtol=1e-6, atol=1e-4)


@given(st.integers(1, 60), st.floats(-2000, 2000), st.floats(0, 30))
def test_jensen_elbo_below_iwae_below_the_largest_weight(k: int, shift: float, scale: float) -> None:
    log_w = log_weights(k, 3, scale, shift).double()
    slack = 1e-9 * (1 + abs(shift))
    assert (elbo(log_w) <= iwae(log_w) + slack).all()
    assert (iwae(log_w) <= log_w.max(0).values + slack).all()
    assert (iwae(log_w) >= log_w.max(0).values - math.log(k) - slack).all()


@pytest.mark.parametrize("shift", [-1000.0, 1000.0])
def test_weights_far_from_one_neither_underflow_nor_overflow(shift: float) -> None:
    log_w = shift + torch.tensor([[0.0], [math.log(3)]])
    assert iwae(log_w).item() == pytest.approx(shift + math.log(2), abs=1e-4)
    assert iwae_in_blocks(log_w, 2).item() == pytest.approx(shift + math.log(2), abs=1e-4)
    assert iwae(torch.full((5000, 1), shift)).item() == pytest.approx(shift, abs=1e-3)


def test_equal_weights_give_the_same_bound_for_every_k() -> None:
    log_w = torch.full((50, 2), -90.0)
    for k in (1, 2, 7, 50):
        torch.testing.assert_close(iwae_in_blocks(log_w, k), torch.full((2,), -90.0))


def test_blocks_are_consecutive_disjoint_and_averaged() -> None:
    log_w = log_weights(7, 4)
    expected = (iwae(log_w[0:3]) + iwae(log_w[3:6])) / 2
    torch.testing.assert_close(iwae_in_blocks(log_w, 3), expected)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.floats(0, 20))
def test_nested_bounds_rise_on_the_same_weights(factors: list[int], scale: float) -> None:
    ks = [math.prod(factors[:i]) for i in range(len(factors) + 1)]
    log_w = log_weights(ks[-1], 3, scale).double()
    bounds = torch.stack([iwae_in_blocks(log_w, k) for k in ks])
    assert (bounds.diff(dim=0) >= -1e-11).all()
    torch.testing.assert_close(bounds[0], elbo(log_w))
    torch.testing.assert_close(bounds[-1], iwae(log_w))


def test_the_gradient_of_iwae_is_the_normalised_weights() -> None:
    log_w = log_weights(6, 3).requires_grad_()
    (gradient,) = torch.autograd.grad(iwae(log_w).sum(), log_w)
    torch.testing.assert_close(gradient, log_w.softmax(0))


def test_the_loss_weighs_each_term_and_is_minus_the_elbo_at_one() -> None:
    output = make_vae()(random_binary(5), generator=torch.Generator().manual_seed(0))
    reconstruction, kl = output.reconstruction, output.kl["z"]
    torch.testing.assert_close(objectives.weighted_loss(output), output.nelbo)
    torch.testing.assert_close(objectives.weighted_loss(output, 1, 4), reconstruction + 4 * kl)
    assert torch.equal(objectives.weighted_loss(output, 1, 0), reconstruction)
    assert torch.equal(objectives.weighted_loss(output, 0, 1), kl)
    assert objectives.weighted_loss(output).shape == (5,)


def test_the_repeats_of_a_bound_are_its_blocks() -> None:
    log_w = log_weights(7, 4)
    blocks = objectives.iwae_by_block(log_w, 3)
    assert blocks.shape == (2, 4)
    torch.testing.assert_close(blocks, torch.stack([iwae(log_w[0:3]), iwae(log_w[3:6])]))
    torch.testing.assert_close(blocks.mean(0), iwae_in_blocks(log_w, 3))
