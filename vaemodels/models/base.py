"""What every model has in common: its typed output, and the interface the pages, commands and tests are written for."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent

from vaemodels import networks
from vaemodels.errors import UsageError
from vaemodels.networks import ACTIVATIONS, Spread

Likelihood = Literal["bernoulli", "gaussian", "continuous_bernoulli"]

MAX_DIMENSIONS = 512
MAX_WIDTH = 4096
MAX_LAYERS = 8
MAX_PARAMETERS = 20_000_000
MAX_LABELS = 100


class Output(NamedTuple):
    """One pass through a model: its distributions, what was drawn from them, and the terms of the ELBO.

    `posteriors` and `latents` are keyed by latent ("z"; "z1", "z2" for two levels; "y" for an inferred label), each
    latent of shape `[batch, dim]`, a label `[batch]`. `posteriors`, over `[batch]`, are what the terms come from: a
    mixture where a label is summed out. `likelihood` is p(x|z) at those latents. `reconstruction` is −log p(x|z) and
    each entry of `kl` one latent's divergence from its prior, all `[batch]` and in nats.
    """

    posteriors: Mapping[str, Distribution]
    latents: Mapping[str, Tensor]
    likelihood: Distribution
    reconstruction: Tensor
    kl: Mapping[str, Tensor]

    @property
    def kl_total(self) -> Tensor:
        """Σ kl over the latents, `[batch]`."""
        return sum(self.kl.values(), torch.zeros_like(self.reconstruction))

    @property
    def nelbo(self) -> Tensor:
        """The negative ELBO, reconstruction + Σ kl, `[batch]`."""
        return self.reconstruction + self.kl_total


class Model(nn.Module, abc.ABC):
    """A model of images `x: [batch, dim]`, with values in [0, 1] (0 or 1 under a Bernoulli likelihood).

    `y: [batch]` holds class labels; models that know no labels (`n_labels == 0`) ignore it. Randomness comes from
    `generator`, or from torch's global one when it is None.
    """

    name: str
    config: Any
    latent_dims: Mapping[str, int]
    n_labels: int = 0
    needs_labels: bool = False  # it bounds log p(x|y), so that nothing goes without y
    has_likelihood: bool = True
    kl_is_exact: bool = True  # the KLs of `forward` are in closed form, the same for every draw
    factorised_posterior: bool = True  # q(z|x) = Π_l q(z_l|x): given x, no latent's q hears of another's draw

    @abc.abstractmethod
    def encode(self, x: Tensor, y: Tensor | None = None) -> Mapping[str, Distribution]:
        """The inference model: q of each latent given x (and y), keyed by latent, each over `[batch]`.

        A latent that is inferred from another one is left out, or given at that one's most probable value.
        """

    @abc.abstractmethod
    def embed(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The one point `[batch, z_dim]` that stands for each x in the latent space (no randomness)."""

    def posterior_means(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The posterior mean of every latent unit, `[batch, units]`, one level after the other where there are more."""
        return self.embed(x, y)

    @abc.abstractmethod
    def decode(self, z: Tensor, y: Tensor | None = None) -> Distribution:
        """The generative model p(x|z), over `[..., dim]`, of the latent next to x: `z: [..., z_dim]`."""

    @abc.abstractmethod
    def forward(self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None) -> Output:
        """Infer, draw one z, decode: everything the ELBO is made of."""

    @abc.abstractmethod
    def sample_prior(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n draws `[n, z_dim]`, by ancestral sampling, of the latent that `decode` takes."""

    def prior(self) -> Distribution:
        """p(z) of the latent that is drawn first.

        Raises:
            UsageError: where there is none.
        """
        raise UsageError(f"The model '{self.name}' has no prior over its latents; choose a vae for that.")

    def infer(
        self,
        x: Tensor,
        shape: tuple[int, ...] = (),
        y: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Mapping[str, Distribution], Mapping[str, Tensor]]:
        """The posteriors that `shape` draws of every latent come from, and the draws, `[*shape, batch, dim]` each.

        x is encoded once. A posterior given another latent's draws is over `[*shape, batch]`, any other over `[batch]`.
        """
        posteriors = self.encode(x, y)
        latents = {}
        for name, q in posteriors.items():
            assert isinstance(q, Independent)
            latents[name] = networks.sample_normal(q, shape, generator)
        return posteriors, latents

    def log_joint(self, x: Tensor, latents: Mapping[str, Tensor], y: Tensor | None = None) -> Tensor:
        """log p(x, z) at `latents`, each `[..., batch, dim]`: `[..., batch]`, in nats.

        For one latent log p(x|z) + log p(z); where y is given, log p(x, z|y).
        """
        z = latents["z"]
        return self.decode(z, y).log_prob(x) + self.prior().log_prob(z)

    def log_weights(
        self, x: Tensor, k: int, y: Tensor | None = None, generator: torch.Generator | None = None
    ) -> Tensor:
        """log w = log p(x, z) − log q(z|x) for k draws z ~ q(z|x) (Burda et al. 2016, eq. 7): `[k, batch]`, in nats.

        x is encoded once and only z repeated. E[w] is p(x), or p(x|y) where the model needs y.
        """
        posteriors, latents = self.infer(x, (k,), y, generator)
        return self.log_joint(x, latents, y) - log_q(posteriors, latents)

    def reconstruct(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """E[x|z] at each image's embedding, `[batch, dim]`."""
        return self.decode(self.embed(x, y), y).mean

    def kl_by_dimension(self, posteriors: Mapping[str, Distribution]) -> Mapping[str, Tensor]:
        """The parts `[batch, dim]` of each latent's KL where it is a sum over dimensions; none otherwise.

        From `forward`'s posteriors they add up to its `kl`; those of `encode` do for a q that is inferred from x alone.
        """
        return {}

    def occupancy(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor | None:
        """The share of each component of the prior among images `x: [n, dim]`, `[K]`; None where it is no mixture."""
        return None

    def start_at(self, pixel_means: Tensor) -> None:
        """Set what can be known from the training pixels' means `[dim]` before the first step."""

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.parameters()).device


def log_q(posteriors: Mapping[str, Distribution], latents: Mapping[str, Tensor]) -> Tensor:
    """Σ_l log q(z_l|·) over the latents that `Model.infer` gave, `[..., batch]` in nats."""
    first, *others = (q.log_prob(latents[name]) for name, q in posteriors.items())
    return sum(others, first)


def check_network(
    image_shape: tuple[int, ...],
    z_dim: int,
    hidden: tuple[int, ...],
    activation: str,
    outputs_per_pixel: int = 1,
) -> None:
    """Refuse sizes that no machine should be asked for, before anything is allocated.

    Raises:
        UsageError: with the limit that was passed.
    """
    if len(image_shape) != 3 or not all(isinstance(s, int) and 1 <= s <= 256 for s in image_shape):
        raise UsageError(
            "An image shape is (channels, height, width), each from 1 to 256; give three such numbers."
        )
    if not isinstance(z_dim, int) or not 1 <= z_dim <= MAX_DIMENSIONS:
        raise UsageError(
            f"A latent space has 1 to {MAX_DIMENSIONS} dimensions, not {z_dim}; choose a number in that range.",
            "z_dim",
        )
    if not 1 <= len(hidden) <= MAX_LAYERS:
        raise UsageError(
            f"A network has 1 to {MAX_LAYERS} hidden layers, not {len(hidden)}; give fewer widths.", "hidden"
        )
    for width in hidden:
        if not isinstance(width, int) or not 1 <= width <= MAX_WIDTH:
            raise UsageError(
                f"A hidden layer has 1 to {MAX_WIDTH} units, not {width}; choose a width in that range.",
                "hidden",
            )
    if activation not in ACTIVATIONS:
        raise UsageError(
            f"Unknown activation '{activation}'; choose one of {', '.join(ACTIVATIONS)}.", "activation"
        )
    dim = image_shape[0] * image_shape[1] * image_shape[2]
    encoder_sizes = (dim, *hidden, 2 * z_dim)
    decoder_sizes = (z_dim, *reversed(hidden), outputs_per_pixel * dim)
    parameters = sum(
        (sizes[i] + 1) * sizes[i + 1]
        for sizes in (encoder_sizes, decoder_sizes)
        for i in range(len(sizes) - 1)
    )
    if parameters > MAX_PARAMETERS:
        raise UsageError(
            f"These sizes make {parameters:,} parameters, more than the {MAX_PARAMETERS:,} allowed; "
            "choose smaller hidden layers.",
            "hidden",
        )


def check_likelihood(likelihood: str, image_shape: tuple[int, ...]) -> None:
    """Refuse an unknown likelihood, and a Bernoulli one on colour.

    Raises:
        UsageError: with what to choose instead.
    """
    if likelihood not in get_args(Likelihood):
        raise UsageError(
            f"Unknown likelihood '{likelihood}'; choose {one_of(get_args(Likelihood))}.", "likelihood"
        )
    if likelihood == "bernoulli" and image_shape[0] != 1:
        raise UsageError(
            "A Bernoulli likelihood is for black-and-white images; choose likelihood=gaussian, "
            "or a model that has it.",
            "likelihood",
        )


def check_spread(spread: str) -> None:
    """Refuse what no encoder here ends in.

    Raises:
        UsageError: with what to choose instead.
    """
    if spread not in get_args(Spread):
        raise UsageError(f"Unknown spread '{spread}'; choose {one_of(get_args(Spread))}.", "spread")


def one_of(names: Sequence[str]) -> str:
    """Names as a choice in a sentence."""
    return f"{', '.join(names[:-1])} or {names[-1]}"


def check_labels(n_labels: int) -> None:
    """Refuse a number of classes that makes no sense.

    Raises:
        UsageError: with the limits.
    """
    if not 2 <= n_labels <= MAX_LABELS:
        raise UsageError(
            f"A model knows 2 to {MAX_LABELS} classes, not {n_labels}; choose in that range.", "n_labels"
        )
