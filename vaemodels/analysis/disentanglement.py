"""The mutual information gap: whether each true factor of the images has a latent dimension of its own."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.distributions import Normal

# Densities (draws × images) held at once.
DENSITIES_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class InformationGap:
    """MIG (Chen et al. 2018, eq. 6) and what it is made of.

    `information: [z_dim, n_factors]` is I(z_j; v_f) / H(v_f), 1 where a dimension tells all about a factor. `gaps:
    [n_factors]` is the lead of each factor's best dimension over its second best, and `mig` their mean.
    """

    mig: float
    gaps: Tensor
    information: Tensor


def information_gap(
    mean: Tensor, std: Tensor, factors: Tensor, generator: torch.Generator | None = None
) -> InformationGap:
    """MIG of codes q(z|x_i) = N(mean_i, diag std_i²), `[n, z_dim]`, for discrete `factors: [n, n_factors]`.

    I(z_j; v) = E[log q(z_j|v) − log q(z_j)] at one draw of z an image, where q(z_j) and q(z_j|v) are the codes of all
    images and of those with that value: n² densities a dimension. A continuous factor goes through `quantile_bins`.
    A code sharper than the distances between images identifies the image, and with it every factor; all its
    dimensions then look equally informative.
    """
    n, z_dim = mean.shape
    z = mean + std * torch.randn(mean.shape, generator=generator, device=mean.device)
    values = [factor.unique(return_inverse=True)[1] for factor in factors.T]
    holds = torch.cat([nn.functional.one_hot(value) for value in values], 1).to(mean)  # [n, values of all]
    n_values = torch.tensor([int(value.max()) + 1 for value in values], device=mean.device)
    # Where in `holds` each image's own values are, [n, n_factors].
    own = torch.stack(values, 1) + n_values.cumsum(0) - n_values
    log_share = holds.mean(0).log()[own]  # of each image's value of a factor, [n, n_factors]
    information = mean.new_zeros(z_dim, factors.shape[1])
    for rows in torch.arange(n, device=mean.device).split(max(1, DENSITIES_AT_ONCE // n)):
        for j in range(z_dim):
            log_density = Normal(mean[:, j], std[:, j]).log_prob(z[rows, j].unsqueeze(1))  # [rows, n]
            density = (log_density - log_density.amax(1, keepdim=True)).exp()  # in units that cancel below
            marginal = density.sum(1, keepdim=True).log()
            joint = (density @ holds).gather(1, own[rows]).log()  # over the images of the same value
            information[j] += (joint - log_share[rows] - marginal).sum(0) / n
    information /= -log_share.mean(0)  # the entropy of each factor
    best, second = nn.functional.pad(information, (0, 0, 0, 1)).topk(2, dim=0).values
    gaps = best - second
    return InformationGap(gaps.mean().item(), gaps, information)


def quantile_bins(values: Tensor, bins: int = 10) -> Tensor:
    """A continuous factor `values: [n]` cut into `bins` bins of equal counts: the bin of each, `[n]`."""
    edges = values.double().quantile(torch.linspace(0, 1, bins + 1, dtype=torch.float64)[1:-1])
    return torch.bucketize(values.double(), edges, right=True)
