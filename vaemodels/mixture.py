"""An equally weighted mixture of diagonal Gaussians: the prior of a `gmvae`, the aggregate posterior of any model."""

import math

import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily
from torch.nn import functional

from vaemodels import networks


class GaussianMixture(MixtureSameFamily):
    """(1/K) Σ_i N(μ_i, diag σ_i²) with `means` and `log_stds` of shape `[K, dim]`.

    The library's mixture in everything but the arithmetic of its density: the squared distances from n points to K
    components are one product of matrices instead of an array `[n, K, dim]`. At n = 5,000, K = 500 and ten dimensions,
    a step of importance weighting with k = 50, that is some thirty times faster (`benchmarks/densities.py`).
    """

    def __init__(self, means: Tensor, log_stds: Tensor) -> None:
        components = networks.normal(means, log_stds)
        weights = Categorical(logits=means.new_zeros(len(means)), validate_args=False)
        super().__init__(weights, components, validate_args=False)
        self.means, self.stds = components.base_dist.loc, components.base_dist.scale

    def component_log_probs(self, z: Tensor) -> Tensor:
        """log N(z; μ_i, diag σ_i²) for every component: `z: [..., dim]` to `[..., K]`.

        In double precision, since (z − μ)² multiplied out loses digits where σ is small beside μ.
        """
        dtype = (
            torch.float32 if z.device.type == "mps" else torch.float64
        )  # Apple's GPUs have no double precision
        mean, std, point = self.means.to(dtype), self.stds.to(dtype), z.to(dtype)
        precision = std.square().reciprocal()
        coefficients = torch.cat([-0.5 * precision, mean * precision], -1)
        scale = std.log().sum(-1) + 0.5 * mean.shape[-1] * math.log(2 * math.pi)
        constant = -0.5 * (mean.square() * precision).sum(-1) - scale
        return functional.linear(torch.cat([point.square(), point], -1), coefficients, constant).to(z.dtype)

    def log_prob(self, z: Tensor) -> Tensor:
        """log (1/K) Σ_i N(z; μ_i, diag σ_i²): `[..., dim]` to `[...]`."""
        log_probs = self.component_log_probs(z)
        return torch.logsumexp(log_probs, -1) - math.log(log_probs.shape[-1])

    def responsibilities(self, z: Tensor) -> Tensor:
        """p(i|z), the share of each component in the density at `z: [..., dim]`: `[..., K]`, adding up to 1."""
        return self.component_log_probs(z).softmax(-1)
