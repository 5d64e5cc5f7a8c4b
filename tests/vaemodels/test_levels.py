"""What is computed of a two-level model's levels, against closed forms and draws."""

import pytest
import torch
from torch.distributions import kl_divergence

from tests.small import DIM, make_hvae, random_binary
from vaemodels.analysis import levels
from vaemodels.models import HVAE


@pytest.fixture(params=["parallel", "bottom_up"])
def model(request) -> HVAE:
    torch.manual_seed(3)
    model = make_hvae(request.param)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model.eval()


def test_codes_are_the_posteriors_means(model):
    x = random_binary(6)
    found = levels.codes(model, x)
    with torch.no_grad():
        torch.testing.assert_close(found.z1, model.encode(x)["z1"].mean)
        below = x if model.factorised_posterior else found.z1
        torch.testing.assert_close(found.z2, model.encode_z2(below).mean)


def test_kl_by_level_is_what_many_draws_give(model):
    x = random_binary(3)
    found = levels.kl_by_level(model, x, draws=3_000)
    with torch.no_grad():
        q, z = model.infer(x, (3_000,), generator=torch.Generator().manual_seed(9))
        log_ratio = q["z1"].log_prob(z["z1"]) - model.conditional_prior(z["z2"]).log_prob(z["z1"])
        upper = kl_divergence(q["z2"], model.prior().expand(q["z2"].batch_shape))
    error = log_ratio.std(0) / 3_000**0.5
    assert ((found["z1"] - log_ratio.mean(0)).abs() < 6 * error).all()
    expected = upper if model.factorised_posterior else upper.mean(0)
    torch.testing.assert_close(found["z2"], expected, rtol=0.05, atol=0.01)


def test_z1_moves_with_another_z2_by_its_own_noise(model):
    z1, z2, other = torch.randn(3), torch.randn(2), torch.randn(5, 2)
    torch.testing.assert_close(levels.with_other_upper(model, z1, z2, z2.expand(5, -1)), z1.expand(5, -1))
    moved = levels.with_other_upper(model, z1, z2, other)
    with torch.no_grad():
        own, new = model.conditional_prior(z2), model.conditional_prior(other)
    noise = (z1 - own.mean) / own.stddev
    torch.testing.assert_close((moved - new.mean) / new.stddev, noise.expand(5, -1), atol=1e-4, rtol=1e-4)


def test_the_prior_of_z1_is_that_of_ancestral_draws(model):
    found = levels.lower(model, torch.tensor([0.5, -1.0]))
    draws = model.sample_prior(50_000, torch.Generator().manual_seed(1))
    assert ((found.prior_mean - draws.mean(0)).abs() < 0.05 * draws.std(0)).all()
    torch.testing.assert_close(found.prior_std, draws.std(0), rtol=0.03, atol=0)
    with torch.no_grad():
        p = model.conditional_prior(torch.tensor([0.5, -1.0]))
    torch.testing.assert_close(found.std, p.stddev)


def test_an_upper_level_that_moves_nothing_decides_nothing_and_one_that_moves_all_decides_all():
    model = make_hvae("parallel").eval()
    last = model.decoder_z1[-1]
    assert isinstance(last, torch.nn.Linear)
    torch.nn.init.zeros_(last.weight)
    assert levels.told_by_upper(model).abs().max() < 1e-6
    torch.nn.init.normal_(last.weight[:3], std=5.0)
    torch.nn.init.constant_(last.bias[3:], -4.0)
    assert levels.told_by_upper(model).min() > 0.9


def test_the_chain_draws_from_the_model_of_a_z1_that_says_nothing(model):
    """A decoder of constant pixels gives those at every step, whatever the image."""
    last = model.decoder[-1]
    torch.nn.init.zeros_(last.weight)
    with torch.no_grad():
        last.bias.copy_(torch.linspace(-2, 2, DIM))
    means = levels.chain(model, random_binary(4), 3, torch.Generator().manual_seed(0))
    assert means.shape == (3, 4, DIM)
    torch.testing.assert_close(means, torch.linspace(-2, 2, DIM).sigmoid().expand(3, 4, -1))
