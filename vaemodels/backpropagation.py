"""The gradient of a training step's loss: by autograd for every model, and written out for the plain VAE.

At batches of a hundred images the matrix products of a step take so little time that autograd's bookkeeping takes as
long. The VAE that most runs train is therefore differentiated by hand; a test holds it to what autograd gives.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from vaemodels import losses, networks, pixel_bernoulli
from vaemodels.errors import UsageError
from vaemodels.losses import Batch, Loss
from vaemodels.models import VAE, Model
from vaemodels.networks import LOG_STD_MAX, LOG_STD_MIN
from vaemodels.training_config import TrainingConfig


class InPlace(NamedTuple):
    """An activation done in place, and its backward pass: from the gradient at its result h, and h, to its input's."""

    forward: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor], Tensor]


def _elu_backward(gradient: Tensor, h: Tensor) -> Tensor:
    alpha, scale, input_scale, is_result = 1, 1, 1, True
    return torch.ops.aten.elu_backward(gradient, alpha, scale, input_scale, is_result, h)


def _relu_backward(gradient: Tensor, h: Tensor) -> Tensor:
    return torch.ops.aten.threshold_backward(gradient, h, 0)


IN_PLACE: dict[type[nn.Module], InPlace] = {
    nn.ELU: InPlace(functional.elu_, _elu_backward),
    nn.Tanh: InPlace(torch.tanh_, torch.ops.aten.tanh_backward),
    nn.ReLU: InPlace(torch.relu_, _relu_backward),
}
assert set(IN_PLACE) == set(networks.ACTIVATIONS.values())


def loss_and_gradients(
    model: Model,
    batch: Batch,
    config: TrainingConfig,
    epoch: float,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
) -> tuple[Loss, Sequence[Tensor | None]]:
    """`losses.loss`, and its gradient to each of `model.parameters()`, None where it has none.

    `dtype` is what autograd's matrix products are in; by hand they are in the precision of the layers' weights.
    """
    if is_written_out(model, config):
        assert isinstance(model, VAE)
        weights = losses.term_weights(config, epoch)
        return vae_loss_and_gradients(model, batch.x, *weights, generator)
    with torch.autocast(model.device.type, dtype, enabled=dtype != torch.float32):
        loss = losses.loss(model, batch, config, epoch, generator)
    return loss, torch.autograd.grad(loss.value, list(model.parameters()), allow_unused=True)


def is_written_out(model: Model, config: TrainingConfig) -> bool:
    """Whether the gradient is known by hand: a Bernoulli VAE's weighted ELBO, its encoder giving log σ."""
    plain = not (losses.is_bound(config) or config.free_bits)
    usual = type(model) is VAE and (model.config.likelihood, model.config.spread) == ("bernoulli", "log_std")
    return usual and plain


@torch.no_grad()
def vae_loss_and_gradients(
    model: VAE,
    x: Tensor,
    reconstruction_weight: float,
    beta: float,
    generator: torch.Generator | None = None,
) -> tuple[Loss, list[Tensor]]:
    """w · (−log p(x|z)) + β · KL(q(z|x) ‖ p(z)), a mean over `x: [batch, dim]`, and its gradient to every parameter.

    With z = μ + σ·ε, the decoder's logits l, g the gradient that arrives at z through the decoder, and n images:

        ∂/∂l = −w (x − sigmoid(l)) / n     ∂/∂μ = g + β μ / n     ∂/∂log σ = g·ε·σ + β (σ² − 1) / n

    where the last is zero outside the limits of log σ. Pixels' densities and KL are in float32, matrix products in the
    layers' precision.

    Raises:
        UsageError: if `x` has greys.
    """
    if not pixel_bernoulli.is_binary(x):
        raise UsageError(pixel_bernoulli.GREY)
    encoder, decoder = _layers(model.encoder), _layers(model.decoder)
    activation = IN_PLACE[type(model.encoder[1])]
    dtype = encoder[0].weight.dtype
    n = len(x)

    *encoded, parameters = _activations(encoder, x.to(dtype), activation)
    mean, log_std = parameters.float().chunk(2, -1)
    limited = log_std.clamp(LOG_STD_MIN, LOG_STD_MAX)
    std = limited.exp()
    excess = std.square().sub_(1)
    kl = torch.addcmul(excess, mean, mean).mul_(0.5).sub_(limited).sum(-1)
    deviation = std * torch.randn(mean.shape, generator=generator, device=mean.device)
    *decoded, logits = _activations(decoder, (mean + deviation).to(dtype), activation)
    log_prob, slope = pixel_bernoulli.log_prob_and_slope(logits, x)

    at_logits = slope.mul_(-reconstruction_weight / n)
    of_decoder, at_z = _gradients(decoder, decoded, at_logits, activation)
    at_mean = torch.add(at_z, mean, alpha=beta / n)
    at_log_std = torch.add(at_z * deviation, excess, alpha=beta / n)
    at_log_std = torch.ops.aten.hardtanh_backward(at_log_std, log_std, LOG_STD_MIN, LOG_STD_MAX)
    at_parameters = torch.cat((at_mean, at_log_std), -1).to(dtype)
    of_encoder, _ = _gradients(encoder, encoded, at_parameters, activation, to_input=False)

    reconstruction = log_prob.neg_()
    value = torch.add(reconstruction_weight * reconstruction, kl, alpha=beta).mean()
    return Loss(value, {"reconstruction": reconstruction, "kl_z": kl}), [*of_encoder, *of_decoder]


def _layers(network: nn.Sequential) -> list[nn.Linear]:
    return [layer for layer in network if isinstance(layer, nn.Linear)]


def _activations(layers: Sequence[nn.Linear], x: Tensor, activation: InPlace) -> list[Tensor]:
    """What goes into each layer, `x` into the first, and what comes out of the last."""
    h = [x]
    for layer in layers[:-1]:
        h.append(activation.forward(functional.linear(h[-1], layer.weight, layer.bias)))
    return [*h, functional.linear(h[-1], layers[-1].weight, layers[-1].bias)]


def _gradients(
    layers: Sequence[nn.Linear],
    inputs: Sequence[Tensor],
    gradient: Tensor,
    activation: InPlace,
    to_input: bool = True,
) -> tuple[list[Tensor], Tensor]:
    """From the `gradient` at the last layer's output, those of all weights and biases, and that at the first layer.

    The last is at the first layer's input, or at its output where nobody needs the other.
    """
    of_parameters: list[Tensor] = []
    for i, (layer, h) in reversed(list(enumerate(zip(layers, inputs, strict=True)))):
        of_parameters[:0] = [gradient.T @ h, gradient.sum(0)]
        if i > 0 or to_input:
            gradient = gradient @ layer.weight
        if i > 0:
            gradient = activation.backward(gradient, h)
    return of_parameters, gradient
