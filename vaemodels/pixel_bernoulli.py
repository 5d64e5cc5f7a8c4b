"""Black-and-white pixels: the Bernoulli likelihood, with its density and gradient in one pass.

The library's density of 50 draws an image takes as long as the matrix products that made its logits, most of it in
fetching arrays from memory. Here each part of an array is met while it is in the processor's cache.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.distributions import Bernoulli, Independent
from torch.nn import functional

from vaemodels import networks
from vaemodels.errors import UsageError

GREY = (
    "These images have grey pixels, which a Bernoulli likelihood gives no probability; "
    "choose the binarisation static, dynamic or threshold."
)
PART = 2**17  # pixels at a time: half a megabyte in float32; larger arrays take longer to allocate


def is_binary(x: Tensor) -> bool:
    """Whether `x` is made of zeros and ones only: x − x² is 0 there and nowhere else.

    One pass and the length of a vector, because every training step asks: 33 μs for 100 images of 784 pixels, a tenth
    of what two comparisons take.
    """
    values = x.detach().flatten()
    values = values if values.is_floating_point() else values.float()
    excess = torch.addcmul(values, values, values, value=-1)
    return torch.dot(excess, excess).item() == 0


class PixelBernoulli(Independent):
    """Independent Bernoullis over the last dimension of `logits: [..., dim]`, which may be in bfloat16.

    The library's distribution in everything but `log_prob` and `mean`, which are in float32 then. With `cross_entropy`
    it is asked for no density: `log_prob` then takes greys, and is minus the cross-entropy from x to σ(l).
    """

    def __init__(self, logits: Tensor, cross_entropy: bool = False) -> None:
        super().__init__(Bernoulli(logits=logits, validate_args=False), 1, validate_args=False)
        self.cross_entropy = cross_entropy

    @property
    def mean(self) -> Tensor:
        """σ(l), `[..., dim]`."""
        return torch.sigmoid(networks.at_least_float32(self.base_dist.logits))

    def log_prob(self, x: Tensor) -> Tensor:
        """Σ_d x_d l_d − log(1 + exp l_d), at logits l and `x: [..., dim]` of 0 and 1: `[...]`, in nats.

        Raises:
            UsageError: if `x` has greys, unless a cross-entropy is asked for.
        """
        x = networks.at_least_float32(
            x
        )  # bytes and booleans would wrap around in the arithmetic of the density
        binary = is_binary(x)
        if not (binary or self.cross_entropy):
            raise UsageError(GREY)
        # `torch.broadcast_shapes` would import 40 MB of torch's compiler into every server.
        logits, _ = torch.broadcast_tensors(self.base_dist.logits, x)
        if x.requires_grad or not binary or x.shape != logits.shape[-x.ndim :]:
            log_prob: Tensor = super().log_prob(x)
        else:
            log_prob = _LogProb.apply(logits, x)
        return log_prob


class _LogProb(torch.autograd.Function):
    """The density at `x`, which has the last dimensions of `logits`, or all; its gradient to the logits is x − σ(l)."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, x: Tensor) -> Tensor:
        log_prob, slope = log_prob_and_slope(logits, x)
        ctx.save_for_backward(slope)
        return log_prob

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (slope,) = ctx.saved_tensors
        return slope * gradient.unsqueeze(-1).to(slope.dtype), None


def log_prob_and_slope(logits: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """log p(x) summed over the last dimension, `[...]`, and its gradient to the logits, x − σ(l), `[..., dim]`.

    `x` of 0 and 1 has the last dimensions of `logits: [..., dim]`, or all. The density is in float32, the gradient in
    the precision of the logits. Neither is differentiable.
    """
    repeats = logits.reshape(-1, *x.shape)
    at_once = max(1, PART // x.numel()) if logits.device.type == "cpu" else len(repeats)
    slope = torch.empty_like(repeats)
    parts = [
        _log_prob(part, x, of_part)
        for part, of_part in zip(repeats.split(at_once), slope.split(at_once), strict=True)
    ]
    return torch.cat(parts).view(logits.shape[:-1]), slope.view(logits.shape)


def _log_prob(logits: Tensor, x: Tensor, slope: Tensor) -> Tensor:
    """Σ_d log σ(±l_d), and into `slope` its gradient ±σ(∓l), with + where x is 1 and − where it is 0."""
    sign = (x + x).sub_(1)
    signed = sign * logits
    probability = signed.sigmoid()
    torch.addcmul(sign, sign, probability, value=-1, out=slope)
    log_prob = probability.log_().sum(-1)
    if math.isinf(log_prob.sum().item()):  # a probability below e⁻⁸⁸ is 0 in float32, its logarithm is not −∞
        log_prob = functional.logsigmoid(signed).sum(-1)
    return log_prob
