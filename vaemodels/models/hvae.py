"""The hierarchical VAE with two levels of latents (Burda et al. 2016, section 4; Sønderby et al. 2016).

Generative model    z2 ~ N(0, I),   z1 ~ p(z1|z2) = N(m(z2), diag s²(z2)),   x ~ p(x|z1) = Bernoulli(f(z1))
Inference model     "parallel":    q(z1|x) q(z2|x), neither latent told of the other's draw
                    "bottom_up":   q(z1|x) q(z2|z1), the upper level inferred from the lower one
Objective           ELBO(x) = E_q[log p(x|z1)] − kl_z1 − kl_z2   ≤ log p(x)

The KL of the two levels together is split so that each level answers for its own prior:

    "parallel":    kl_z1 = E_q(z2|x) KL(q(z1|x) ‖ p(z1|z2)),             kl_z2 = KL(q(z2|x) ‖ p(z2))
    "bottom_up":   kl_z1 = E_q[log q(z1|x) − log p(z1|z2)],              kl_z2 = E_q(z1|x) KL(q(z2|z1) ‖ p(z2))

with the KLs between Gaussians in closed form and the expectations taken at the draw that is decoded. Bottom up kl_z1
is no divergence, as z2 was drawn knowing z1: it is E_q KL(q(z1|z2, x) ‖ p(z1|z2)) − I_q(z1; z2|x) and can be negative.
kl_z2 holds that mutual information, so that only the sum of both compares across orders of inference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, kl_divergence

from vaemodels import networks
from vaemodels.errors import UsageError
from vaemodels.models.base import Model, Output, check_likelihood, check_network
from vaemodels.networks import Activation
from vaemodels.pixel_bernoulli import PixelBernoulli

Inference = Literal["parallel", "bottom_up"]


@dataclass(frozen=True)
class HVAEConfig:
    """Sizes and order of inference: `hidden` between x and z1, `upper_hidden` between z1 and z2, decoders mirrored."""

    image_shape: tuple[int, int, int] = (1, 28, 28)
    z1_dim: int = 100
    z2_dim: int = 50
    hidden: tuple[int, ...] = (200, 200)
    upper_hidden: tuple[int, ...] = (100, 100)
    activation: Activation = "tanh"
    inference: Inference = "bottom_up"

    def __post_init__(self) -> None:
        if self.inference not in get_args(Inference):
            raise UsageError(
                f"Unknown inference '{self.inference}'; choose parallel or bottom_up.", "inference"
            )
        check_likelihood("bernoulli", self.image_shape)
        check_network(self.image_shape, self.z1_dim, self.hidden, self.activation)
        # The largest of the upper networks, q(z2|x) under "parallel", and with it the other sizes of the upper level.
        check_network(self.image_shape, self.z2_dim, (*self.hidden, *self.upper_hidden), self.activation)


class HVAE(Model):
    """Two levels of latents, every conditional a diagonal Gaussian from an MLP; see the module's equations."""

    name = "hvae"
    kl_is_exact = False  # kl_z1 is a mean over draws of the level above

    def __init__(self, config: HVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_dims = {"z1": config.z1_dim, "z2": config.z2_dim}
        self.factorised_posterior = config.inference == "parallel"
        dim, activation = prod(config.image_shape), config.activation
        z1, z2, hidden, upper = config.z1_dim, config.z2_dim, config.hidden, config.upper_hidden
        self.encoder = networks.mlp((dim, *hidden, 2 * z1), activation)
        before_z2 = (dim, *hidden) if self.factorised_posterior else (z1,)
        self.encoder_z2 = networks.mlp((*before_z2, *upper, 2 * z2), activation)
        self.decoder_z1 = networks.mlp((z2, *reversed(upper), 2 * z1), activation)
        self.decoder = networks.mlp((z1, *reversed(hidden), dim), activation)

    def prior(self) -> Independent:
        """p(z2) = N(0, I)."""
        return networks.standard_normal(self.config.z2_dim, next(self.parameters()))

    def conditional_prior(self, z2: Tensor) -> Independent:
        """p(z1|z2) for `z2: [..., z2_dim]`."""
        return networks.diagonal_normal(self.decoder_z1(z2))

    def decode(self, z: Tensor, y: Tensor | None = None) -> Independent:
        """p(x|z1) for `z: [..., z1_dim]`."""
        return PixelBernoulli(self.decoder(z))

    def encode(self, x: Tensor, y: Tensor | None = None) -> dict[str, Independent]:
        """q(z1|x), and q(z2|x) where inference is parallel; bottom up, q(z2|z1) waits for a z1 (see `encode_z2`)."""
        posteriors = {"z1": networks.diagonal_normal(self.encoder(x))}
        if self.factorised_posterior:
            posteriors["z2"] = self.encode_z2(x)
        return posteriors

    def encode_z2(self, below: Tensor) -> Independent:
        """q(z2|x) of `below` = `x: [..., dim]` where inference is parallel, else q(z2|z1) of `z1: [..., z1_dim]`."""
        return networks.diagonal_normal(self.encoder_z2(below))

    def embed(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The mean of q(z1|x)."""
        return networks.diagonal_normal(self.encoder(x)).mean

    def posterior_means(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """μ1(x) and μ2(x), `[batch, z1_dim + z2_dim]`; bottom up, μ2 at z1 = μ1(x)."""
        z1 = self.embed(x)
        return torch.cat((z1, self.encode_z2(x if self.factorised_posterior else z1).mean), 1)

    def infer(
        self,
        x: Tensor,
        shape: tuple[int, ...] = (),
        y: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[dict[str, Independent], dict[str, Tensor]]:
        """Both levels' posteriors and `shape` draws from them, `[*shape, batch, z_dim]` each; x is encoded once.

        q(z2|x) is over `[batch]`; q(z2|z1), bottom up, over `[*shape, batch]`.
        """
        posteriors = self.encode(x)
        z1 = networks.sample_normal(posteriors["z1"], shape, generator)
        if self.factorised_posterior:
            z2 = networks.sample_normal(posteriors["z2"], shape, generator)
        else:
            posteriors["z2"] = self.encode_z2(z1)
            z2 = networks.sample_normal(posteriors["z2"], (), generator)
        return posteriors, {"z1": z1, "z2": z2}

    def forward(self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None) -> Output:
        """One draw of z1 and z2, decoded; KLs as in the module's equations."""
        posteriors, latents = self.infer(x, generator=generator)
        q1, q2, p1 = posteriors["z1"], posteriors["z2"], self.conditional_prior(latents["z2"])
        if self.factorised_posterior:
            kl_z1 = kl_divergence(q1, p1)
        else:
            kl_z1 = q1.log_prob(latents["z1"]) - p1.log_prob(latents["z1"])
        likelihood = self.decode(latents["z1"])
        return Output(
            posteriors=posteriors,
            latents=latents,
            likelihood=likelihood,
            reconstruction=-likelihood.log_prob(x),
            kl={"z1": kl_z1, "z2": networks.kl_from_standard_normal(q2).sum(-1)},
        )

    def log_joint(self, x: Tensor, latents: Mapping[str, Tensor], y: Tensor | None = None) -> Tensor:
        """log p(x|z1) + log p(z1|z2) + log p(z2), of the latents' shape `[..., batch]`."""
        z1, z2 = latents["z1"], latents["z2"]
        log_prior = self.conditional_prior(z2).log_prob(z1) + self.prior().log_prob(z2)
        return self.decode(z1).log_prob(x) + log_prior

    def sample_prior(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """z2 ~ p(z2), then z1 ~ p(z1|z2): `[n, z1_dim]`."""
        return self.sample_lower(self.sample_upper(n, generator), generator)

    def sample_upper(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws z2 ~ N(0, I), `[n, z2_dim]`."""
        return networks.sample_normal(self.prior(), (n,), generator)

    def sample_lower(self, z2: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One draw z1 ~ p(z1|z2) for each `z2: [..., z2_dim]`; repeat a z2 to see what is left open under it."""
        return networks.sample_normal(self.conditional_prior(z2), (), generator)

    def kl_by_dimension(self, posteriors: Mapping[str, Distribution]) -> dict[str, Tensor]:
        """The parts `[batch, z2_dim]` of kl_z2, where q(z2|·) is given; kl_z1 needs a draw of z2, not a posterior."""
        upper = posteriors.get("z2")
        return {"z2": networks.kl_from_standard_normal(upper)} if isinstance(upper, Independent) else {}

    def start_at(self, pixel_means: Tensor) -> None:
        """Start the decoder's bias at the pixels' logits."""
        output = self.decoder[-1]
        assert isinstance(output, nn.Linear)
        networks.start_at_pixel_logits(output, pixel_means)
