import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal

from vaemodels import checkpoints
from vaemodels.analysis import comparisons
from vaemodels.analysis.comparisons import RatePoint
from vaemodels.evaluation import Estimate
from vaemodels.presets import BETAS

FAMILY = ["vae", *(f"vae-beta{beta:g}" for beta in BETAS)]


def card(beta: float, rate: float, distortion: float) -> dict:
    terms = {"reconstruction": distortion, "kl": {"z": rate}, "nelbo": rate + distortion}
    errors = {"reconstruction": 0.3, "kl": {"z": 0.1}, "nelbo": 0.4}
    return {
        "name": f"beta{beta:g}",
        "training": {"beta": beta},
        "evaluation": {**terms, "stderr": errors, "active_units": 7},
    }


def point(rate: float, distortion: float) -> RatePoint:
    return comparisons.rate_distortion([card(1, rate, distortion)])[0]


def test_rate_and_distortion_come_from_the_cards_in_the_order_of_beta():
    points = comparisons.rate_distortion(
        [card(4, 10, 95), {"evaluation": None}, card(0.5, 23.5, 71.25), card(1, 20, 74)]
    )
    assert [point.beta for point in points] == [0.5, 1, 4]
    assert points[0] == RatePoint(
        "beta0.5", 0.5, Estimate(23.5, 0.1), Estimate(71.25, 0.3), Estimate(94.75, 0.4), 7
    )


def test_the_slope_of_a_chord():
    assert comparisons.chord_slope(point(20, 75), point(10, 95)) == -2
    assert math.isnan(comparisons.chord_slope(point(20, 75), point(20, 75)))


def test_the_pretrained_family_lies_on_a_convex_curve():
    cards = [checkpoints.read_card(name) for name in FAMILY]
    measured = [
        {key: card["evaluation"][key] for key in ("dataset", "split", "binarization", "n")} for card in cards
    ]
    assert all(how == measured[0] for how in measured)
    points = comparisons.rate_distortion(cards)
    assert [point.nelbo.mean for point in points] == pytest.approx(
        [point.rate.mean + point.distortion.mean for point in points], abs=1e-3
    )
    assert min(points, key=lambda point: point.nelbo.mean).beta == 1
    for a, b in pairwise(points):
        assert -b.beta < comparisons.chord_slope(a, b) < -a.beta


def test_correlations_are_numpys_without_the_sign_and_without_collapsed_dimensions():
    generator = torch.Generator().manual_seed(0)
    means = torch.randn(200, 4, generator=generator)
    means[:, 2] = -0.5 * means[:, 0] + 0.2 * means[:, 1]
    means[:, 3] *= 0.05  # variance 0.0025: collapsed
    correlations = comparisons.latent_correlations(means)
    expected = np.abs(np.corrcoef(means[:, :3].double().numpy().T))
    np.testing.assert_allclose(correlations[:3, :3].numpy(), expected, atol=1e-6)
    assert correlations[3].isnan().all()
    assert correlations[:, 3].isnan().all()
    pairs = [expected[0, 1], expected[0, 2], expected[1, 2]]
    assert comparisons.mean_correlation(correlations) == pytest.approx(np.mean(pairs))


def test_without_two_active_dimensions_there_is_no_mean_correlation():
    assert math.isnan(comparisons.mean_correlation(comparisons.latent_correlations(torch.zeros(50, 3))))


def test_the_correlation_that_chance_alone_gives():
    generator = torch.Generator().manual_seed(0)
    draws = torch.randn(2_000, 2, 100, generator=generator)
    centred = draws - draws.mean(-1, keepdim=True)
    covariance = (centred[:, 0] * centred[:, 1]).sum(-1)
    correlation = covariance / (centred[:, 0].norm(dim=-1) * centred[:, 1].norm(dim=-1))
    assert comparisons.chance_correlation(100) == pytest.approx(correlation.abs().mean().item(), rel=0.04)


def test_traversals_move_one_dimension_a_row_in_the_given_order():
    base = torch.tensor([0.1, 0.2, 0.3])
    rows = comparisons.traversals(base, [2, 0], torch.tensor([-3.0, 0.0, 3.0]))
    expected = [
        *([0.1, 0.2, -3.0], [0.1, 0.2, 0.0], [0.1, 0.2, 3.0]),
        *([-3.0, 0.2, 0.3], [0.0, 0.2, 0.3], [3.0, 0.2, 0.3]),
    ]
    torch.testing.assert_close(rows, torch.tensor(expected))
    torch.testing.assert_close(base, torch.tensor([0.1, 0.2, 0.3]))


def test_a_grid_of_the_plane_reads_like_a_chart():
    grid = comparisons.plane_grid(torch.tensor([-3.0, 0.0]), torch.tensor([3.0, 10.0]), 3)
    expected = [
        *([-3.0, 10.0], [0.0, 10.0], [3.0, 10.0]),
        *([-3.0, 5.0], [0.0, 5.0], [3.0, 5.0]),
        *([-3.0, 0.0], [0.0, 0.0], [3.0, 0.0]),
    ]
    torch.testing.assert_close(grid, torch.tensor(expected))


def test_the_constant_of_a_gaussian_is_what_is_left_at_its_mean():
    mean = torch.rand(784)
    density = Independent(Normal(mean, torch.full_like(mean, 0.17)), 1)
    assert comparisons.gaussian_constant(0.17, 784) == pytest.approx(-density.log_prob(mean).item(), rel=1e-5)


def test_draws_are_counted_by_the_digit_of_the_nearest_code():
    codes = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    draws = torch.tensor([[1.0, 1.0], [9.0, 1.0], [12.0, 0.0], [-1.0, 0.0]])
    shares = comparisons.digit_shares(draws, codes, torch.tensor([4, 1, 7]))
    torch.testing.assert_close(shares, torch.tensor([0, 0.5, 0, 0, 0.5, 0, 0, 0, 0, 0]))


def test_fitted_draws_have_the_mean_and_covariance_of_the_codes():
    generator = torch.Generator().manual_seed(0)
    codes = torch.randn(500, 2, generator=generator) @ torch.tensor([[5.0, 1.0], [0.0, 2.0]]) + 3
    draws = comparisons.fitted_draws(codes, torch.randn(100_000, 2, generator=generator))
    torch.testing.assert_close(draws.mean(0), codes.mean(0), atol=0.05, rtol=0)
    torch.testing.assert_close(draws.T.cov(), codes.T.cov(), atol=0.3, rtol=0.02)
