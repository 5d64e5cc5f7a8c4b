"""Adam for a network that computes in bfloat16 while its weights are kept, and moved, in float32.

At batches of a hundred images a step is so short that its many small operations cost more than its matrix products. So
all weights are one vector with one Adam update, and they are rounded to bfloat16 once a step, not at every use.
"""

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from vaemodels.models.base import Model

STATE = ("step", "exp_avg", "exp_avg_sq")
BETAS, EPS = (0.9, 0.999), 1e-8


def flush_tiny_numbers() -> None:
    """Have this thread, and those it starts, take numbers below 10⁻³⁸ for zero; call it before anything is computed.

    Adam's moments of a pixel that is seldom lit decay to there, where arithmetic takes the processor a hundred times as
    long: after some epochs of MNIST the few thousand of them take a tenth of a step's time.
    """
    torch.set_flush_denormal(True)


class Optimizer:
    """Adam on `model`'s parameters, by way of a copy of the model that does the computing.

    `working` is what to compute the loss with: `model` itself in float32, or its copy whose linear layers are bfloat16.
    """

    def __init__(self, model: Model, dtype: torch.dtype, state: Mapping[str, Tensor] | None = None) -> None:
        """Start afresh, or from what `state` gave earlier."""
        self.vector = parameters_to_vector(model.parameters()).detach()
        vector_to_parameters(self.vector, model.parameters())  # which makes them views of the vector
        self.model = model
        self.rounded = self.vector.to(dtype)
        self.working = model if dtype == torch.float32 else _in_precision(model, self.rounded)
        self.gradient = torch.zeros_like(self.vector)
        self.gradients = _views(self.gradient, model)
        zeros = {"step": self.vector.new_zeros(())} | {
            part: torch.zeros_like(self.vector) for part in STATE[1:]
        }
        self.adam = {part: (state or zeros)[part].to(self.vector, copy=True) for part in STATE}

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor | None], learning_rate: float, limit: float = 0.0) -> None:
        """Move the weights against the `gradients` of the loss, one for each parameter of `working`.

        Where there is a `limit` and all of them together are longer than it, they are shortened to it.
        """
        for mine, gradient in zip(self.gradients, gradients, strict=True):
            mine.zero_() if gradient is None else mine.copy_(gradient)
        if limit:
            self.gradient.mul_((limit / self.gradient.norm()).clamp(max=1))
        step, mean, mean_square = (self.adam[part] for part in STATE)
        step += 1
        torch._fused_adam_(  # what torch.optim.Adam ends in, without its grouping of tensors
            [self.vector],
            [self.gradient],
            [mean],
            [mean_square],
            [],
            [step],
            lr=learning_rate,
            beta1=BETAS[0],
            beta2=BETAS[1],
            weight_decay=0.0,
            eps=EPS,
            amsgrad=False,
            maximize=False,
        )
        if self.working is not self.model:
            self.rounded.copy_(self.vector)

    def state(self) -> dict[str, Tensor]:
        """Copies of Adam's moments and its count of steps."""
        return {part: self.adam[part].clone() for part in STATE}


def _views(vector: Tensor, model: Model) -> list[Tensor]:
    """The parts of `vector` that belong to the parameters of `model`, in their shapes."""
    sizes = [parameter.numel() for parameter in model.parameters()]
    return [
        part.view_as(parameter)
        for part, parameter in zip(vector.split(sizes), model.parameters(), strict=True)
    ]


def _in_precision(model: Model, rounded: Tensor) -> Model:
    """A copy whose layers' weights are views of `rounded`, in its precision.

    What is no layer's weight (a learned variance) is in full precision, and shared with `model`.
    """
    twin = copy.deepcopy(model)
    of_layers = {
        id(parameter)
        for module in twin.modules()
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
        for parameter in module.parameters()
    }
    for mine, full, view in zip(twin.parameters(), model.parameters(), _views(rounded, model), strict=True):
        mine.data = view if id(mine) in of_layers else full.data
    return twin
