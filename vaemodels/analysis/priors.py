"""The prior of the latent that a decoder takes: what kind it is, what it is made of, its density by dimension."""

from typing import Literal

import torch
from torch import Tensor
from torch.distributions import Independent

from vaemodels.analysis.latent_space import aggregate_density
from vaemodels.mixture import GaussianMixture
from vaemodels.models.base import Model

PriorKind = Literal["standard", "mixture", "two-level", "none"]
DRAWS = 10_000  # of a prior whose density has no closed form


def prior_kind(model: Model) -> PriorKind:
    """What p(z) is, of the latent z that `model.decode` takes.

    standard     N(0, I)
    mixture      (1/K) Σ_i N(μ_i, diag σ_i²)
    two-level    p(z1) = ∫ p(z1|z2) p(z2) dz2, which has no closed form and is drawn from by `sample_prior`
    none         the model has no prior
    """
    if not model.has_likelihood:
        return "none"
    if len(model.latent_dims) > 1:
        return "two-level"
    return "mixture" if isinstance(model.prior(), GaussianMixture) else "standard"


@torch.no_grad()
def prior_components(model: Model) -> tuple[Tensor, Tensor]:
    """Means and standard deviations `[K, z_dim]` of the Gaussians that make up p(z) in equal parts.

    K is 1 for N(0, I), and 0 where p(z) is no mixture in closed form or there is none.
    """
    if prior_kind(model) in ("two-level", "none"):
        nothing = torch.zeros(0, next(iter(model.latent_dims.values())))
        return nothing, nothing
    prior = model.prior()
    if isinstance(prior, GaussianMixture):
        return prior.means.detach(), prior.stds.detach()
    assert isinstance(prior, Independent)
    return prior.mean.unsqueeze(0), prior.stddev.unsqueeze(0)


@torch.no_grad()
def prior_density(model: Model, dimensions: Tensor, edges: Tensor) -> Tensor:
    """p(z_j) of the given `dimensions: [d]` by bins with ascending `edges: [m + 1]`, where there is a prior: `[m, d]`.

    A bin's value is the mean density within it: of a mixture exactly, of two levels as the share of 10,000 draws.
    """
    if prior_kind(model) == "two-level":
        draws = model.sample_prior(DRAWS, torch.Generator(model.device).manual_seed(0))
        return histogram(draws[:, dimensions], edges)
    means, stds = prior_components(model)
    return aggregate_density(means[:, dimensions], stds[:, dimensions], edges)


def histogram(points: Tensor, edges: Tensor) -> Tensor:
    """The share of `points: [n, d]` in each bin over the bin's width, for ascending `edges: [m + 1]`: `[m, d]`."""
    ordered = points.T.contiguous().sort(-1).values
    below = torch.searchsorted(ordered, edges.expand(len(ordered), -1).contiguous())
    return below.diff(dim=-1).T / len(points) / edges.diff()[:, None]
