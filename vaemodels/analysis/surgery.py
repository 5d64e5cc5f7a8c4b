"""ELBO surgery (Hoffman & Johnson 2016): what the mean KL to the prior is made of.

    (1/N) Σ_n KL(q(z|x_n) ‖ p(z)) = I_q(n; z) + KL(q(z) ‖ p(z)),   q(z) = (1/N) Σ_n q(z|x_n)

I_q is what z tells of which of the N images it came from, log N at most; the other part how far the codes of all images
together are from the prior. Both are means over draws from q(z|x_n), so that they add up exactly.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Independent

from vaemodels.evaluation import Estimate, estimate
from vaemodels.models.base import Model
from vaemodels.networks import sample_normal

DRAWS = 4  # of z an image
AT_ONCE = 500  # draws, each scored under all N images' q


class Surgery(NamedTuple):
    """The parts in nats an image, means over `n` images with standard errors; log n is the ceiling of `information`."""

    n: int
    kl: Estimate
    information: Estimate
    marginal: Estimate
    ceiling: float


@torch.no_grad()
def surgery(model: Model, x: Tensor, seed: int = 0) -> Surgery:
    """Take the mean KL of images `x: [n, dim]` apart, for a model with one latent that is inferred from x alone."""
    q = model.encode(x)["z"]
    assert isinstance(q, Independent)
    z = sample_normal(q, (DRAWS,), torch.Generator(model.device).manual_seed(seed))
    log_q = q.log_prob(z)
    mean, std = q.mean.double(), q.stddev.double()
    # Σ_d ((z − μ)/σ)² multiplied out: products of matrices in place of an array [draws, n, z_dim].
    precision = std.pow(-2)
    constant = (
        -0.5 * (mean.square() * precision).sum(1)
        - std.log().sum(1)
        - 0.5 * mean.shape[1] * math.log(2 * math.pi)
    )
    log_marginal = []
    for part in z.flatten(0, 1).double().split(AT_ONCE):
        scores = -0.5 * part.square() @ precision.T + part @ (mean * precision).T + constant
        log_marginal.append(scores.logsumexp(1) - math.log(len(x)))
    log_aggregate = torch.cat(log_marginal).view(DRAWS, len(x))
    log_prior = model.prior().log_prob(z).double()
    information = (log_q.double() - log_aggregate).mean(0)
    marginal = (log_aggregate - log_prior).mean(0)
    return Surgery(
        len(x), estimate(information + marginal), estimate(information), estimate(marginal), math.log(len(x))
    )
