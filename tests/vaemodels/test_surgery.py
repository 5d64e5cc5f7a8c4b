"""ELBO surgery and estimates of log p(x) from draws, in cases where the answer is known."""

import math

import pytest
import torch
from torch import nn

from tests.small import encode_to, make_vae, random_binary
from vaemodels.analysis.importance import log_weights_of_prior, log_weights_of_q, spreads
from vaemodels.analysis.one_step import one_step
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.analysis.surgery import surgery
from vaemodels.evaluation import image_terms


def test_the_parts_are_the_kl_and_the_information_stays_below_its_ceiling() -> None:
    found = surgery(make_vae(z_dim=2), random_binary(40))
    assert found.kl.mean == pytest.approx(found.information.mean + found.marginal.mean, abs=1e-9)
    assert 0 <= found.information.mean <= found.ceiling == pytest.approx(math.log(40))


def test_a_z_that_hears_nothing_of_x_holds_no_information() -> None:
    model = make_vae(z_dim=2)
    encode_to(model, torch.tensor([1.0, 0.0, 0.0, 0.0]))
    found = surgery(model, random_binary(40))
    assert found.information.mean == pytest.approx(0, abs=1e-6)
    assert found.marginal.mean == pytest.approx(0.5, abs=0.3)  # KL(N(1, 1) ‖ N(0, 1)) = ½


def test_codes_far_apart_tell_the_image_entirely() -> None:
    model = make_vae(z_dim=2)
    x = torch.eye(16)[:8]
    only = nn.Linear(16, 4)
    with torch.no_grad():
        only.weight.zero_()
        only.weight[0, :8] = 100 * torch.arange(8.0)
        only.bias.copy_(torch.tensor([0.0, 0.0, -2.0, -2.0]))
    model.encoder = nn.Sequential(only)
    assert surgery(model, x).information.mean == pytest.approx(math.log(8), abs=1e-6)


def test_equal_weights_are_worth_as_many_draws_and_a_single_large_one_is_worth_one() -> None:
    [equal] = spreads(torch.full((40,), -3.0), [10])
    assert (equal.mean, equal.std, equal.effective) == pytest.approx((-3.0, 0.0, 10.0))
    [single] = spreads(torch.tensor([0.0] + [-900.0] * 9), [10])
    assert single.effective == pytest.approx(1) and single.mean == pytest.approx(-math.log(10))


def test_both_proposals_estimate_the_evidence() -> None:
    model, x = make_vae(z_dim=2).requires_grad_(False), random_binary(1)[0]
    log_p = exact_posterior(model, x).log_p
    for log_weights in (log_weights_of_prior, log_weights_of_q):
        log_w = log_weights(model, x, 20_000, torch.Generator().manual_seed(0)).double()
        error = (log_w - log_p).exp().std().item() / math.sqrt(len(log_w))
        assert abs(log_w.logsumexp(0).item() - math.log(len(log_w)) - log_p) < 4 * error + error**2


def test_one_step_lowers_the_loss_of_its_draw_by_the_gradients_length_and_leaves_the_model_alone() -> None:
    model, x = make_vae(z_dim=2), random_binary(1)[0]
    before = [parameter.clone() for parameter in model.parameters()]
    step = one_step(model, x, rate=1e-4)
    assert all(torch.equal(old, now) for old, now in zip(before, model.parameters(), strict=True))
    length = math.hypot(*step.gradient.values())
    assert step.after - step.before == pytest.approx(-1e-4 * length, rel=0.05, abs=1e-6)
    torch.testing.assert_close(step.z, step.mean + step.std * step.noise)
    assert step.kl == pytest.approx(image_terms(model, x, draws=1).kl_total, abs=1e-5)
