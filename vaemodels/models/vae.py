"""The variational autoencoder (Kingma & Welling 2014, Auto-Encoding Variational Bayes).

Generative model    z ~ N(0, I),   x ~ p(x|z) = Bernoulli(f(z)), N(f(z), σ²I), N(f(z), diag σ²(z)) or a continuous
                    Bernoulli of logits f(z)
Inference model     q(z|x) = N(μ(x), diag σ²(x))
Objective           ELBO(x) = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z))   ≤ log p(x)

Training may weigh the two terms (β-VAE, Higgins et al. 2017); the reported ELBO never does.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent

from vaemodels import continuous_bernoulli, networks
from vaemodels.errors import UsageError
from vaemodels.models.base import Likelihood, Model, Output, check_likelihood, check_network, check_spread
from vaemodels.networks import Activation, Spread
from vaemodels.pixel_bernoulli import PixelBernoulli

Variance = Literal["fixed", "learned", "per_pixel"]
FIXED_VARIANCE = 0.1


@dataclass(frozen=True)
class VAEConfig:
    """Sizes and likelihood of a VAE; `hidden` is the encoder's, the decoder mirrors it.

    `variance` matters under a Gaussian likelihood: "fixed" at 1/10, "learned" (one scalar), or "per_pixel".
    `spread` is how the encoder gives q's standard deviation (`networks.diagonal_normal`).
    """

    image_shape: tuple[int, int, int] = (1, 28, 28)
    z_dim: int = 10
    hidden: tuple[int, ...] = (300, 300)
    activation: Activation = "elu"
    likelihood: Likelihood = "bernoulli"
    variance: Variance = "fixed"
    spread: Spread = "log_std"

    def __post_init__(self) -> None:
        check_likelihood(self.likelihood, self.image_shape)
        if self.variance not in ("fixed", "learned", "per_pixel"):
            raise UsageError(
                f"Unknown variance '{self.variance}'; choose fixed, learned or per_pixel.", "variance"
            )
        check_spread(self.spread)
        check_network(self.image_shape, self.z_dim, self.hidden, self.activation, self.outputs_per_pixel)

    @property
    def outputs_per_pixel(self) -> int:
        """2 when the decoder also gives every pixel's log standard deviation, else 1."""
        return 2 if self.likelihood == "gaussian" and self.variance == "per_pixel" else 1


class VAE(Model):
    """A VAE with MLP encoder and decoder; see the module's equations."""

    name = "vae"

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_dims = {"z": config.z_dim}
        dim = prod(config.image_shape)
        self.encoder = networks.mlp((dim, *config.hidden, 2 * config.z_dim), config.activation)
        outputs = config.outputs_per_pixel * dim
        self.decoder = networks.mlp((config.z_dim, *reversed(config.hidden), outputs), config.activation)
        if config.likelihood == "gaussian" and config.variance == "learned":
            # A logarithm of math's: torch's, on the device "meta" where checkpoints are checked, imports its compiler.
            self.log_std = nn.Parameter(torch.tensor(0.5 * math.log(FIXED_VARIANCE)))

    def prior(self) -> Independent:
        """p(z) = N(0, I)."""
        return networks.standard_normal(self.config.z_dim, next(self.parameters()))

    def decode(self, z: Tensor, y: Tensor | None = None) -> Independent:
        """p(x|z) for `z: [..., z_dim]`."""
        outputs = self.decoder(z)
        if self.config.likelihood == "bernoulli":
            return PixelBernoulli(outputs)
        if self.config.likelihood == "continuous_bernoulli":
            return continuous_bernoulli.pixels(outputs)
        if self.config.variance == "per_pixel":
            return networks.diagonal_normal(outputs)
        mean = networks.at_least_float32(outputs)
        if self.config.variance == "learned":
            return networks.normal(mean, self.log_std.expand_as(mean))
        return networks.normal(mean, torch.full_like(mean, FIXED_VARIANCE).log() / 2)

    def encode(self, x: Tensor, y: Tensor | None = None) -> dict[str, Independent]:
        """q(z|x), one diagonal Gaussian an image."""
        return {"z": networks.diagonal_normal(self.encoder(x), self.config.spread)}

    def embed(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The posterior mean μ(x)."""
        return self.encode(x)["z"].mean

    def forward(self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None) -> Output:
        """One draw z ~ q(z|x); the KL is analytic, KL(q(z|x) ‖ p(z)) in closed form."""
        posterior = self.encode(x)["z"]
        z = networks.sample_normal(posterior, generator=generator)
        likelihood = self.decode(z)
        return Output(
            posteriors={"z": posterior},
            latents={"z": z},
            likelihood=likelihood,
            reconstruction=-likelihood.log_prob(x),
            kl={"z": networks.kl_from_standard_normal(posterior).sum(-1)},
        )

    def sample_prior(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """z ~ N(0, I), `[n, z_dim]`."""
        return networks.sample_normal(self.prior(), (n,), generator)

    def kl_by_dimension(self, posteriors: Mapping[str, Distribution]) -> dict[str, Tensor]:
        """KL(N(μ_j, σ_j²) ‖ N(0, 1)) = ½(μ_j² + σ_j² − 1 − log σ_j²), `[batch, z_dim]`."""
        posterior = posteriors["z"]
        assert isinstance(posterior, Independent)
        return {"z": networks.kl_from_standard_normal(posterior)}

    def start_at(self, pixel_means: Tensor) -> None:
        """Start the decoder's bias where its pixels have these means."""
        output = self.decoder[-1]
        assert isinstance(output, nn.Linear)
        if self.config.likelihood == "bernoulli":
            networks.start_at_pixel_logits(output, pixel_means)
        else:
            grey = self.config.likelihood == "continuous_bernoulli"
            with torch.no_grad():
                output.bias[: len(pixel_means)] = (
                    continuous_bernoulli.logits_of(pixel_means) if grey else pixel_means
                )
