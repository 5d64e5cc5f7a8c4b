"""The fully supervised VAE: it is given the label. Elsewhere called a conditional VAE (Sohn et al. 2015).

Generative model    z ~ N(0, I),   x ~ p(x|y, z) = N(f(y, z), 1/10·I) for colour, Bernoulli(f(y, z)) or a
                    continuous Bernoulli of logits f(y, z)
Inference model     q(z|x, y) = N(μ(x, y), diag σ²(x, y))
Objective           ELBO(x|y) = E_q[log p(x|y, z)] − KL(q(z|x, y) ‖ p(z))   ≤ log p(x|y)

Since y is given, z is left with the style: one z decoded under every label writes ten digits in one hand. The bound is
one on log p(x|y), which is no bound on log p(x).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent

from vaemodels import conditional, continuous_bernoulli, convolutional, networks
from vaemodels.errors import UsageError
from vaemodels.models.base import (
    Likelihood,
    Model,
    Output,
    check_labels,
    check_likelihood,
    check_network,
    check_spread,
)
from vaemodels.networks import Activation, Spread
from vaemodels.pixel_bernoulli import PixelBernoulli

Network = Literal["mlp", "conv"]
VARIANCE = 0.1


@dataclass(frozen=True)
class FSVAEConfig:
    """Sizes and likelihood; `hidden` is the encoder's, the decoder mirrors it.

    Under `network` "conv" the pictures pass through a convolutional pair first and last, and `hidden` lies between.
    """

    image_shape: tuple[int, int, int] = (1, 28, 28)
    z_dim: int = 10
    hidden: tuple[int, ...] = (300, 300)
    activation: Activation = "elu"
    likelihood: Likelihood = "bernoulli"
    network: Network = "mlp"
    n_labels: int = 10
    spread: Spread = "log_std"

    def __post_init__(self) -> None:
        check_network(self.image_shape, self.z_dim, self.hidden, self.activation)
        check_likelihood(self.likelihood, self.image_shape)
        check_labels(self.n_labels)
        check_spread(self.spread)
        if self.network not in ("mlp", "conv"):
            raise UsageError(f"Unknown network '{self.network}'; choose mlp or conv.", "network")
        if self.network == "conv":
            convolutional.check_image(self.image_shape)


class FSVAE(Model):
    """A conditional VAE; see the module's equations. Every method that takes `y` needs it."""

    name = "fsvae"
    needs_labels = True

    def __init__(self, config: FSVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.n_labels = config.n_labels
        self.latent_dims = {"z": config.z_dim}
        if config.network == "conv":
            dim = convolutional.n_features(config.image_shape)
            self.from_image = convolutional.encoder(config.image_shape)
            self.to_image = convolutional.decoder(config.image_shape)
        else:
            dim = prod(config.image_shape)
            self.from_image = self.to_image = nn.Sequential()
        self.encoder = networks.mlp(
            (dim + self.n_labels, *config.hidden, 2 * config.z_dim), config.activation
        )
        self.decoder = networks.mlp(
            (config.z_dim + self.n_labels, *reversed(config.hidden), dim), config.activation
        )

    def prior(self) -> Independent:
        """p(z) = N(0, I), whatever the label."""
        return networks.standard_normal(self.config.z_dim, next(self.parameters()))

    def decode(self, z: Tensor, y: Tensor | None = None) -> Independent:
        """p(x|y, z); `z: [..., z_dim]` and `y: [...]` broadcast, so `y: [10, 1]` writes every z as ten digits.

        Raises:
            UsageError: if y is missing.
        """
        hidden = conditional.apply(self.decoder, z, _given(y))
        outputs = convolutional.apply(self.to_image, hidden)
        if self.config.likelihood == "bernoulli":
            return PixelBernoulli(outputs)
        if self.config.likelihood == "continuous_bernoulli":
            return continuous_bernoulli.pixels(outputs)
        mean = networks.at_least_float32(outputs)
        return networks.normal(mean, torch.full_like(mean, VARIANCE).log() / 2)

    def encode(self, x: Tensor, y: Tensor | None = None) -> dict[str, Independent]:
        """q(z|x, y), one diagonal Gaussian an image.

        Raises:
            UsageError: if y is missing.
        """
        parameters = conditional.apply(self.encoder, self.from_image(x), _given(y))
        return {"z": networks.diagonal_normal(parameters, self.config.spread)}

    def embed(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The posterior mean μ(x, y): the style of x."""
        return self.encode(x, y)["z"].mean

    def forward(self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None) -> Output:
        """One draw z ~ q(z|x, y); the KL is analytic."""
        posterior = self.encode(x, y)["z"]
        z = networks.sample_normal(posterior, generator=generator)
        likelihood = self.decode(z, y)
        return Output(
            posteriors={"z": posterior},
            latents={"z": z},
            likelihood=likelihood,
            reconstruction=-likelihood.log_prob(x),
            kl={"z": networks.kl_from_standard_normal(posterior).sum(-1)},
        )

    def sample_prior(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n styles z ~ N(0, I), `[n, z_dim]`; a picture needs a label besides."""
        return networks.sample_normal(self.prior(), (n,), generator)

    def kl_by_dimension(self, posteriors: Mapping[str, Distribution]) -> dict[str, Tensor]:
        """KL(N(μ_j, σ_j²) ‖ N(0, 1)), `[batch, z_dim]`."""
        posterior = posteriors["z"]
        assert isinstance(posterior, Independent)
        return {"z": networks.kl_from_standard_normal(posterior)}

    @torch.no_grad()
    def start_at(self, pixel_means: Tensor) -> None:
        """Start the decoder's bias where its pixels have these means.

        A convolutional one has a bias for each channel only, and takes the channels' means.
        """
        if self.config.network == "conv":
            output = self.to_image[-2]
            pixel_means = pixel_means.view(self.config.image_shape[0], -1).mean(1)
        else:
            output = self.decoder[-1]
        assert isinstance(output, nn.Linear | nn.ConvTranspose2d) and output.bias is not None
        if self.config.likelihood == "bernoulli":
            pixel_means = torch.logit(pixel_means, eps=1e-3)
        elif self.config.likelihood == "continuous_bernoulli":
            pixel_means = continuous_bernoulli.logits_of(pixel_means)
        output.bias.copy_(pixel_means)


def _given(y: Tensor | None) -> Tensor:
    if y is None:
        raise UsageError("A conditional VAE has to be told what each image shows; give a label for each.")
    return y
