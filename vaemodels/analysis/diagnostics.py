"""How far an importance-weighted estimate can be trusted, and where the KL of a model goes."""

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor
from torch.distributions import Independent

from vaemodels import networks
from vaemodels.errors import UsageError
from vaemodels.evaluation import Estimate, estimate, refuse_grey_pixels
from vaemodels.mixture import GaussianMixture
from vaemodels.models.base import Model

# Below so many effective samples the log of their mean is dominated by a few draws, and reads too low.
RELIABLE_SAMPLE_SIZE = 10
IMAGES_AT_ONCE = 200


def effective_sample_size(log_w: Tensor) -> Tensor:
    """(Σ_i w_i)² / Σ_i w_i² (Kong 1992): how many equal weights tell as much, 1 to k. `[k, batch] → [batch]`."""
    return log_w.softmax(0).square().sum(0).reciprocal()


def spread(log_w: Tensor) -> Tensor:
    """The standard deviation of an image's log-weights, in nats: 0 where q is the posterior. `[k, batch] → [batch]`."""
    return log_w.std(0)


@dataclass(frozen=True)
class Surgery:
    """The mean KL taken apart, in nats an image (Hoffman & Johnson 2016, ELBO surgery).

        mean KL = I_q(x; z) + KL(q(z) ‖ p(z)),   q(z) = (1/n) Σ_i q(z|x_i)

    `mutual_information` is what z tells about which of the n images was encoded, and can't exceed `ceiling` = log n:
    near it, the estimate says how many images were looked at and nothing else. `marginal_kl` is how far the codes of
    all images together are from the prior. The two add up to `mean_kl`, which is estimated from the same draws.
    """

    reconstruction: Estimate
    mean_kl: Estimate
    mutual_information: Estimate
    marginal_kl: Estimate
    ceiling: float

    @property
    def elbo(self) -> float:
        """E log p(x|z) − I_q(x; z) − KL(q(z) ‖ p(z))."""
        return -self.reconstruction.mean - self.mutual_information.mean - self.marginal_kl.mean


@torch.no_grad()
def surgery(model: Model, x: Tensor, seed: int = 0) -> Surgery:
    """ELBO surgery on images `x: [n, dim]`, from one draw z ~ q(z|x) an image; the aggregate posterior is exact.

    Raises:
        UsageError: unless the model has a likelihood and one latent inferred from x alone; and on grey pixels under a
            Bernoulli likelihood.
    """
    if not model.has_likelihood or model.n_labels or list(model.latent_dims) != ["z"]:
        raise UsageError(
            "ELBO surgery is for models with one latent inferred from x alone; choose a vae or gmvae."
        )
    refuse_grey_pixels(model, x)
    generator = torch.Generator(model.device).manual_seed(seed)
    parts = [part.to(model.device) for part in x.split(IMAGES_AT_ONCE)]
    posteriors = [model.encode(part)["z"] for part in parts]
    aggregate = GaussianMixture(
        torch.cat([q.mean for q in posteriors]), torch.cat([q.stddev for q in posteriors]).log()
    )

    reconstruction, log_q, log_aggregate, log_prior = [], [], [], []
    for part, q in zip(parts, posteriors, strict=True):
        assert isinstance(q, Independent)
        z = networks.sample_normal(q, generator=generator)
        reconstruction.append(-model.decode(z).log_prob(part))
        log_q.append(q.log_prob(z))
        log_aggregate.append(aggregate.log_prob(z))
        log_prior.append(model.prior().log_prob(z))
    given_x, marginal, prior = torch.cat(log_q), torch.cat(log_aggregate), torch.cat(log_prior)
    return Surgery(
        reconstruction=estimate(torch.cat(reconstruction)),
        mean_kl=estimate(given_x - prior),
        mutual_information=estimate(given_x - marginal),
        marginal_kl=estimate(marginal - prior),
        ceiling=log(len(x)),
    )
