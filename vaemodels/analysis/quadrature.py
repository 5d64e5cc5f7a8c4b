"""log p(x) and the posterior p(z|x) of a model with two latents, computed exactly (to quadrature) on a grid.

log p(x) = log ∫ p(x|z) p(z) dz is summed over nodes of equal area. On a smooth integrand that has died away at the
edges such a sum converges faster than any power of the spacing: one standard deviation between nodes is enough. So the
work lies in finding where the posterior is, which in a trained model can be a thousandth of the plane's width, and
beyond all that the prior expects: q(z|x) and the best of many decoded points lead there where a grid does not.
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
# What may lead to peaks that the first grid misses, beside q's mean: the best of so many points, three times as far out
# as the prior. Each is led uphill by so many steps over 5 × 5 points, which close in where the middle one is highest.
DRAWN, LED = 500, 6
CLIMB_STEPS, CLIMB_REACH = 24, 0.1
MATTERS_NATS = 16.0  # a peak so far below the highest one holds nothing that counts
# A peak this many times narrower than the first grid's spacing can lie between its nodes unseen.
SEEN = 12.0


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
    that: for a Gaussian peak it goes with the fourth power. Peaks that lie apart have `grids` of their own, that with
    the most mass first. `may_miss` says that others may lie where nothing has looked: these are out of the range of the
    prior, or narrow beside the spacing of the grid that searched it.
    """

    log_p: float
    coarser: float
    grids: tuple[Grid, ...]
    may_miss: bool

    @property
    def grid(self) -> Grid:
        """The grid that holds most of the mass."""
        return self.grids[0]

    @property
    def density(self) -> Tensor:
        """p(z|x) at the nodes of `grid`; times the cells' areas those of all grids add up to 1."""
        return (self.grid.log_joint - self.log_p).exp()

    @property
    def mean(self) -> Tensor:
        """E[z|x], `[2]`."""
        total = torch.zeros(2, dtype=torch.float64)
        for grid in self.grids:
            mass = (grid.log_joint - self.log_p).exp() * grid.cell
            total += torch.stack([mass.sum(1) @ grid.z1, mass.sum(0) @ grid.z2])
        return total


@torch.no_grad()
def exact_posterior(model: Model, x: Tensor) -> ExactPosterior:
    """The posterior and the evidence of one image `x: [dim]`.

    Coarse grids, the first over the range of the prior, find the box that holds all but a millionth of the mass, and a
    fine one over that box is summed: 15,000 decoded images as a rule, more where the posterior lies far out or a narrow
    peak asks for more nodes. Peaks outside the box, to which q(z|x) and the best of many points lead, get boxes of
    their own. Whatever led to a peak, only p(x, z) is summed: the inference model has no part in the numbers.

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

    boxes = _boxes(model, x)
    grids, coarsened = zip(*(_fine(model, x, *box) for box in boxes), strict=True)
    total = torch.stack([grid.log_integral for grid in grids]).logsumexp(0)
    coarser = (torch.stack(coarsened).logsumexp(0) - total).abs().item()
    ordered = sorted(grids, key=lambda grid: grid.log_integral.item(), reverse=True)
    return ExactPosterior(total.item(), coarser, tuple(ordered), _may_miss(model, ordered))


Box = tuple[Tensor, Tensor]  # corners: low `[2]`, high `[2]`


def _boxes(model: Model, x: Tensor) -> list[Box]:
    """Boxes that do not overlap and hold the posterior."""
    boxes = [_box_of_mass(model, x, *_range(model))]
    found = _climb(model, x, torch.cat([model.embed(x.unsqueeze(0)), _best_of_many(model, x)]))
    inside = _evaluate(model, x, *boxes[0], COARSE_NODES).log_joint.max()
    highest = max(inside.item(), found.height.max().item())
    if inside < highest - MATTERS_NATS:
        boxes = []
    for z, height, step in zip(found.z, found.height.tolist(), found.step.tolist(), strict=True):
        if height > highest - MATTERS_NATS and not any(
            ((low <= z) & (z <= high)).all() for low, high in boxes
        ):
            boxes.append(_box_of_mass(model, x, z - 20 * step, z + 20 * step))
    return _apart(boxes)


def _apart(boxes: list[Box]) -> list[Box]:
    """The boxes, those that overlap made one."""
    apart: list[Box] = []
    for low, high in boxes:
        for other in [box for box in apart if ((low <= box[1]) & (box[0] <= high)).all()]:
            apart = [box for box in apart if box is not other]
            low, high = torch.minimum(low, other[0]), torch.maximum(high, other[1])
        apart.append((low, high))
    return apart


class _Peaks(NamedTuple):
    """Where climbs ended: `z: [n, 2]` in float64, log p(x, z) there as `height: [n]`, their last `step: [n]`."""

    z: Tensor
    height: Tensor
    step: Tensor


def _best_of_many(model: Model, x: Tensor) -> Tensor:
    """The `LED` points `[LED, 2]` of the highest log p(x, z) among `DRAWN` of three times the prior's width."""
    z = 3 * model.sample_prior(DRAWN, torch.Generator(model.device).manual_seed(0))
    return z[model.log_joint(x, {"z": z}).topk(LED).indices]


def _climb(model: Model, x: Tensor, start: Tensor) -> _Peaks:
    """Uphill in log p(x, z) from each of `start: [n, 2]`, without gradients."""
    z = start.double()
    step = torch.full((len(z), 1), CLIMB_REACH, dtype=torch.float64, device=z.device)
    around = torch.cartesian_prod(*[torch.arange(-2.0, 3.0, dtype=torch.float64, device=z.device)] * 2)
    for _ in range(CLIMB_STEPS):
        points = z.unsqueeze(1) + step.unsqueeze(1) * around
        log_joint = model.log_joint(x, {"z": points.float()})
        height, best = log_joint.max(1)
        z = points[torch.arange(len(z)), best]
        # On the edge of the 5 × 5 points: on with longer steps; at their middle: closer.
        edge = (around[best].abs().amax(1, keepdim=True) == 2).double()
        lower = (height.unsqueeze(1) - log_joint.amin(1, keepdim=True)) < 4
        step = torch.where(lower, step, step * torch.where(edge > 0, 1.5, 0.5))
    return _Peaks(z.cpu(), height.cpu().double(), step[:, 0].cpu())


def _fine(model: Model, x: Tensor, low: Tensor, high: Tensor) -> tuple[Grid, Tensor]:
    """The grid over a box with as many nodes as its peak asks for; log ∫ p(x, z) dz from every other one, `[]`."""
    nodes = FINE_NODES
    while True:
        grid = _evaluate(model, x, low, high, nodes)
        every_other = Grid(grid.z1[::2], grid.z2[::2], grid.log_joint[::2, ::2]).log_integral
        if (every_other - grid.log_integral).abs() < TOLERANCE or nodes >= MOST_NODES:
            return grid, every_other
        nodes *= 2


def _may_miss(model: Model, grids: list[Grid]) -> bool:
    """Whether other peaks could lie unseen: these are beyond the first grid's range, or too narrow for its nodes."""
    low, high = _range(model)
    spacing = ((high - low) / (COARSE_NODES - 1)).max().item()
    beyond = any(
        grid.z1[0] < low[0] or grid.z2[0] < low[1] or grid.z1[-1] > high[0] or grid.z2[-1] > high[1]
        for grid in grids
    )
    return beyond or spacing > SEEN * _width(grids[0])


def _width(grid: Grid) -> float:
    """The posterior's smaller standard deviation along an axis of the grid that holds most of it."""
    mass = grid.log_joint.flatten().softmax(0).view_as(grid.log_joint)
    widths = []
    for axis, share in ((grid.z1, mass.sum(1)), (grid.z2, mass.sum(0))):
        widths.append((share @ axis.square() - (share @ axis) ** 2).clamp(min=0).sqrt().item())
    return min(widths)


def _box_of_mass(model: Model, x: Tensor, low: Tensor, high: Tensor) -> Box:
    """Corners of the rectangle that holds all but `OUTSIDE` of the peaks between `low` and `high` and about them."""
    for _ in range(MOST_STEPS):
        found = _evaluate(model, x, low, high, COARSE_NODES)
        if _matters_at_the_edge(found.log_joint):
            low, high = low - (high - low) / 2, high + (high - low) / 2
            continue
        wider, (low, high) = high - low, _box(found, found.log_joint.max() - MISSED_NATS)
        if ((high - low) / wider).min() > RESOLVED:
            break
    return _box(found, _level_holding(found.log_joint, 1 - OUTSIDE))


def _range(model: Model) -> Box:
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


def _box(grid: Grid, level: Tensor) -> Box:
    """Corners of the rectangle around the nodes at or above `level`, with one node to spare on every side."""
    kept = grid.log_joint >= level
    sides = []
    for axis, along in ((grid.z1, kept.any(1)), (grid.z2, kept.any(0))):
        inside, spacing = axis[along], axis[1] - axis[0]
        sides.append(torch.stack([inside[0] - spacing, inside[-1] + spacing]))
    low, high = torch.stack(sides).unbind(1)
    return low, high
