"""Pure functions behind comparing trained models: rate against distortion, correlated latents, grids of codes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor

from vaemodels.evaluation import ACTIVE_UNIT_VARIANCE, Estimate, from_json

PIXEL_FLOOR = 1e-6  # keeps the price of a pixel finite


class RatePoint(NamedTuple):
    """A VAE trained with `beta` on the plane of rate and distortion, as its card measured it, in nats.

    The rate is the KL of the latents, the distortion −E_q[log p(x|z)]; their sum is −ELBO (Alemi et al. 2018).
    """

    name: str
    beta: float
    rate: Estimate
    distortion: Estimate
    nelbo: Estimate
    active_units: int


def rate_distortion(cards: Iterable[Mapping[str, Any]]) -> list[RatePoint]:
    """The points of the cards that have an evaluation, by rising β."""
    points = [_rate_point(card) for card in cards if card["evaluation"] is not None]
    return sorted(points, key=lambda point: point.beta)


def _rate_point(card: Mapping[str, Any]) -> RatePoint:
    result = card["evaluation"]
    error = result["stderr"]
    return RatePoint(
        name=card["name"],
        beta=float(card["training"]["beta"]),
        rate=from_json(result["kl"]["z"], error["kl"]["z"]),
        distortion=from_json(result["reconstruction"], error["reconstruction"]),
        nelbo=from_json(result["nelbo"], error["nelbo"]),
        active_units=int(result["active_units"]),
    )


def chord_slope(a: RatePoint, b: RatePoint) -> float:
    """Slope ΔD / ΔR between two points of the curve.

    A model that minimises D + βR touches the curve D(R) where D′(R) = −β, and the curve is convex: between optimal
    models trained with β₁ < β₂ the chord's slope lies between −β₂ and −β₁. NaN where the rates are equal.
    """
    run = b.rate.mean - a.rate.mean
    return (b.distortion.mean - a.distortion.mean) / run if run else math.nan


def latent_correlations(means: Tensor) -> Tensor:
    """|correlation| of the posterior means `[n, z_dim]` between dimensions, `[z_dim, z_dim]`.

    NaN in the rows and columns of collapsed dimensions: what is left of their means is rounding and noise.
    """
    active = means.var(0) > ACTIVE_UNIT_VARIANCE
    correlations = torch.corrcoef(means.double().T).abs().clamp(max=1)
    return correlations.masked_fill(~(active.unsqueeze(0) & active.unsqueeze(1)), math.nan)


def mean_correlation(correlations: Tensor) -> float:
    """The mean of `latent_correlations` over the pairs of different active dimensions; NaN under two of them."""
    off_diagonal = ~torch.eye(len(correlations), dtype=torch.bool)
    return correlations[off_diagonal].nanmean().item()


def chance_correlation(n: int) -> float:
    """What E|correlation| of two independent variables reads on `n` images, √(2 / πn), for large n."""
    return math.sqrt(2 / (math.pi * n))


def traversals(base: Tensor, dimensions: Sequence[int], values: Tensor) -> Tensor:
    """`base: [z_dim]` with one dimension at a time set to each of `values: [m]`: `[len(dimensions)·m, z_dim]`."""
    rows = base.repeat(len(dimensions) * len(values), 1)
    for row, (dimension, value) in zip(rows, product(dimensions, values), strict=True):
        row[dimension] = value
    return rows


def plane_grid(low: Tensor, high: Tensor, steps: int) -> Tensor:
    """`steps` × `steps` points of the rectangle from `low: [2]` to `high: [2]`, as one reads: `[steps², 2]`.

    z₁ rises to the right, z₂ upwards, as on a chart.
    """
    z1, z2 = (torch.linspace(float(a), float(b), steps) for a, b in zip(low, high, strict=True))
    return torch.cartesian_prod(z2.flip(0), z1).flip(1)


def digit_shares(draws: Tensor, codes: Tensor, labels: Tensor, n_labels: int = 10) -> Tensor:
    """The share of `draws: [m, z_dim]` that lie nearest to a code of each label: `[n_labels]`, summing to 1.

    `codes: [n, z_dim]` are encoded images, `labels: [n]` theirs.
    """
    nearest = torch.cdist(draws, codes).argmin(1)
    return torch.bincount(labels[nearest], minlength=n_labels) / len(draws)


def fitted_draws(codes: Tensor, noise: Tensor) -> Tensor:
    """Noise ε ~ N(0, I) `[m, z_dim]` as draws from the Gaussian with the mean and covariance of `codes: [n, z_dim]`."""
    return codes.mean(0) + noise @ torch.linalg.cholesky(codes.T.cov()).T


def best_fit(means: Tensor, x: Tensor) -> Tensor:
    """−log p(x|z) of the image of `x: [m, dim]` that fits best, for each Bernoulli mean of `means: [n, dim]`, `[n]`.

    In nats; of black and white images. Large where what was decoded looks like none of them.
    """
    p = means.clamp(PIXEL_FLOOR, 1 - PIXEL_FLOOR)
    return -(p.logit() @ x.T + (-p).log1p().sum(1, keepdim=True)).amax(1)


def gaussian_constant(std: float, dim: int) -> float:
    """dim · ½ log 2πσ², the part of −log N(x; μ, σ²I) that neither x nor μ changes, in nats."""
    return dim * 0.5 * math.log(2 * math.pi * std**2)
