"""What each level of a two-level model holds, costs and leaves open."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Independent, Normal

from vaemodels import networks
from vaemodels.models.hvae import HVAE

PRIOR_DRAWS = 10_000


class Codes(NamedTuple):
    """Images by level: the means `z1: [n, z1_dim]` of q(z1|x) and `z2: [n, z2_dim]` of q(z2|·)."""

    z1: Tensor
    z2: Tensor


@torch.no_grad()
def codes(model: HVAE, x: Tensor) -> Codes:
    """The codes of images `x: [n, dim]`: the levels of `HVAE.posterior_means`."""
    return Codes(*model.posterior_means(x).split(list(model.latent_dims.values()), 1))


@torch.no_grad()
def kl_by_level(model: HVAE, x: Tensor, draws: int = 1, seed: int = 0) -> dict[str, Tensor]:
    """kl_z1 and kl_z2 of each image of `x: [n, dim]` in nats, `[n]` each, means of `draws` draws (`HVAE.forward`)."""
    generator = torch.Generator(model.device).manual_seed(seed)
    kls = [model(x, generator=generator).kl for _ in range(draws)]
    return {level: torch.stack([kl[level] for kl in kls]).mean(0) for level in model.latent_dims}


@torch.no_grad()
def with_other_upper(model: HVAE, z1: Tensor, z2: Tensor, other: Tensor) -> Tensor:
    """z1 as it would be under another z2, its noise held: m(other) + s(other) ε, where ε = (z1 − m(z2)) / s(z2).

    `z1: [z1_dim]`, `z2: [z2_dim]`, `other: [n, z2_dim]` → `[n, z1_dim]`.
    """
    own, new = _normal(model, z2), _normal(model, other)
    return new.mean + new.stddev * (z1 - own.mean) / own.stddev


class Lower(NamedTuple):
    """p(z1|z2) at one z2 beside p(z1) = ∫ p(z1|z2) p(z2) dz2: means and standard deviations, `[z1_dim]` each."""

    mean: Tensor
    std: Tensor
    prior_mean: Tensor
    prior_std: Tensor


@torch.no_grad()
def lower(model: HVAE, z2: Tensor, seed: int = 0) -> Lower:
    """p(z1|z2) at `z2: [z2_dim]`, and p(z1) from 10,000 draws of z2.

    E z1 = E m(z2) and Var z1 = E s²(z2) + Var m(z2), by the law of total variance: only z2 is drawn.
    """
    at = _normal(model, z2)
    of = _normal(model, _upper_draws(model, seed))
    return Lower(at.mean, at.stddev, of.mean.mean(0), (of.variance.mean(0) + of.mean.var(0)).sqrt())


@torch.no_grad()
def told_by_upper(model: HVAE, seed: int = 0) -> Tensor:
    """The share of each z1_j's variance under the prior that z2 decides, Var m_j(z2) / Var z1_j: `[z1_dim]`."""
    of = _normal(model, _upper_draws(model, seed))
    decided = of.mean.var(0)
    return decided / (decided + of.variance.mean(0))


def _upper_draws(model: HVAE, seed: int) -> Tensor:
    return model.sample_upper(PRIOR_DRAWS, torch.Generator(model.device).manual_seed(seed))


@torch.no_grad()
def chain(model: HVAE, x: Tensor, steps: int, generator: torch.Generator | None = None) -> Tensor:
    """The Markov chain z1 ~ q(z1|x), x ~ p(x|z1) from `x: [n, dim]`: its means E[x|z1], `[steps, n, dim]`.

    No step takes part in z2. Were q(z1|x) the exact posterior under some prior of z1, the chain would draw from the
    model's p(x) in the long run (Zhao, Song & Ermon 2017): no upper level is needed for that.
    """
    means = []
    for _ in range(steps):
        z1 = networks.sample_normal(model.encode(x)["z1"], (), generator)
        mean: Tensor = model.decode(z1).mean
        means.append(mean)
        x = torch.bernoulli(mean, generator=generator)
    return torch.stack(means)


def _normal(model: HVAE, z2: Tensor) -> Normal:
    p = model.conditional_prior(z2)
    assert isinstance(p, Independent) and isinstance(p.base_dist, Normal)
    return p.base_dist
