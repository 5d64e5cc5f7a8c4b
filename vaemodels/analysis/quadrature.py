"""log p(x) and the posterior p(z|x) of a model with two latents, computed exactly (to quadrature) on a grid.

log p(x) = log ∫ p(x|z) p(z) dz is summed over nodes of equal area. On a smooth integrand that has died away at the
edges such a sum converges faster than any power of the spacing: one standard deviation between nodes is enough. So the
work lies in finding where the posterior is, which in a trained model can be a thousandth of the plane's width.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels.errors import UsageError
from vaemodels.evaluation import refuse_grey_pixels
from vaemodels.models.base import Model

COARSE_NODES = 48  # along a side of the grids that look for the posterior
FINE_NODES = 80  # along a side of the grid that measures it
MOST_NODES = 320
REACH = 6.0  # the first grid covers so many standard deviations of the prior
OUTSIDE = 1e-6  # share of the mass that the fine grid's box may leave out
# The first grid can miss a peak between its nodes, by 25 nats at worst on the MNIST models here: what is within this of
# the highest node stays in the box that is searched next.
MISSED_NATS = 40.0
RESOLVED = 0.25  # a search is over when a step leaves more than this of the box's sides
MOST_STEPS = 20
# Twice the spacing may change log p(x) by this much before the grid counts as too coarse.
TOLERANCE = 0.05
POINTS_AT_ONCE = 500


class Grid(NamedTuple):
    """log p(x, z) in float64, `[n, n]`, at the nodes `z1: [n]` and `z2: [n]` along the axes, each evenly spaced."""

    z1: Tensor
    z2: Tensor
    log_joint: Tensor

    @property
    def cell(self) -> float:
        """The area that belongs to a node."""
        return ((self.z1[1] - self.z1[0]) * (self.z2[1] - self.z2[0])).item()

    @property
    def log_integral(self) -> Tensor:
        """log ∫ p(x, z) dz, `[]`."""
        return torch.logsumexp(self.log_joint, (0, 1)) + math.log(self.cell)


@dataclass(frozen=True)
class ExactPosterior:
    """The evidence `log_p` = log p(x) in nats, and the posterior p(z|x) as `density: [n, n]` at the nodes of `grid`.

    `coarser` is how much log p(x) changes when every other node is left out. The error of `log_p` itself is far below
    that: for a Gaussian peak it goes with the fourth power.
    """

    log_p: float
    coarser: float
    grid: Grid

    @property
    def density(self) -> Tensor:
        """p(z|x) at the nodes; times the cell's area it adds up to 1."""
        return (self.grid.log_joint - self.log_p).exp()

    @property
    def mean(self) -> Tensor:
        """E[z|x], `[2]`."""
        mass = self.density * self.grid.cell
        return torch.stack([mass.sum(1) @ self.grid.z1, mass.sum(0) @ self.grid.z2])


@torch.no_grad()
def exact_posterior(model: Model, x: Tensor) -> ExactPosterior:
    """The posterior and the evidence of one image `x: [dim]`.

    Coarse grids, the first over the range of the prior, find the box that holds all but a millionth of the mass, and a
    fine one over that box is summed: 11,000 decoded images as a rule, more where the posterior lies far out or a narrow
    peak asks for more nodes. The inference model has no part in it.

    Raises:
        UsageError: unless the model has a likelihood, one latent of two dimensions and no labels; and on grey pixels
            under a Bernoulli likelihood.
    """
    if not model.has_likelihood or model.n_labels or dict(model.latent_dims) != {"z": 2}:
        raise UsageError(
            "Only a model with two latents has a posterior that can be summed on a grid; "
            "choose a vae or gmvae with z_dim=2."
        )
    refuse_grey_pixels(model, x)
    x = x.to(model.device)

    low, high = _box_of_mass(model, x)
    nodes = FINE_NODES
    while True:
        grid = _evaluate(model, x, low, high, nodes)
        every_other = Grid(grid.z1[::2], grid.z2[::2], grid.log_joint[::2, ::2])
        coarser = (every_other.log_integral - grid.log_integral).abs().item()
        if coarser < TOLERANCE or nodes >= MOST_NODES:
            return ExactPosterior(grid.log_integral.item(), coarser, grid)
        nodes *= 2


def _box_of_mass(model: Model, x: Tensor) -> tuple[Tensor, Tensor]:
    """Corners of the rectangle that holds all but `OUTSIDE` of the posterior, by coarse grids that close in on it."""
    low, high = _range(model)
    for _ in range(MOST_STEPS):
        found = _evaluate(model, x, low, high, COARSE_NODES)
        if _matters_at_the_edge(found.log_joint):
            low, high = low - (high - low) / 2, high + (high - low) / 2
            continue
        wider, (low, high) = high - low, _box(found, found.log_joint.max() - MISSED_NATS)
        if ((high - low) / wider).min() > RESOLVED:
            break
    return _box(found, _level_holding(found.log_joint, 1 - OUTSIDE))


def _range(model: Model) -> tuple[Tensor, Tensor]:
    """Corners of the rectangle within `REACH` standard deviations of the prior, or of its components."""
    prior = model.prior()
    gaussians = getattr(prior, "component_distribution", prior)
    mean, std = gaussians.mean.view(-1, 2), gaussians.stddev.view(-1, 2)
    return (mean - REACH * std).amin(0), (mean + REACH * std).amax(0)


def _evaluate(model: Model, x: Tensor, low: Tensor, high: Tensor, nodes: int) -> Grid:
    """log p(x, z) on `nodes` × `nodes` points of the rectangle, decoded in float32 a few hundred at a time."""
    z1, z2 = (
        torch.linspace(a, b, nodes, dtype=torch.float64)
        for a, b in zip(low.tolist(), high.tolist(), strict=True)
    )
    points = torch.cartesian_prod(z1, z2).float().to(model.device)
    log_joint = [model.log_joint(x, {"z": part}) for part in points.split(POINTS_AT_ONCE)]
    return Grid(z1, z2, torch.cat(log_joint).cpu().double().view(nodes, nodes))


def _matters_at_the_edge(log_joint: Tensor) -> bool:
    """Whether the outermost nodes hold mass that must not be left out."""
    edges = torch.cat([log_joint[0], log_joint[-1], log_joint[:, 0], log_joint[:, -1]])
    return bool(edges.max() >= _level_holding(log_joint, 1 - OUTSIDE))


def _level_holding(log_joint: Tensor, share: float) -> Tensor:
    """The value such that the nodes above it hold `share` of the mass, `[]`."""
    ordered = log_joint.flatten().sort(descending=True).values
    held = ordered.softmax(0).cumsum(0)
    return ordered[int((held < share).sum().clamp(max=len(ordered) - 1))]


def _box(grid: Grid, level: Tensor) -> tuple[Tensor, Tensor]:
    """Corners of the rectangle around the nodes at or above `level`, with one node to spare on every side."""
    kept = grid.log_joint >= level
    sides = []
    for axis, along in ((grid.z1, kept.any(1)), (grid.z2, kept.any(0))):
        inside, spacing = axis[along], axis[1] - axis[0]
        sides.append(torch.stack([inside[0] - spacing, inside[-1] + spacing]))
    low, high = torch.stack(sides).unbind(1)
    return low, high
