"""log p(x) from draws of z: why they are best taken from q, and what Jensen's inequality costs."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels.evaluation import log_weights_in_chunks
from vaemodels.models.base import Model

REPEATS = 20  # of every estimate


class Spread(NamedTuple):
    """log p̂(x) from k draws: the mean and the standard deviation over repeats in nats, and the mean effective number.

    `effective` is (Σ w)² / Σ w², between 1 and k: how many equal draws would be worth as much.
    """

    k: int
    mean: float
    std: float
    effective: float


@torch.no_grad()
def log_weights_of_prior(model: Model, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """log p(x|z) for k draws z ~ p(z): the log-weights `[k]` of an image `x: [dim]` whose proposal is the prior."""
    z = model.sample_prior(k, generator)
    return torch.cat([model.decode(part).log_prob(x) for part in z.split(500)])


@torch.no_grad()
def log_weights_of_q(model: Model, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """log p(x, z) − log q(z|x) for k draws z ~ q(z|x), `[k]`."""
    return log_weights_in_chunks(model, x.unsqueeze(0), k, None, generator)[:, 0]


def spreads(log_w: Tensor, ks: Sequence[int]) -> list[Spread]:
    """How estimates from k of the weights `log_w: [n]` spread, over disjoint blocks of them, `REPEATS` at most."""
    found = []
    for k in ks:
        blocks = log_w[: len(log_w) // k * k].double().view(-1, k)[:REPEATS]
        estimates = blocks.logsumexp(1) - math.log(k)
        effective = (2 * blocks.logsumexp(1) - (2 * blocks).logsumexp(1)).exp()
        std = estimates.std().item() if len(estimates) > 1 else math.nan
        found.append(Spread(k, estimates.mean().item(), std, effective.mean().item()))
    return found
