"""The semi-supervised bound with the unknown label drawn instead of enumerated: one term in place of the sum.

With f(x, y) = ELBO(x, y) − log q(y|x), the bound is an expectation over labels, and so is its gradient:

    ELBO(x)   = E_q(y|x)[f(x, y)]
    ∇ ELBO(x) = E_q(y|x)[∇ f(x, y) + f(x, y) ∇ log q(y|x)].

A label can't be differentiated through, which is why the second term is there: the score function's gradient
(Williams 1992, REINFORCE). z is still drawn by its path, z = μ + σε. One drawn label is unbiased, but noisy where f is
large: f is about −100 nats on MNIST, whatever the label, and no baseline is taken off it here.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Categorical

from vaemodels import conditional, networks
from vaemodels.models import SSVAE


class DrawnBound(NamedTuple):
    """One estimate of ELBO(x) for each image, `bound: [batch]` in nats, and what to differentiate for its gradient.

    `surrogate: [batch]` has the score function's gradient; its value means nothing and is not to be reported.
    """

    bound: Tensor
    surrogate: Tensor


def draw(model: SSVAE, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """A label y ~ q(y|x) for each image of `x: [batch, dim]`, `[batch]`."""
    with torch.no_grad():
        probabilities = model.classify(x).softmax(-1)
    return torch.multinomial(probabilities, 1, generator=generator).squeeze(1)


def bound_at(model: SSVAE, x: Tensor, y: Tensor, generator: torch.Generator | None = None) -> DrawnBound:
    """f(x, y) from one draw of z, at labels `y: [batch]` that were drawn from q(y|x)."""
    log_q = Categorical(logits=model.classify(x), validate_args=False).log_prob(y)
    q_z = networks.diagonal_normal(conditional.apply(model.encoder, x, y))
    z = networks.sample_normal(q_z, generator=generator)
    log_likelihood = model.decode(z, y).log_prob(x)
    log_prior = -torch.full_like(log_q, model.n_labels).log()
    bound = log_likelihood - networks.kl_from_standard_normal(q_z).sum(-1) + log_prior - log_q
    return DrawnBound(bound, bound + bound.detach() * log_q)
