"""The continuous Bernoulli: held to quadrature, to the paper's normaliser, to its series around ½, to the library."""

import math

import pytest
import torch
from scipy import integrate
from torch import Tensor, distributions
from torch.distributions import Independent

from tests.small import DIM, SHAPE
from vaemodels.continuous_bernoulli import ContinuousBernoulli, log_partition, logits_of, mean_of, pixels
from vaemodels.data import pixel_means
from vaemodels.errors import UsageError
from vaemodels.models import build
from vaemodels.networks import sample_pixels

LOGITS = (
    -300.0,
    -40.0,
    -15.0,
    -3.0,
    -0.501,
    -0.499,
    -0.02,
    -1e-4,
    0.0,
    1e-7,
    0.01,
    0.3,
    0.6,
    2.0,
    12.0,
    35.0,
    300.0,
)


def of(logit: float, dtype: torch.dtype = torch.float64) -> ContinuousBernoulli:
    return ContinuousBernoulli(logits=torch.tensor(logit, dtype=dtype), validate_args=False)


@pytest.mark.parametrize("logit", LOGITS)
def test_the_density_integrates_to_1_and_has_its_mean_and_quantiles(logit: float) -> None:
    p = of(logit)

    def density(x: float) -> float:
        return math.exp(p.log_prob(torch.tensor(x, dtype=torch.float64)).item())

    def integral(power: int, to: float = 1.0) -> float:
        edges = [edge for edge in (0.01, 0.1, 0.9, 0.99) if edge < to]
        found: float = integrate.quad(lambda x: x**power * density(x), 0, to, points=edges, limit=200)[0]
        return found

    assert integral(0) == pytest.approx(1, abs=1e-8)
    assert integral(1) == pytest.approx(p.mean.item(), abs=1e-8)
    for share in (0.03, 0.5, 0.92):
        assert integral(0, p.icdf(torch.tensor(share, dtype=torch.float64)).item()) == pytest.approx(
            share, abs=1e-7
        )


@pytest.mark.parametrize("logit", LOGITS)
def test_single_precision_is_as_good_as_double(logit: float) -> None:
    x = torch.linspace(0, 1, 11)
    single, double = of(logit, torch.float32), of(logit)
    torch.testing.assert_close(single.log_prob(x).double(), double.log_prob(x.double()), atol=2e-6, rtol=3e-6)
    assert single.mean.item() == pytest.approx(double.mean.item(), abs=1e-6)
    torch.testing.assert_close(
        single.icdf(x[:-1]).double(), double.icdf(x[:-1].double()), atol=2e-6, rtol=1e-5
    )


def test_the_normaliser_is_the_papers() -> None:
    logits = torch.tensor([logit for logit in LOGITS if 0.01 < abs(logit) < 20], dtype=torch.float64)
    away = 1 - 2 * logits.sigmoid()
    paper = (2 * torch.atanh(away) / away).log()
    torch.testing.assert_close(paper, torch.nn.functional.softplus(logits) - log_partition(logits))
    # Around ½, where that is 0/0: log C = log 2 + log(1 + (1 − 2λ)²/3 + (1 − 2λ)⁴/5 + …).
    for rate in (0.5, 0.5 + 1e-9, 0.499, 0.51, 0.48):
        logit = torch.tensor(math.log(rate / (1 - rate)), dtype=torch.float64)
        series = math.log(2) + math.log1p(sum((1 - 2 * rate) ** (2 * n) / (2 * n + 1) for n in range(1, 6)))
        found = torch.nn.functional.softplus(logit) - log_partition(logit)
        assert found.item() == pytest.approx(series, abs=1e-12)


def test_where_the_library_is_exact_it_says_the_same() -> None:
    logits = torch.linspace(-9, 9, 400, dtype=torch.float64)
    theirs = distributions.ContinuousBernoulli(logits=logits)
    ours = ContinuousBernoulli(logits=logits)
    x = torch.rand(400, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(ours.log_prob(x), theirs.log_prob(x), atol=1e-7, rtol=0)
    torch.testing.assert_close(ours.mean, theirs.mean, atol=1e-6, rtol=0)
    torch.testing.assert_close(ours.icdf(x), theirs.icdf(x), atol=1e-6, rtol=0)


def test_the_slope_of_the_density_is_x_less_the_mean() -> None:
    logits = torch.tensor(LOGITS, dtype=torch.float32, requires_grad=True)
    x = torch.linspace(0, 1, len(LOGITS))
    ContinuousBernoulli(logits=logits, validate_args=False).log_prob(x).sum().backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, x - mean_of(logits.detach()), atol=1e-6, rtol=0)


def test_logits_are_found_for_means() -> None:
    means = torch.tensor([0.0, 0.001, 0.2, 0.5, 0.7, 0.999, 1.0])
    torch.testing.assert_close(mean_of(logits_of(means)), means.clamp(1e-3, 1 - 1e-3), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["vae", "gmvae", "fsvae"])
def test_a_model_of_grey_pixels_has_their_density_and_starts_at_their_means(kind: str) -> None:
    torch.manual_seed(0)
    model = build(
        kind, {"image_shape": SHAPE, "z_dim": 3, "hidden": (8,), "likelihood": "continuous_bernoulli"}
    )
    x = torch.rand(5, DIM)
    y = torch.arange(5) if model.n_labels else None
    z = torch.randn(5, 3)
    p = model.decode(z, y)
    assert isinstance(p, Independent)
    by_hand: Tensor = (x * p.base_dist.logits - log_partition(p.base_dist.logits)).sum(-1)
    torch.testing.assert_close(p.log_prob(x), by_hand)
    torch.testing.assert_close(p.mean, mean_of(p.base_dist.logits))
    draws = sample_pixels(
        pixels(p.base_dist.logits.detach().expand(20_000, 5, DIM)), torch.Generator().manual_seed(1)
    )
    assert (draws.mean(0) - p.mean).abs().max() < 5 * 0.29 / math.sqrt(20_000)
    digits = build(kind, {"z_dim": 2, "hidden": (8,), "likelihood": "continuous_bernoulli"})
    digits.start_at(pixel_means("digits"))
    start = digits.decode(torch.zeros(1, 2), torch.zeros(1, dtype=torch.long)).mean[0]
    assert (start - pixel_means("digits").clamp(1e-3, 1 - 1e-3)).abs().max() < 0.12


def test_an_unknown_likelihood_is_told_all_three() -> None:
    for kind in ("vae", "fsvae"):
        with pytest.raises(UsageError, match="choose one of bernoulli, gaussian, continuous_bernoulli"):
            build(kind, {"likelihood": "beta"})
