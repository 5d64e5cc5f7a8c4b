"""Estimators of gradients of an expectation, against closed forms, quadrature and enumeration."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from vaemodels import checkpoints, data
from vaemodels.analysis import estimators, reconstruction_gradients, relaxations
from vaemodels.analysis.estimators import FAMILIES, cost
from vaemodels.analysis.relaxations import BERNOULLI, THREE
from vaemodels.data.binarization import binarize
from vaemodels.errors import UsageError

DRAWS = 1_000_000
UNIT = torch.tensor([1.0, 1.0], dtype=torch.float64)
# Half an e-fold inside every family's usual range, so that no moment is carried by a handful of draws.
PARAMETERS = {"normal": [0.7, 0.8], "lognormal": [0.2, 0.3], "exponential": [0.9], "gumbel": [0.5, 0.6]}


def parameters_of(family: str) -> Tensor:
    return torch.tensor(PARAMETERS[family], dtype=torch.float64)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def logits(*p: float) -> Tensor:
    return torch.tensor(p, dtype=torch.float64).log()


def variances(name: str, k: float) -> tuple[float, float]:
    """For the mean of N(1, 1): pathwise, score function."""
    path, score = estimators.exact(cost(name, k), FAMILIES["normal"], UNIT)
    return path.variance[0].item(), score.variance[0].item()


@pytest.mark.parametrize("k", [-3.0, 0.0, 1.0, 3.0])
def test_the_square_has_its_closed_forms(k: float) -> None:
    path, score = estimators.exact(cost("square", k), FAMILIES["normal"], UNIT)
    a = 1 - k  # z − k = a + ε
    assert path.mean[0].item() == pytest.approx(2 * a, abs=1e-9)
    assert score.mean[0].item() == pytest.approx(2 * a, abs=1e-9)
    assert path.variance[0].item() == pytest.approx(4, rel=1e-9)
    assert score.variance[0].item() == pytest.approx(a**4 + 14 * a**2 + 15, rel=1e-9)


@pytest.mark.parametrize(("k", "score", "path"), [(1, 0.324, 0.268), (1.5, 0.308, 0.901), (5, 0.5, 12.5)])
def test_pathwise_does_not_always_win(k: float, score: float, path: float) -> None:
    assert variances("cos", k) == pytest.approx((path, score), abs=6e-4)


@pytest.mark.parametrize(("name", "k"), [("cos", 0.5), ("cos", 2.0), ("exp", 0.5), ("exp", 2.0)])
def test_gradients_have_their_closed_forms(name: str, k: float) -> None:
    mean, variance = 1.0, 1.0
    wide = 1 + 2 * k * variance
    expected = {
        "cos": -k * math.sin(k * mean) * math.exp(-(k**2) * variance / 2),
        "exp": -2 * k * mean / wide**1.5 * math.exp(-k * mean**2 / wide),
    }[name]
    for of in estimators.exact(cost(name, k), FAMILIES["normal"], UNIT):
        assert of.mean[0].item() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("family", "name"), [(f, c) for f in FAMILIES for c in ("square", "cos", "exp", "step")]
)
def test_both_are_unbiased_wherever_they_may_be_used(family: str, name: str) -> None:
    of, parameters, f = FAMILIES[family], parameters_of(family), cost(name, 0.8)
    uniform = torch.rand(DRAWS, generator=seeded(), dtype=torch.float64).clamp(2**-40, 1 - 2**-40)
    noise = of.noise(uniform)
    _, exact = estimators.exact(f, of, parameters)
    for estimate in (estimators.pathwise, estimators.score_function):
        found = estimators.moments(estimate(f, of, parameters, noise))
        if name == "step" and estimate is estimators.pathwise:
            assert not found.mean.any() and exact.mean.abs().min() > 0.01
            continue
        stderr = (found.variance / DRAWS).sqrt()
        # A jump costs the quadrature its nodes' distance.
        assert ((found.mean - exact.mean).abs() <= 4 * stderr + 5e-4 * (name == "step")).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_log_density_and_the_transform_are_of_one_distribution(family: str) -> None:
    parameters = parameters_of(family)
    makers: dict[str, Callable[..., torch.distributions.Distribution]] = {
        "normal": torch.distributions.Normal,
        "lognormal": torch.distributions.LogNormal,
        "exponential": lambda mean: torch.distributions.Exponential(1 / mean),
        "gumbel": torch.distributions.Gumbel,
    }
    known = makers[family](*parameters)
    u = torch.linspace(0.01, 0.99, 25, dtype=torch.float64)
    z = FAMILIES[family].transform(FAMILIES[family].noise(u), parameters)
    torch.testing.assert_close(known.cdf(z), u)
    torch.testing.assert_close(FAMILIES[family].log_prob(z, parameters), known.log_prob(z))


@pytest.mark.parametrize(
    ("family", "name", "k"), [(f, c, k) for f in FAMILIES for c in ("square", "cos", "exp") for k in (0, 100)]
)
def test_extremes_stay_finite(family: str, name: str, k: float) -> None:
    parameters = torch.tensor([0.5] if family == "exponential" else [0.5, 1e-4], dtype=torch.float64)
    for of in estimators.exact(cost(name, k), FAMILIES[family], parameters):
        assert of.mean.isfinite().all() and of.variance.isfinite().all()


def test_the_score_scatters_as_one_over_the_width() -> None:
    wide, narrow = (
        estimators.exact(cost("square", 0), FAMILIES["normal"], torch.tensor([1.0, std], dtype=torch.float64))
        for std in (0.1, 0.01)
    )
    assert (narrow[1].variance[0] / wide[1].variance[0]).sqrt().item() == pytest.approx(10, rel=0.1)
    assert (narrow[0].variance[0] / wide[0].variance[0]).sqrt().item() == pytest.approx(0.1, rel=1e-6)


# Discrete draws


def test_the_bits_gradient_is_enumerated() -> None:
    assert relaxations.enumerated(BERNOULLI, logits(0.5, 0.5))[1].item() == pytest.approx(0.0005)
    assert relaxations.enumerated(BERNOULLI, logits(0.6, 0.4))[1].item() == pytest.approx(0.00048)
    score = relaxations.score_function(BERNOULLI, logits(0.5, 0.5), DRAWS, seeded())[:, 1]
    assert score.std().item() == pytest.approx(0.125, abs=1e-3)
    assert (0.125 / 0.0005) ** 2 == 62_500


@pytest.mark.parametrize(
    ("toy", "p"), [(BERNOULLI, (0.5, 0.5)), (BERNOULLI, (0.6, 0.4)), (THREE, (0.2, 0.5, 0.3))]
)
@pytest.mark.parametrize("name", ["score", "baseline", "loo"])
def test_the_unbiased_are(toy: relaxations.Toy, p: tuple[float, ...], name: str) -> None:
    exact = relaxations.enumerated(toy, logits(*p))
    found = relaxations.estimators(1.0, 4)[name](toy, logits(*p), DRAWS, seeded(1))
    stderr = found.std(0) / math.sqrt(len(found))
    assert ((found.mean(0) - exact).abs() <= 4 * stderr + 1e-12).all()


@pytest.mark.parametrize(
    ("name", "tau", "mean", "std"),
    [("st", 1.0, -0.0475, 0.235), ("gs", 1.0, -0.0129, 0.068), ("gs", 0.1, -0.0042, 0.28)],
)
def test_the_biased_have_the_wrong_sign(name: str, tau: float, mean: float, std: float) -> None:
    found = relaxations.estimators(tau, 4)[name](BERNOULLI, logits(0.6, 0.4), DRAWS, seeded(2))[:, 1]
    assert found.mean().item() == pytest.approx(mean, abs=4 * found.std().item() / math.sqrt(DRAWS) + 1e-4)
    assert found.std().item() == pytest.approx(std, rel=0.02)
    assert relaxations.enumerated(BERNOULLI, logits(0.6, 0.4))[1] > 0 > found.mean()


def test_straight_throughs_mean_is_its_enumeration() -> None:
    p = 0.4
    slope = [2 * (b - BERNOULLI.target) * p * (1 - p) for b in (0, 1)]
    assert (1 - p) * slope[0] + p * slope[1] == pytest.approx(-0.04752)


def test_leave_one_out_refuses_a_single_draw() -> None:
    with pytest.raises(UsageError, match=r"at least 2 draws\.$"):
        relaxations.leave_one_out(BERNOULLI, logits(0.6, 0.4), 10, seeded(), 1)
    assert "loo" not in relaxations.estimators(1.0, 1)


def test_with_one_bit_the_best_baseline_leaves_no_noise_and_with_three_it_is_the_best() -> None:
    found = relaxations.with_best_baseline(BERNOULLI, logits(0.6, 0.4), 1_000, seeded())
    assert found.std(0).max().item() < 1e-12
    at = logits(0.2, 0.5, 0.3)
    best = relaxations.best_baseline(THREE, at)
    total = [
        relaxations.score_function(THREE, at, 100_000, seeded(), best + off).var(0).sum().item()
        for off in (-0.05, 0.0, 0.05)
    ]
    assert total[1] < min(total[0], total[2])


@pytest.mark.parametrize("tau", [0.01, 0.1, 1.0, 2.0])
def test_every_temperature_is_finite_and_its_nearest_corner_is_a_draw(tau: float) -> None:
    at = logits(0.2, 0.5, 0.3)
    for estimate in relaxations.estimators(tau, 2).values():
        assert estimate(THREE, at, 10_000, seeded()).isfinite().all()
    noise = relaxations.gumbel(at.expand(DRAWS // 4, -1), seeded())
    counts = relaxations.relaxed(at, noise, tau).argmax(1).bincount(minlength=3) / (DRAWS // 4)
    torch.testing.assert_close(counts.double(), at.exp(), atol=4 * 0.5 / math.sqrt(DRAWS // 4), rtol=0)


def test_the_concrete_density_integrates_to_one() -> None:
    n = 1_200
    side = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    a, b = torch.meshgrid(side, side, indexing="ij")
    y = torch.stack([a, b * (1 - a), (1 - a) * (1 - b)], -1)  # the square onto the simplex
    density = relaxations.concrete_log_density(y, logits(0.2, 0.5, 0.3), 1.0).exp()
    assert (density * (1 - a)).mean().item() == pytest.approx(1, abs=1e-3)


def test_a_biased_estimator_is_stuck_and_an_unbiased_one_is_not() -> None:
    start = logits(0.6, 0.4)
    by_name = relaxations.estimators(1.0, 4)
    exact = relaxations.descend(
        lambda cost, at, n, generator: relaxations.enumerated(cost, at).unsqueeze(0),
        BERNOULLI,
        start,
        200,
        10.0,
        1,
    )
    loo = relaxations.descend(by_name["loo"], BERNOULLI, start, 200, 10.0, 256)
    stuck = relaxations.descend(by_name["st"], BERNOULLI, start, 200, 10.0, 1_024)
    torch.testing.assert_close(loo, exact, atol=5e-3, rtol=0)
    assert exact[-1, 0] > 0.75
    assert (stuck[100:, 0].mean() - 0.5).abs() < 0.05


# A decoder


def test_a_decoders_gradient_is_the_same_by_both_ways() -> None:
    model = checkpoints.load("vae-2d-digits").model
    x = binarize(data.load("digits", "test").images[:1], "static")[0]
    found = reconstruction_gradients.compare(model, x, 20_000)
    for of in (found.pathwise, found.with_baseline, found.score):
        stderr = (of.variance / 20_000).sqrt()
        assert ((of.mean - found.exact).abs() <= 4 * stderr + 0.05).all()
    assert (found.score.variance > 100 * found.pathwise.variance).all()
    assert (found.with_baseline.variance > found.pathwise.variance).all()
