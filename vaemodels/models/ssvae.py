"""The semi-supervised VAE, "M2" (Kingma et al. 2014, Semi-supervised Learning with Deep Generative Models).

Generative model    y ~ Cat(1/10),   z ~ N(0, I),   x ~ Bernoulli(f(y, z))
Inference model     q(y|x) = Cat(π(x)),   q(z|x, y) = N(μ(x, y), diag σ²(x, y))
Objective           with y known      ELBO(x, y) = E_q(z|x,y)[log p(x|y, z)] − KL(q(z|x, y) ‖ p(z)) − log 10
                    with y unknown    ELBO(x) = Σ_y q(y|x) [ELBO(x, y) − log q(y|x)]   ≤ log p(x)

The sum over y is written out, so no draw of a label has to be differentiated. With y unknown the ELBO's terms are

    reconstruction = Σ_y q(y|x) E[−log p(x|y, z)]
    kl_z           = Σ_y q(y|x) KL(q(z|x, y) ‖ p(z))
    kl_y           = KL(q(y|x) ‖ Cat(1/10)),

and with y known q(y|x) is the point mass on it: one term is left of each sum, and kl_y = log 10. Training adds
α · (−log q(y|x)) on the labelled images, as nothing else teaches q(y|x) the names of the digits.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, MixtureSameFamily, Normal

from vaemodels import conditional, networks
from vaemodels.errors import UsageError
from vaemodels.models.base import Model, Output, check_labels, check_likelihood, check_network, check_spread
from vaemodels.networks import Activation, Spread
from vaemodels.pixel_bernoulli import PixelBernoulli


@dataclass(frozen=True)
class SSVAEConfig:
    """Sizes; `hidden` is the encoder's and the classifier's, the decoder mirrors it."""

    image_shape: tuple[int, int, int] = (1, 28, 28)
    z_dim: int = 64
    hidden: tuple[int, ...] = (300, 300)
    activation: Activation = "elu"
    n_labels: int = 10
    spread: Spread = "log_std"

    def __post_init__(self) -> None:
        check_network(self.image_shape, self.z_dim, self.hidden, self.activation)
        check_likelihood("bernoulli", self.image_shape)
        check_labels(self.n_labels)
        check_spread(self.spread)


class SSVAE(Model):
    """The M2 model; see the module's equations. Everywhere, `y: [batch]` is −1 where a label is not known."""

    name = "ssvae"

    def __init__(self, config: SSVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.n_labels = n = config.n_labels
        self.latent_dims = {"z": config.z_dim}
        dim = math.prod(config.image_shape)
        self.classifier = networks.mlp((dim, *config.hidden, n), "relu")
        self.encoder = networks.mlp((dim + n, *config.hidden, 2 * config.z_dim), config.activation)
        self.decoder = networks.mlp((config.z_dim + n, *reversed(config.hidden), dim), config.activation)

    def prior(self) -> Independent:
        """p(z) = N(0, I); p(y) is uniform."""
        return networks.standard_normal(self.config.z_dim, next(self.parameters()))

    def classify(self, x: Tensor) -> Tensor:
        """The logits of q(y|x), `[batch, n_labels]`, in float32 at least."""
        return networks.at_least_float32(self.classifier(x))

    def decode(self, z: Tensor, y: Tensor | None = None) -> Independent:
        """p(x|y, z); `z: [..., z_dim]` and `y: [...]` broadcast, so `y: [10, 1]` writes every z as ten digits.

        Raises:
            UsageError: if y is missing.
        """
        if y is None:
            raise UsageError("This model draws a picture from a style and a label; give a label for each.")
        return PixelBernoulli(conditional.apply(self.decoder, z, y))

    def encode(self, x: Tensor, y: Tensor | None = None) -> dict[str, Distribution]:
        """q(y|x), a point mass where y is known, and q(z|x, y) at its most probable label, both over `[batch]`."""
        q_y = self._infer_label(x, y)
        return {"y": q_y, "z": _at(self.encode_every_label(x), q_y.probs.argmax(-1))}

    def encode_every_label(self, x: Tensor) -> Independent:
        """q(z|x, y) for every y at once, over `[n_labels, batch]`; x meets the first layer once."""
        return networks.diagonal_normal(
            conditional.apply(self.encoder, x, self._every_label()), self.config.spread
        )

    def embed(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The mean of q(z|x, y) at the label, or at the most probable one where it is not known."""
        return self.encode(x, y)["z"].mean

    def most_probable(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The label of each image, `[batch]`: y where it is known, else the one q(y|x) favours."""
        return self._infer_label(x, y).probs.argmax(-1)

    def reconstruct(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """E[x|y, z] at the embedding and the label it belongs to, `[batch, dim]`."""
        return self.decode(self.embed(x, y), self.most_probable(x, y)).mean

    def forward(self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None) -> Output:
        """The terms with the sum over y written out, from one draw z ~ q(z|x, y) for each label.

        `posteriors` are q(y|x) and the style's with the label summed out, q(z|x) = Σ_y q(y|x) q(z|x, y): the mixture
        whose components and weights the terms come from. `latents` and `likelihood` are one draw y ~ q(y|x) and what
        goes with it.
        """
        q_y, q_z = self._infer_label(x, y), self.encode_every_label(x)
        z = networks.sample_normal(q_z, generator=generator)
        likelihoods = self.decode(z, self._every_label())
        log_likelihood = likelihoods.log_prob(x)
        weights = q_y.probs.T  # [n_labels, batch]
        drawn = _draw_labels(q_y, (), generator)
        images = torch.arange(len(x), device=x.device)
        return Output(
            posteriors={"y": q_y, "z": _label_summed_out(q_y, q_z)},
            latents={"z": z[drawn, images], "y": drawn},
            likelihood=PixelBernoulli(likelihoods.base_dist.logits[drawn, images]),
            reconstruction=-(weights * log_likelihood).sum(0),
            kl={
                "z": (weights * networks.kl_from_standard_normal(q_z).sum(-1)).sum(0),
                "y": math.log(self.n_labels) - q_y.entropy(),
            },
        )

    def per_class_elbo(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """ELBO(x, y) for every y, `[n_labels, batch]`, from one draw of z each; ≤ log p(x, y).

        Weighted by q(y|x), and with the entropy of q(y|x) added, they make up ELBO(x).
        """
        q_z = self.encode_every_label(x)
        z = networks.sample_normal(q_z, generator=generator)
        log_likelihood = self.decode(z, self._every_label()).log_prob(x)
        return log_likelihood - networks.kl_from_standard_normal(q_z).sum(-1) - math.log(self.n_labels)

    def infer(
        self,
        x: Tensor,
        shape: tuple[int, ...] = (),
        y: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[dict[str, Distribution], dict[str, Tensor]]:
        """`shape` draws of a label, `[*shape, batch]`, and for each of a style, `[*shape, batch, z_dim]`.

        The posteriors are q(y|x) over `[batch]` and q(z|x, y) at the drawn labels, over `[*shape, batch]`.
        """
        q_y = self._infer_label(x, y)
        drawn = _draw_labels(q_y, shape, generator)
        q_z = _at(self.encode_every_label(x), drawn)
        return {"y": q_y, "z": q_z}, {"y": drawn, "z": networks.sample_normal(q_z, generator=generator)}

    def log_joint(self, x: Tensor, latents: Mapping[str, Tensor], y: Tensor | None = None) -> Tensor:
        """log p(x, y, z) = log p(x|y, z) + log p(z) − log 10, `[..., batch]`, with y among the latents or given.

        So the mean of `log_weights` is the ELBO, and L_k bounds log p(x), or log p(x, y) where y is known.
        """
        z = latents["z"]
        log_likelihood = self.decode(z, latents.get("y", y)).log_prob(x)
        return log_likelihood + self.prior().log_prob(z) - math.log(self.n_labels)

    def sample_prior(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n styles z ~ N(0, I), `[n, z_dim]`; a picture needs a label besides."""
        return networks.sample_normal(self.prior(), (n,), generator)

    def kl_by_dimension(self, posteriors: Mapping[str, Distribution]) -> dict[str, Tensor]:
        """The parts of kl_z, `[batch, z_dim]`.

        From `forward`'s posteriors Σ_y q(y|x) KL(N(μ_j(y), σ_j²(y)) ‖ N(0, 1)), from `encode`'s the KL at its label.
        """
        q = posteriors["z"]
        if isinstance(q, MixtureSameFamily):
            weights, of_label = q.mixture_distribution.probs, q.component_distribution
            assert isinstance(of_label, Independent)
            return {"z": (weights.unsqueeze(-1) * networks.kl_from_standard_normal(of_label)).sum(1)}
        assert isinstance(q, Independent)
        return {"z": networks.kl_from_standard_normal(q)}

    def start_at(self, pixel_means: Tensor) -> None:
        """Start the decoder's bias at the pixels' logits."""
        output = self.decoder[-1]
        assert isinstance(output, nn.Linear)
        networks.start_at_pixel_logits(output, pixel_means)

    def _every_label(self) -> Tensor:
        """`[n_labels, 1]`, to broadcast against a batch."""
        return torch.arange(self.n_labels, device=self.device).unsqueeze(1)

    def _infer_label(self, x: Tensor, y: Tensor | None) -> Categorical:
        """q(y|x), or the point mass on y where it is known; UsageError if that is none of the model's labels."""
        log_q = self.classify(x).log_softmax(-1)
        if y is not None:
            if (y >= self.n_labels).any():
                raise UsageError(conditional.out_of_range(self.n_labels))
            known = y.unsqueeze(1)
            is_other = known != torch.arange(self.n_labels, device=y.device)
            log_q = torch.where(known >= 0, torch.zeros_like(log_q).masked_fill(is_other, -math.inf), log_q)
        return Categorical(logits=log_q, validate_args=False)


def _draw_labels(q: Categorical, shape: tuple[int, ...], generator: torch.Generator | None) -> Tensor:
    """`shape` draws of every image's label, `[*shape, batch]`."""
    drawn = torch.multinomial(q.probs, math.prod(shape), replacement=True, generator=generator)
    return drawn.T.reshape(*shape, len(drawn))


def _label_summed_out(q_y: Categorical, q_z: Independent) -> MixtureSameFamily:
    """q(z|x) = Σ_y q(y|x) q(z|x, y) over `[batch]`, from q(z|x, y) over `[n_labels, batch]`."""
    mean, std = q_z.base_dist.loc.transpose(0, 1), q_z.base_dist.scale.transpose(0, 1)
    components = Independent(Normal(mean, std, validate_args=False), 1, validate_args=False)
    return MixtureSameFamily(q_y, components, validate_args=False)


def _at(q: Independent, y: Tensor) -> Independent:
    """q(z|x, y) at the labels `y: [..., batch]`, picked from those for every label, `[n_labels, batch]`."""
    images = torch.arange(y.shape[-1], device=y.device)
    mean, std = q.base_dist.loc[y, images], q.base_dist.scale[y, images]
    return Independent(Normal(mean, std, validate_args=False), 1, validate_args=False)
