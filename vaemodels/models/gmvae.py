"""The VAE whose prior is a learned mixture of Gaussians.

Generative model    z ~ (1/K) Σ_i N(μ_i, diag σ_i²),   x ~ p(x|z) = Bernoulli(f(z)), N(f(z), σ²I),
                    N(f(z), diag σ²(z)) or a continuous Bernoulli of logits f(z)
Inference model     q(z|x) = N(μ(x), diag σ²(x))
Objective           ELBO(x) = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z))   ≤ log p(x)

The means μ_i and variances σ_i² are learned with the rest. The KL to a mixture has no closed form; it is estimated
without bias, as log q(z|x) − log p(z) at the one draw z ~ q(z|x) that is decoded, and may be negative for an image.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent

from vaemodels import networks
from vaemodels.errors import UsageError
from vaemodels.mixture import GaussianMixture
from vaemodels.models.base import Output
from vaemodels.models.vae import VAE, VAEConfig

MAX_COMPONENTS = 1_000

# Components start with variance 1 and with means drawn from a Gaussian so wide that two of them are this far apart in
# root mean square, whatever the number of dimensions: far enough to be told apart, near enough for the codes, which
# start at N(0, I), to reach all of them. On MNIST, twice as far left one of ten components 1 % of the images.
START_DISTANCE = 4.5


@dataclass(frozen=True)
class GMVAEConfig(VAEConfig):
    """Sizes and likelihood as a VAE's, and the number of `components` of the prior."""

    components: int = 500

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.components <= MAX_COMPONENTS:
            raise UsageError(
                f"A mixture has 1 to {MAX_COMPONENTS:,} components, not {self.components}; choose in that range.",
                "components",
            )


class GMVAE(VAE):
    """A VAE with a mixture for its prior; networks, likelihoods and log-weights are the VAE's."""

    name = "gmvae"
    kl_is_exact = False
    config: GMVAEConfig

    def __init__(self, config: GMVAEConfig) -> None:
        super().__init__(config)
        shape = (config.components, config.z_dim)
        start = torch.empty(shape)
        if (
            not start.is_meta
        ):  # where a checkpoint is read nothing is drawn, and a draw would import torch's compiler
            start.normal_(std=START_DISTANCE / math.sqrt(2 * config.z_dim))
        self.prior_mean = nn.Parameter(start)
        self.prior_log_std = nn.Parameter(torch.zeros(shape))

    def prior(self) -> GaussianMixture:  # type: ignore[override]
        """p(z) = (1/K) Σ_i N(μ_i, diag σ_i²)."""
        return GaussianMixture(self.prior_mean, self.prior_log_std)

    def forward(self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None) -> Output:
        """One draw z ~ q(z|x), which serves both terms: log p(x|z), and log q(z|x) − log p(z) for the KL."""
        posterior = self.encode(x)["z"]
        z = networks.sample_normal(posterior, generator=generator)
        likelihood = self.decode(z)
        return Output(
            posteriors={"z": posterior},
            latents={"z": z},
            likelihood=likelihood,
            reconstruction=-likelihood.log_prob(x),
            kl={"z": posterior.log_prob(z) - self.prior().log_prob(z)},
        )

    def sample_prior(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """A component for each draw, then z from it: `[n, z_dim]`."""
        which = torch.randint(self.config.components, (n,), generator=generator, device=self.device)
        return networks.sample_normal(self._components(which), (), generator)

    def sample_component(self, i: int, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws `[n, z_dim]` from component i."""
        which = torch.full((n,), i, device=self.device)
        return networks.sample_normal(self._components(which), (), generator)

    def responsibilities(self, z: Tensor) -> Tensor:
        """p(i|z) for every component i: `z: [..., z_dim]` to `[..., K]`, adding up to 1."""
        return self.prior().responsibilities(z)

    @torch.no_grad()
    def occupancy(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The share of each component among images `x: [n, dim]`, `[K]`: mean p(i|z), one draw z ~ q(z|x) an image."""
        z = networks.sample_normal(self.encode(x)["z"], generator=generator)
        return self.responsibilities(z).mean(0)

    def kl_by_dimension(self, posteriors: Mapping[str, Distribution]) -> dict[str, Tensor]:
        """Nothing: under a mixture the KL is no sum over dimensions."""
        return {}

    def _components(self, which: Tensor) -> Independent:
        return networks.normal(self.prior_mean[which], self.prior_log_std[which])
