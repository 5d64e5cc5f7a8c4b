"""How much of a gradient is signal, by objective and by k (Rainforth et al. 2018, Tighter Variational Bounds …)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels import objectives
from vaemodels.models.base import Model
from vaemodels.objectives import Objective


class SignalToNoise(NamedTuple):
    """‖E g‖ / √(tr Cov g) of a stochastic gradient g, for the parameters of each network.

    Infinite where the gradient has no noise at all; 0 where no signal could be told from the noise.
    """

    inference: float
    generative: float


def signal_to_noise(
    model: Model, x: Tensor, objective: Objective, k: int, repeats: int = 100, seed: int = 0
) -> SignalToNoise:
    """The signal-to-noise ratio of the gradient of the mean bound over `x: [batch, dim]`, from `repeats` gradients.

    The noise of the mean is taken off its square, so that signals under about 1/√repeats read as 0 and not as noise.
    Under iwae the ratio of the generative network grows as √k, that of the inference network falls as 1/√k.

    Raises:
        UsageError: where `objective` is not defined for the model.
    """
    generator = torch.Generator(model.device).manual_seed(seed)
    inference, generative = _split(model)
    sides = (_Moments(), _Moments())
    for _ in range(repeats):
        bound = objectives.bound(model, x, objective, k, generator=generator).mean()
        gradients = torch.autograd.grad(bound, inference + generative, allow_unused=True)
        for side, part in zip(sides, (gradients[: len(inference)], gradients[len(inference) :]), strict=True):
            side.add(torch.cat([gradient.flatten() for gradient in part if gradient is not None]))
    return SignalToNoise(*(side.ratio() for side in sides))


def _split(model: Model) -> tuple[list[Tensor], list[Tensor]]:
    """The parameters of q, whose networks are called encoders in every model, and those of p."""
    inference: list[Tensor] = []
    generative: list[Tensor] = []
    for name, parameter in model.named_parameters():
        (inference if name.startswith("encoder") else generative).append(parameter)
    return inference, generative


class _Moments:
    """Running mean and sum of squared deviations of vectors (Welford 1962), which does not lose small variances."""

    def __init__(self) -> None:
        self.n = 0
        self.mean = self.squares = torch.zeros(())

    def add(self, value: Tensor) -> None:
        value = value.cpu().double()  # not every accelerator has float64
        self.n += 1
        deviation = value - self.mean
        self.mean = self.mean + deviation / self.n
        self.squares = self.squares + deviation * (value - self.mean)

    def ratio(self) -> float:
        noise = (self.squares.sum() / (self.n - 1)).item()
        signal = max(0.0, self.mean.square().sum().item() - noise / self.n)
        if noise == 0:
            return math.inf if signal else 0.0
        return math.sqrt(signal / noise)
