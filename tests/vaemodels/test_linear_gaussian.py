"""The bounds and their gradients on a model whose log p(x), posterior and gap are known in closed form."""

import math

import pytest
import torch
from torch import Tensor

from tests.vaemodels import linear_gaussian as exact
from tests.vaemodels.normal_nodes import standard_normal_nodes
from vaemodels import objectives
from vaemodels.models import VAE

BATCH = 4


def images(x_dim: int) -> Tensor:
    return torch.rand((BATCH, x_dim), generator=torch.Generator().manual_seed(1))


def expected_reconstruction(model: VAE, x: Tensor) -> Tensor:
    """E_q[−log p(x|z)] `[batch]`, exactly: log p(x|z) is quadratic in z, and three nodes a dimension integrate that."""
    q = model.encode(x)["z"]
    nodes, log_weights = standard_normal_nodes(3, model.config.z_dim)
    z = q.mean + q.stddev * nodes.float().unsqueeze(1)
    return -(log_weights.exp().unsqueeze(1) * model.decode(z).log_prob(x)).sum(0)


@pytest.mark.parametrize("seed", range(3))
def test_reconstruction_plus_kl_is_log_p_minus_the_gap(seed: int) -> None:
    model, x = exact.make_model(2, 5, seed), images(5)
    elbo = -expected_reconstruction(model, x) - model(x).kl["z"]
    assert (exact.gap(model, x) > 0.05).all()
    torch.testing.assert_close(elbo.double(), exact.elbo(model, x), rtol=1e-5, atol=1e-4)


def test_mean_log_weight_is_log_p_minus_the_gap() -> None:
    model, x = exact.make_model(2, 5), images(5)
    log_w = model.log_weights(x, 20_000)
    error = log_w.std(0) / math.sqrt(len(log_w))
    assert ((objectives.elbo(log_w) - exact.elbo(model, x)).abs() < 4 * error).all()
    assert (error < exact.gap(model, x) / 10).all()


def test_every_log_weight_is_log_p_where_q_is_the_posterior() -> None:
    model, x = exact.make_model(2, 5), images(5)
    exact.infer_exactly(model)
    assert (exact.gap(model, x).abs() < 1e-6).all()
    log_w = model.log_weights(x, 50)
    torch.testing.assert_close(
        log_w.double(), exact.log_evidence(model, x).expand(50, -1), rtol=1e-5, atol=1e-4
    )


def elbo_by_log_weights(model: VAE, x: Tensor) -> Tensor:
    return objectives.elbo(model.log_weights(x, 1))


def elbo_by_terms(model: VAE, x: Tensor) -> Tensor:
    return -objectives.weighted_loss(model(x))


@pytest.mark.parametrize("estimator", [elbo_by_log_weights, elbo_by_terms])
def test_gradient_of_the_elbo_is_the_closed_forms_in_expectation(estimator) -> None:
    model, x = exact.make_model(2, 5), images(5)
    expected = exact.gradient(exact.elbo(model, x).mean(), model)
    many = x.repeat(500, 1)
    samples = torch.stack([exact.gradient(estimator(model, many).mean(), model) for _ in range(100)])
    assert_mean_is(expected, samples)


def test_bounds_rise_with_k_from_the_elbo_to_log_p() -> None:
    model, x = exact.make_model(2, 5), images(5)
    log_w = model.log_weights(x, 2**16).double()
    bounds = torch.stack([objectives.iwae_in_blocks(log_w, 2**i) for i in range(0, 17, 2)])
    log_p = exact.log_evidence(model, x)
    assert ((bounds[0] - exact.elbo(model, x)).abs() < 4 * log_w.std(0) / 2**8).all()
    assert (bounds.diff(dim=0) > 0).all()
    error = (log_w - log_p).exp().std(0) / 2**8
    assert ((bounds[-1] - log_p).abs() < 4 * error).all()
    assert (error < 0.03).all()
    assert (log_p - bounds[0] > 10 * (log_p - bounds[-1]).abs()).all()


def l2_by_quadrature(model: VAE, x: Tensor, points: int) -> Tensor:
    """L_2(x) = E log ½(w₁ + w₂) `[batch]` over both noises, for one latent dimension."""
    nodes, log_weights = standard_normal_nodes(points, 2)
    log_w = torch.stack([exact.log_weight(model, x, noise.view(-1, 1, 1)) for noise in nodes.T])
    return (log_weights.exp().unsqueeze(1) * (torch.logsumexp(log_w, 0) - math.log(2))).sum(0)


def test_l2_and_its_gradient_agree_with_quadrature() -> None:
    model, x = exact.make_model(1, 3), images(3)
    expected = l2_by_quadrature(model, x, 96)
    torch.testing.assert_close(expected, l2_by_quadrature(model, x, 64), rtol=0, atol=1e-5)
    assert ((exact.elbo(model, x) < expected) & (expected < exact.log_evidence(model, x))).all()

    gradients, values = [], []
    many = x.repeat(500, 1)
    for _ in range(200):
        bound = objectives.iwae(model.log_weights(many, 2))
        gradients.append(exact.gradient(bound.mean(), model))
        values.append(bound.detach().double().view(500, BATCH).mean(0))
    assert_mean_is(expected.detach(), torch.stack(values))
    assert_mean_is(exact.gradient(expected.mean(), model), torch.stack(gradients))


def assert_mean_is(expected: Tensor, samples: Tensor) -> None:
    """`samples: [n, ...]` have mean `expected` within their standard errors, and those are small enough to tell."""
    error = samples.std(0) / math.sqrt(len(samples))
    assert ((samples.mean(0) - expected).abs() < 4 * error).all()
    assert error.norm() < 0.01 * expected.norm()
