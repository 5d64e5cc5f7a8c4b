"""Images under a mixture prior: which components they belong to, and what one draw tells of their KL.

    p(z) = (1/K) Σ_i N(z; μ_i, diag σ_i²),   p(i|z) = N(z; μ_i, diag σ_i²) / Σ_j N(z; μ_j, diag σ_j²)

An image's responsibilities are E_q[p(i|z)], q = q(z|x), and its KL is E_q[log q(z|x) − log p(z)]. Both are estimated
from draws z = μ(x) + σ(x) ε, and given the same ε they are the same numbers wherever they are computed.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels import networks
from vaemodels.analysis.clustering import component_table
from vaemodels.mixture import GaussianMixture

IMAGES_AT_ONCE = 500
LABELS = 10


class Occupancy(NamedTuple):
    """What n images make of a mixture's K components.

    `shares: [K]` is the mean of p(i|z) over the images, one draw an image; `component: [n]` the most probable component
    of each; `table: [K, n_labels]` counts the images of each label there. `kl: [n]` is log q(z|x) − log p(z) at the
    same draw, in nats.
    """

    shares: Tensor
    component: Tensor
    table: Tensor
    kl: Tensor


@torch.no_grad()
def occupancy(prior: GaussianMixture, mean: Tensor, std: Tensor, labels: Tensor, seed: int = 0) -> Occupancy:
    """The occupancy by images whose q(z|x) have `mean, std: [n, z_dim]`, and whose `labels: [n]` are known."""
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(seed))
    shares = torch.zeros(len(prior.means))
    component, kl = [], []
    for mu, sigma, epsilon in zip(*(part.split(IMAGES_AT_ONCE) for part in (mean, std, noise)), strict=True):
        z = mu + sigma * epsilon
        of_each = prior.responsibilities(z)
        shares += of_each.sum(0)
        component.append(of_each.argmax(-1))
        kl.append(networks.normal(mu, sigma.log()).log_prob(z) - prior.log_prob(z))
    chosen = torch.cat(component)
    n_labels = max(LABELS, int(labels.max()) + 1)
    table = component_table(chosen, labels.long(), len(shares), n_labels)
    return Occupancy(shares / len(mean), chosen, table, torch.cat(kl))


class Draws(NamedTuple):
    """An image's `responsibilities: [K]`, means over draws; log q(z|x) − log p(z) at each of them, `kl: [draws]`."""

    responsibilities: Tensor
    kl: Tensor


@torch.no_grad()
def image_draws(prior: GaussianMixture, mean: Tensor, std: Tensor, noise: Tensor) -> Draws:
    """What the draws z = μ + σ ε of one image tell: q's `mean, std: [z_dim]`, `noise: [draws, z_dim]`."""
    z = mean + std * noise
    log_q = networks.normal(mean, std.log()).log_prob(z)
    return Draws(prior.responsibilities(z).mean(0), log_q - prior.log_prob(z))


@torch.no_grad()
def with_means(prior: GaussianMixture, moved: Mapping[int, Sequence[float]]) -> GaussianMixture:
    """The mixture with the means of some components put elsewhere: component to mean `[z_dim]`."""
    means = prior.means.detach().clone()
    for component, mean in moved.items():
        means[component] = torch.tensor(mean).to(means)
    return GaussianMixture(means, prior.stds.detach().log())
