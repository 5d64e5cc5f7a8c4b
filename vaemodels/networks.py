"""The networks every model is made of: multilayer perceptrons and the diagonal Gaussians they parameterise."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, ContinuousBernoulli, Independent, Normal

Activation = Literal["elu", "tanh", "relu"]
ACTIVATIONS: dict[str, type[nn.Module]] = {"elu": nn.ELU, "tanh": nn.Tanh, "relu": nn.ReLU}
assert tuple(ACTIVATIONS) == get_args(Activation)

# What an encoder gives after the means: log σ, or what softplus(a) = log(1 + eᵃ) turns into σ or σ².
Spread = Literal["log_std", "softplus_std", "softplus_variance"]

# The one floor for every variance, encoder and decoder alike. A grey level is 1/255 wide, so no pixel is known more
# finely than that; without a floor the density of a constant pixel grows without bound.
VARIANCE_FLOOR = 1.0 / 255.0**2
# The ceiling only stops exp() from overflowing while a diverging run is on its way to being noticed.
VARIANCE_CEILING = 1e6
LOG_STD_MIN = 0.5 * math.log(VARIANCE_FLOOR)
LOG_STD_MAX = 0.5 * math.log(VARIANCE_CEILING)


def mlp(sizes: Sequence[int], activation: Activation) -> nn.Sequential:
    """Linear layers of the given `sizes` (input first, output last) with `activation` between them.

    Maps `[..., sizes[0]]` to `[..., sizes[-1]]`; the last layer is linear.
    """
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])


def normal(mean: Tensor, log_std: Tensor) -> Independent:
    """N(mean, diag(exp(log_std)²)) over the last dimension, with the standard deviation kept inside the limits."""
    std = log_std.clamp(LOG_STD_MIN, LOG_STD_MAX).exp()
    return Independent(Normal(mean, std, validate_args=False), 1, validate_args=False)


def at_least_float32(outputs: Tensor) -> Tensor:
    """A network's outputs, in float32 where it ran in less; densities are never in half precision."""
    return outputs.to(torch.promote_types(outputs.dtype, torch.float32))


def diagonal_normal(parameters: Tensor, spread: Spread = "log_std") -> Independent:
    """A diagonal Gaussian from a network's output `[..., 2·dim]`: the means, then what `spread` says.

    Computed in float32 even where the network ran in less, and kept inside the limits.
    """
    mean, raw = at_least_float32(parameters).chunk(2, dim=-1)
    if spread == "log_std":
        return normal(mean, raw)
    std = nn.functional.softplus(raw)
    if spread == "softplus_variance":
        std = std.clamp(min=VARIANCE_FLOOR).sqrt()  # the root of 0 has no slope
    std = std.clamp(VARIANCE_FLOOR**0.5, VARIANCE_CEILING**0.5)
    return Independent(Normal(mean, std, validate_args=False), 1, validate_args=False)


def standard_normal(dim: int, like: Tensor) -> Independent:
    """N(0, I) over `dim` dimensions, on the device and in the precision of `like`."""
    return normal(like.new_zeros(dim), like.new_zeros(dim))


def kl_from_standard_normal(q: Independent) -> Tensor:
    """KL(N(μ_j, σ_j²) ‖ N(0, 1)) = ½(μ_j² + σ_j² − 1) − log σ_j of each dimension, `[..., dim]`.

    What `torch.distributions.kl_divergence` gives, in a third of its operations: it is in every training step.
    """
    mean, std = q.base_dist.loc, q.base_dist.scale
    return 0.5 * (mean.square() + std.square() - 1) - std.log()


def sample_normal(
    q: Independent, shape: Sequence[int] = (), generator: torch.Generator | None = None
) -> Tensor:
    """A reparameterised draw z = μ + σ·ε, ε ~ N(0, I), of shape `[*shape, *batch, dim]`.

    `q.rsample` would use torch's global generator, which every thread of a server shares; with a `generator` of
    one's own the same seed gives the same draw whatever runs beside it.
    """
    mean, std = q.base_dist.loc, q.base_dist.scale
    noise = torch.randn((*shape, *mean.shape), generator=generator, dtype=mean.dtype, device=mean.device)
    return mean + std * noise


def sample_pixels(likelihood: Independent, generator: torch.Generator | None = None) -> Tensor:
    """A draw x ~ p(x|z) from a Bernoulli likelihood, a continuous one or a Gaussian, of shape `[*batch, dim]`."""
    base = likelihood.base_dist
    if isinstance(base, Bernoulli):
        return torch.bernoulli(base.probs, generator=generator)
    if isinstance(base, ContinuousBernoulli):
        logits = base.logits
        return base.icdf(
            torch.rand(logits.shape, generator=generator, dtype=logits.dtype, device=logits.device)
        )
    return sample_normal(likelihood, generator=generator)


@torch.no_grad()
def start_at_pixel_logits(output: nn.Linear, pixel_means: Tensor) -> None:
    """Set the bias of a Bernoulli decoder's last layer to the training pixels' logits (`pixel_means: [dim]`)."""
    output.bias.copy_(torch.logit(pixel_means, eps=1e-3))
