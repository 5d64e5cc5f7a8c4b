"""The deterministic autoencoder, the VAE's ancestor, as a foil.

Generative model    none: x̂ = f(z) is a reconstruction, not a distribution anything can be sampled from
Inference model     z = g(x), a point
Objective           the reconstruction error alone: cross-entropy −Σ x log x̂ + (1 − x) log(1 − x̂), in nats

There is no prior and no likelihood, so there is no ELBO and no bound on log p(x) to report.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent

from vaemodels import networks
from vaemodels.errors import UsageError
from vaemodels.models.base import Model, Output, check_network
from vaemodels.networks import Activation
from vaemodels.pixel_bernoulli import PixelBernoulli


@dataclass(frozen=True)
class AEConfig:
    """Sizes of an autoencoder; `hidden` is the encoder's, the decoder mirrors it."""

    image_shape: tuple[int, int, int] = (1, 28, 28)
    z_dim: int = 2
    hidden: tuple[int, ...] = (300, 300)
    activation: Activation = "elu"

    def __post_init__(self) -> None:
        if self.image_shape[0] != 1:
            raise UsageError(
                "An autoencoder's cross-entropy is for black-and-white images; choose a vae with likelihood=gaussian."
            )
        check_network(self.image_shape, self.z_dim, self.hidden, self.activation)


class AE(Model):
    """An autoencoder with MLP encoder and decoder; see the module's equations."""

    name = "ae"
    has_likelihood = False

    def __init__(self, config: AEConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_dims = {"z": config.z_dim}
        dim = prod(config.image_shape)
        self.encoder = networks.mlp((dim, *config.hidden, config.z_dim), config.activation)
        self.decoder = networks.mlp((config.z_dim, *reversed(config.hidden), dim), config.activation)

    def decode(self, z: Tensor, y: Tensor | None = None) -> Independent:
        """x̂ = f(z), as the Bernoulli whose cross-entropy is the reconstruction error."""
        return PixelBernoulli(self.decoder(z), cross_entropy=True)

    def encode(self, x: Tensor, y: Tensor | None = None) -> Mapping[str, Distribution]:
        """Nothing: an autoencoder infers a point (see `embed`), not a distribution."""
        return {}

    def embed(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The code z = g(x)."""
        return networks.at_least_float32(self.encoder(x))

    def forward(self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None) -> Output:
        """Encode and decode; there are no KL terms, and `nelbo` is the bare reconstruction error."""
        z = self.embed(x)
        likelihood = self.decode(z)
        return Output({}, {"z": z}, likelihood, -likelihood.log_prob(x), {})

    def log_joint(self, x: Tensor, latents: Mapping[str, Tensor], y: Tensor | None = None) -> Tensor:
        """Refused, and with it every log-weight and bound: there is no p(x, z) and no q(z|x).

        Raises:
            UsageError: always.
        """
        raise UsageError(
            "An autoencoder has no likelihood, so it has no log-weights or bounds; use a vae for those."
        )

    def sample_prior(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draws `[n, z_dim]` from N(0, I), which nothing in training asked the codes to follow."""
        parameter = next(self.parameters())
        return networks.sample_normal(networks.standard_normal(self.config.z_dim, parameter), (n,), generator)

    def start_at(self, pixel_means: Tensor) -> None:
        """Start the decoder's bias at the pixels' logits."""
        output = self.decoder[-1]
        assert isinstance(output, nn.Linear)
        networks.start_at_pixel_logits(output, pixel_means)
