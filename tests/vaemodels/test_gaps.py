"""The gap of any Gaussian q, against closed forms where the posterior is Gaussian and against draws where it is not."""

import pytest
import torch
from torch.distributions import MultivariateNormal, kl_divergence

from tests.vaemodels import linear_gaussian as exact
from vaemodels import checkpoints, data
from vaemodels.analysis.gaps import FAMILIES, best_q, bound_terms, encoder_q, gaps_of
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.data import binarize
from vaemodels.evaluation import log_weights_in_chunks
from vaemodels.models import VAE, Model

NORMAL = MultivariateNormal(torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64))


@pytest.fixture(scope="module")
def linear() -> tuple[VAE, torch.Tensor]:
    model = exact.make_model(2, 20, seed=2).requires_grad_(False)
    return model, model.decode(torch.tensor([0.7, -1.1])).mean + 0.3 * torch.randn(
        20, generator=torch.manual_seed(1)
    )


@pytest.fixture(scope="module")
def trained() -> tuple[Model, torch.Tensor]:
    model = checkpoints.load("vae-2d-digits").model.requires_grad_(False)
    return model, binarize(data.load("digits", "test").images[1:2], "static")[0]


@pytest.mark.parametrize(
    ("mean", "covariance"),
    [
        ([0.5, -1.0], [[0.3, 0.1], [0.1, 0.2]]),
        ([0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]]),
        ([0.7, -1.1], [[0.01, 0], [0, 0.09]]),
    ],
    ids=str,
)
def test_both_readings_of_a_linear_gaussian_model_in_closed_form(linear, mean, covariance) -> None:
    model, x = linear
    q = MultivariateNormal(torch.tensor(mean).double(), torch.tensor(covariance).double())
    terms = bound_terms(model, x, q, exact_posterior(model, x))
    assert terms.kl == pytest.approx(kl_divergence(q, NORMAL).item(), abs=1e-4)
    assert terms.gap == pytest.approx(kl_divergence(q, exact.posterior(model, x)).item(), abs=1e-3)
    assert terms.elbo + terms.gap == pytest.approx(exact.log_evidence(model, x).item(), abs=1e-3)


def test_the_best_q_of_the_full_family_is_a_gaussian_posterior(linear) -> None:
    model, x = linear
    found, expected = best_q(model, x, "full", NORMAL), exact.posterior(model, x)
    torch.testing.assert_close(found.mean, expected.mean, rtol=0, atol=1e-3)
    torch.testing.assert_close(found.covariance_matrix, expected.covariance_matrix, rtol=0.01, atol=1e-4)


def test_the_best_diagonal_q_has_the_precisions_of_the_posterior(linear) -> None:
    """And not its variances: KL(q ‖ p) is least at σ_j² = 1 / Λ_jj (Bishop 2006, section 10.1.2)."""
    model, x = linear
    found, expected = best_q(model, x, "diagonal", NORMAL), exact.posterior(model, x)
    precisions = expected.precision_matrix.diagonal()
    torch.testing.assert_close(found.covariance_matrix.diagonal(), 1 / precisions, rtol=0.01, atol=1e-5)


def test_wider_families_come_closer_and_the_parts_add_up(trained) -> None:
    found = gaps_of(*trained)
    elbos = [found.encoder, *(found.best[family] for family in FAMILIES), found.log_p]
    assert found.encoder <= found.best["diagonal"] + 1e-9
    assert elbos[1:] == sorted(elbos[1:])
    assert found.amortisation + found.approximation == pytest.approx(found.log_p - found.encoder, abs=1e-9)
    assert found.amortisation >= 0 and found.approximation >= 0


def test_the_encoders_elbo_agrees_with_draws(trained) -> None:
    model, x = trained
    terms = bound_terms(model, x, encoder_q(model, x), exact_posterior(model, x))
    log_w = log_weights_in_chunks(model, x.unsqueeze(0), 4000, generator=torch.Generator().manual_seed(0))[
        :, 0
    ]
    assert abs(log_w.mean().item() - terms.elbo) < 4 * log_w.std().item() / 4000**0.5
    assert terms.elbo + terms.gap == pytest.approx(terms.log_p, abs=1e-3)
