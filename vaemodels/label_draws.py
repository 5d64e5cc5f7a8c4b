"""The semi-supervised bound with the unknown label drawn instead of enumerated: one term in place of the sum.

With f(x, y) = ELBO(x, y) − log q(y|x), the bound is an expectation over labels, and so is its gradient:

    ELBO(x)   = E_q(y|x)[f(x, y)]
    ∇ ELBO(x) = E_q(y|x)[∇ f(x, y) + f(x, y) ∇ log q(y|x)].

A label can't be differentiated through, which is why the second term is there: the score function's gradient
(Williams 1992, REINFORCE). z is still drawn by its path, z = μ + σε. One drawn label is unbiased, but noisy where f is
large: f is about −100 nats on MNIST, whatever the label, and no baseline is taken off it here.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels import conditional, networks
from vaemodels.models import SSVAE, Output


class Drawn(NamedTuple):
    """One estimate of the bound's terms for each image, in nats, at one label drawn from q(y|x) and one z.

    `output`: −nelbo is f(x, y), or ELBO(x, y) where the label was known; kl_y is log q(y|x) − log 1/10, of which any
    one draw may be negative. `log_q: [batch]` is log q(y|x), 0 where the label was known.
    """

    output: Output
    log_q: Tensor


def draw(
    model: SSVAE, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None
) -> Tensor:
    """A label y ~ q(y|x) for each image of `x: [batch, dim]`, `[batch]`; those known in `y` (not −1) are kept."""
    with torch.no_grad():
        probabilities = model.classify(x).softmax(-1)
    drawn = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
    return drawn if y is None else torch.where(y >= 0, y, drawn)


def terms_at(
    model: SSVAE,
    x: Tensor,
    drawn: Tensor,
    y: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Drawn:
    """The terms of f(x, y) from one draw of z, at the labels of `draw`; `y: [batch]` as it was given there."""
    log_q = model.classify(x).log_softmax(-1).gather(1, drawn.unsqueeze(1)).squeeze(1)
    if y is not None:
        log_q = torch.where(y >= 0, torch.zeros_like(log_q), log_q)
    q_z = networks.diagonal_normal(conditional.apply(model.encoder, x, drawn), model.config.spread)
    z = networks.sample_normal(q_z, generator=generator)
    likelihood = model.decode(z, drawn)
    kl = {"z": networks.kl_from_standard_normal(q_z).sum(-1), "y": log_q + math.log(model.n_labels)}
    reconstruction = -likelihood.log_prob(x)
    return Drawn(Output({"z": q_z}, {"z": z, "y": drawn}, likelihood, reconstruction, kl), log_q)


def surrogate(value: Tensor, log_q: Tensor) -> Tensor:
    """What has the score function's gradient of E_q(y|x)[value], `[batch]`; it is no bound, and is not reported."""
    return value + value.detach() * log_q
