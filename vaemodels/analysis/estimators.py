"""Two unbiased estimators of ∇ E f(z), z ~ p(z; parameters), and how much they scatter (Mohamed et al. 2020).

    pathwise         ∇ f(g(ε; parameters)),                      z = g(ε; parameters), ε ~ p(ε)
    score function   (f(z) − baseline) · ∇ log p(z; parameters)

The first needs a differentiable f and a transform g, the second neither. `quadrature` weighs values at nodes of ε:
the mean and the variance of both without a draw.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

Cost = Callable[[Tensor], Tensor]
NODES = 2**14 + 1


class Family(NamedTuple):
    """A distribution of z by its parameters, all tensors `[n, p]` with a row a draw, or `[p]`.

    `noise` takes uniform numbers in (0, 1) to those of ε; `transform(ε, parameters)` is g; `log_prob(z, parameters)` is
    log p(z), in nats. `span` is what t runs over in a quadrature of ε = `at(t)` with density `density(t)` in t.
    """

    noise: Callable[[Tensor], Tensor]
    transform: Callable[[Tensor, Tensor], Tensor]
    log_prob: Callable[[Tensor, Tensor], Tensor]
    at: Callable[[Tensor], Tensor]
    density: Callable[[Tensor], Tensor]
    span: tuple[float, float]


class Moments(NamedTuple):
    """The mean and the variance of an estimator, and so how many draws its signal needs."""

    mean: Tensor
    variance: Tensor

    @property
    def draws_needed(self) -> Tensor:
        """Draws whose mean has a signal-to-noise ratio of 1: variance / mean², infinite where the mean is 0."""
        return self.variance / self.mean.square()


def pathwise(cost: Cost, family: Family, parameters: Tensor, noise: Tensor) -> Tensor:
    """The gradient of `cost(g(ε; parameters))` for each ε of `noise: [n, …]`, `[n, p]` for `parameters: [p]`."""
    leaf = parameters.expand(len(noise), -1).detach().clone().requires_grad_()
    values = cost(family.transform(noise, leaf))
    if not values.requires_grad:  # a step has no slope
        return torch.zeros_like(leaf)
    return torch.autograd.grad(values.sum(), leaf)[0]


def score_function(
    cost: Cost, family: Family, parameters: Tensor, noise: Tensor, baseline: float | Tensor = 0.0
) -> Tensor:
    """`(cost(z) − baseline) ∇ log p(z)` at the z of each ε of `noise: [n, …]`, `[n, p]` for `parameters: [p]`."""
    leaf = parameters.expand(len(noise), -1).detach().clone().requires_grad_()
    z = family.transform(noise, leaf).detach()
    score = torch.autograd.grad(family.log_prob(z, leaf).sum(), leaf)[0]
    return (cost(z).detach() - baseline).unsqueeze(-1) * score


def quadrature(family: Family, nodes: int = NODES) -> tuple[Tensor, Tensor]:
    """Nodes of ε and their weights, `[nodes]` each, float64, by the trapezoidal rule: Σ weights · h(ε) ≈ E h(ε)."""
    low, high = family.span
    t = torch.linspace(low, high, nodes, dtype=torch.float64)
    return family.at(t), family.density(t) * (high - low) / (nodes - 1)


def moments(estimates: Tensor, weights: Tensor | None = None) -> Moments:
    """Mean and variance of `estimates: [n, p]`, over draws, or over a quadrature's nodes with `weights: [n]`."""
    if weights is None:
        return Moments(estimates.mean(0), estimates.var(0))
    mean = weights @ estimates
    return Moments(mean, weights @ (estimates - mean).square())


def _location(noise: Tensor, parameters: Tensor) -> Tensor:
    return parameters[..., 0] + parameters[..., 1] * noise


def _normal_log_prob(z: Tensor, parameters: Tensor) -> Tensor:
    mean, std = parameters.unbind(-1)
    return -((z - mean) / std).square() / 2 - std.log() - math.log(2 * math.pi) / 2


def _gumbel_log_prob(z: Tensor, parameters: Tensor) -> Tensor:
    location, scale = parameters.unbind(-1)
    standard = (z - location) / scale
    return -standard - (-standard).exp() - scale.log()


def _exponential_log_prob(z: Tensor, parameters: Tensor) -> Tensor:
    mean = parameters[..., 0]
    return -z / mean - mean.log()


def _gaussian(t: Tensor) -> Tensor:
    return (-t.square() / 2).exp() / math.sqrt(2 * math.pi)


# Parameters: (μ, σ) of z or of log z; (mean,); (location, scale).
FAMILIES: dict[str, Family] = {
    "normal": Family(torch.special.ndtri, _location, _normal_log_prob, lambda t: t, _gaussian, (-14.0, 14.0)),
    "lognormal": Family(
        torch.special.ndtri,
        lambda noise, parameters: _location(noise, parameters).exp(),
        lambda z, parameters: _normal_log_prob(z.log(), parameters) - z.log(),
        lambda t: t,
        _gaussian,
        (-14.0, 14.0),
    ),
    "exponential": Family(
        lambda u: -torch.log1p(-u),
        lambda noise, parameters: parameters[..., 0] * noise,
        _exponential_log_prob,
        torch.exp,
        lambda t: (t - t.exp()).exp(),
        (-36.0, 5.0),
    ),
    "gumbel": Family(
        lambda u: -(-u.log()).log(),
        _location,
        _gumbel_log_prob,
        lambda t: t,
        lambda t: (-t - (-t).exp()).exp(),
        (-5.0, 60.0),
    ),
}


def cost(name: str, k: float) -> Cost:
    """One of the costs of Mohamed et al. 2020, section 3, with parameter k, or a step at k, which has no slope."""
    costs: dict[str, Cost] = {
        "square": lambda z: (z - k).square(),
        "cos": lambda z: (k * z).cos(),
        "exp": lambda z: (-k * z.square()).exp(),
        "step": lambda z: (z > k).to(z.dtype),
    }
    return costs[name]


def exact(cost: Cost, family: Family, parameters: Tensor, nodes: int = NODES) -> tuple[Moments, Moments]:
    """The moments of the pathwise and of the score-function estimator, by quadrature, each over `[p]`."""
    noise, weights = quadrature(family, nodes)
    parameters = parameters.double()
    return (
        moments(pathwise(cost, family, parameters, noise), weights),
        moments(score_function(cost, family, parameters, noise), weights),
    )
