"""The distribution that importance weighting turns q into (Cremer, Morris & Duvenaud 2017; Bachman & Precup 2015).

Draw z_1, …, z_k ~ q(z|x) and keep one of them by its weight: that one has the density

    q_k(z|x) = q(z|x) E[k w(z) / (w(z) + w_2 + … + w_k)],   w = p(x, z) / q(z|x)

which is q for k = 1, and nears the posterior as k grows.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels.analysis.bounds import Draws
from vaemodels.models.base import Model

POINTS_AT_ONCE = 500


class Nodes(NamedTuple):
    """log q(z|x) and log w(z) at points of the latent space, `[n]` each, in float64."""

    log_q: Tensor
    log_w: Tensor

    @property
    def log_joint(self) -> Tensor:
        """log p(x, z), `[n]`."""
        return self.log_q + self.log_w


@torch.no_grad()
def nodes_at(model: Model, x: Tensor, points: Tensor) -> Nodes:
    """What the densities of the image `x: [dim]` are made of at `points: [n, z_dim]` of a model with one latent z."""
    images = x.to(model.device).unsqueeze(0)
    q = model.encode(images)["z"]
    log_q, log_joint = [], []
    for part in points.float().to(model.device).split(POINTS_AT_ONCE):
        z = part.unsqueeze(1)
        log_q.append(q.log_prob(z)[:, 0].cpu().double())
        log_joint.append(model.log_joint(images, {"z": z})[:, 0].cpu().double())
    of_q = torch.cat(log_q)
    return Nodes(of_q, torch.cat(log_joint) - of_q)


def density(nodes: Nodes, log_w: Tensor, k: int) -> Tensor:
    """q_k(z|x) at the nodes, `[n]`: a mean over the sets of k − 1 other draws that `log_w: [draws]` can be cut into."""
    if k == 1:
        return nodes.log_q.exp()
    sets = len(log_w) // (k - 1)
    others = torch.logsumexp(log_w.cpu().double()[: sets * (k - 1)].view(sets, k - 1), 1)
    shares = torch.logsumexp(-torch.logaddexp(nodes.log_w.unsqueeze(1), others), 1) - math.log(sets)
    return (nodes.log_q + nodes.log_w + math.log(k) + shares).exp()


def resample(draws: Draws, k: int, generator: torch.Generator | None = None) -> Tensor:
    """Independent draws `[n // k, z_dim]` from q_k: of each block of k draws from q one, kept by its weight."""
    blocks = len(draws.log_w) // k
    weights = draws.log_w.cpu()[: blocks * k].view(blocks, k).softmax(1)
    kept = torch.multinomial(weights, 1, generator=generator)[:, 0]
    return draws.z[torch.arange(blocks) * k + kept]


def divergence(density: Tensor, log_posterior: Tensor, cell: float) -> float:
    """KL(q_k ‖ p(z|x)) in nats, summed over the nodes of a grid with cells of that area."""
    inside = density > 0
    return ((density[inside] * (density[inside].log() - log_posterior[inside])).sum() * cell).item()
