"""Estimators of the gradient of E_q −log p(x|z), a real decoder's, for the parameters of q = N(μ, diag σ²)."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution, Independent

from vaemodels.analysis import estimators
from vaemodels.analysis.estimators import Family, Moments
from vaemodels.models import Model

NAMES = ("μ₁", "μ₂", "log σ₁", "log σ₂")
NODES = 40  # in each dimension


def _transform(noise: Tensor, parameters: Tensor) -> Tensor:
    mean, log_std = parameters.chunk(2, -1)
    return mean + log_std.exp() * noise


def _log_prob(z: Tensor, parameters: Tensor) -> Tensor:
    mean, log_std = parameters.chunk(2, -1)
    return torch.distributions.Normal(mean, log_std.exp()).log_prob(z).sum(-1)


# Parameters (μ, log σ) `[2 d]` of z `[d]`; its nodes are those of `nodes`.
DIAGONAL = Family(
    torch.special.ndtri, _transform, _log_prob, lambda t: t, lambda t: torch.ones_like(t), (0.0, 0.0)
)


class Compared(NamedTuple):
    """Exact gradients `[4]` for μ₁, μ₂, log σ₁, log σ₂, in nats, and the moments of three estimators of them."""

    exact: Tensor
    pathwise: Moments
    score: Moments
    with_baseline: Moments


def nodes(n: int = NODES) -> tuple[Tensor, Tensor]:
    """Gauss–Hermite nodes `[n², 2]` of ε ~ N(0, I) in two dimensions, and their weights `[n²]`."""
    at, weights = (torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(n))
    weights = weights / weights.sum()
    return torch.cartesian_prod(at, at), torch.outer(weights, weights).flatten()


def parameters_of(q: Distribution) -> Tensor:
    """(μ, log σ) `[2 d]` of q of one image."""
    assert isinstance(q, Independent)
    return torch.cat([q.base_dist.loc, q.base_dist.scale.log()], -1).flatten()


def compare(model: Model, x: Tensor, draws: int = 2_000, seed: int = 0) -> Compared:
    """The estimators' moments over `draws` at the encoder's q of an image `x: [dim]`, and the exact gradient.

    The baseline is E_q −log p(x|z) itself, by quadrature; both score functions and pathwise see the same noise.
    """
    with torch.no_grad():
        parameters = parameters_of(model.encode(x.unsqueeze(0))["z"])

    def cost(z: Tensor) -> Tensor:
        log_p: Tensor = model.decode(z.to(x.dtype)).log_prob(x)
        return -log_p.to(z.dtype)

    grid, weights = nodes()
    grid, parameters = grid.double(), parameters.double()
    with torch.no_grad():
        baseline = weights @ cost(_transform(grid, parameters))
    exact = weights @ estimators.score_function(cost, DIAGONAL, parameters, grid, baseline)
    noise = torch.randn((draws, 2), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found = (
        estimators.pathwise(cost, DIAGONAL, parameters, noise),
        estimators.score_function(cost, DIAGONAL, parameters, noise),
        estimators.score_function(cost, DIAGONAL, parameters, noise, baseline),
    )
    return Compared(exact, *(estimators.moments(part) for part in found))
