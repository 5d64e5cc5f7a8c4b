"""The distribution that importance weighting turns q into (Cremer, Morris & Duvenaud 2017; Bachman & Precup 2015).

Draw z_1, …, z_k ~ q(z|x) and keep one of them by its weight: that one has the density

    q_k(z|x) = p(x, z) E[k / (w(z) + w_2 + … + w_k)] = q(z|x) E[k w(z) / (w(z) + w_2 + … + w_k)],   w = p(x, z) / q(z|x)

which is q for k = 1, and nears the posterior as k grows.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels.analysis.bounds import Draws, draw
from vaemodels.evaluation import log_weights_in_chunks
from vaemodels.models.base import Model

POINTS_AT_ONCE = 500


class ImplicitDensity(NamedTuple):
    """q_k(z|x) at nodes, `density: [n]`, from `repeats` sets of the other k − 1 draws."""

    density: Tensor
    repeats: int


@torch.no_grad()
def density(
    model: Model,
    x: Tensor,
    k: int,
    points: Tensor,
    draws: int = 5_000,
    generator: torch.Generator | None = None,
) -> ImplicitDensity:
    """q_k at `points: [n, z_dim]` of the image `x: [dim]`; the expectation is a mean over draws // (k − 1) sets.

    Raises:
        UsageError: as `bounds.check`.
    """
    images = x.to(model.device).unsqueeze(0)
    q = model.encode(images)["z"]
    log_q, log_w = [], []
    for part in points.float().to(model.device).split(POINTS_AT_ONCE):
        z = part.unsqueeze(1)
        of_q = q.log_prob(z)[:, 0]
        log_q.append(of_q.double())
        log_w.append((model.log_joint(images, {"z": z})[:, 0] - of_q).double())
    own_q, own_w = torch.cat(log_q).cpu(), torch.cat(log_w).cpu()
    if k == 1:
        return ImplicitDensity(own_q.exp(), 1)
    repeats = max(1, draws // (k - 1))
    others = log_weights_in_chunks(model, images, repeats * (k - 1), None, generator)[:, 0].cpu().double()
    sums = torch.logsumexp(others.view(repeats, k - 1), 1)
    share = torch.logsumexp(-torch.logaddexp(own_w.unsqueeze(1), sums), 1) - math.log(repeats)
    return ImplicitDensity((own_q + own_w + math.log(k) + share).exp(), repeats)


def resample(model: Model, x: Tensor, k: int, n: int, generator: torch.Generator | None = None) -> Tensor:
    """`n` independent draws `[n, z_dim]` from q_k: of k draws from q each, one kept by its weight.

    Raises:
        UsageError: as `bounds.check`.
    """
    kept = []
    for _ in range(n):
        few: Draws = draw(model, x, k, generator)
        place = torch.multinomial(few.log_w.softmax(0), 1, generator=generator)
        kept.append(few.z[place])
    return torch.cat(kept)
