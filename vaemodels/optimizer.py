"""Adam for a network that computes in bfloat16 while its weights are kept, and moved, in float32.

At batches of a hundred images a step is so short that its many small operations cost more than its matrix products. So
all weights are one vector with one Adam update, and they are rounded to bfloat16 once a step, not at every use.
"""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from vaemodels.models.base import Model

STATE = ("step", "exp_avg", "exp_avg_sq")


class Optimizer:
    """Adam on `model`'s parameters, by way of a copy of the model that does the computing.

    `working` is what to compute the loss with: `model` itself in float32, or its copy whose linear layers are bfloat16.
    """

    def __init__(self, model: Model, dtype: torch.dtype, state: Mapping[str, Tensor] | None = None) -> None:
        """Start afresh, or from what `state` gave earlier."""
        self.vector = parameters_to_vector(model.parameters()).detach().requires_grad_()
        vector_to_parameters(self.vector, model.parameters())  # which makes them views of the vector
        self.model = model
        self.working = model if dtype == torch.float32 else _in_precision(model, dtype)
        self.vector.grad = torch.zeros_like(self.vector)
        sizes = [parameter.numel() for parameter in model.parameters()]
        parts = zip(self.vector.grad.split(sizes), model.parameters(), strict=True)
        self.gradients = [part.view_as(parameter) for part, parameter in parts]
        self.adam = torch.optim.Adam([self.vector], fused=True)
        if state:
            self.adam.state[self.vector] = {part: state[part].to(self.vector, copy=True) for part in STATE}

    def step(self, loss: Tensor, learning_rate: float) -> None:
        """Move the weights against the gradient of `loss`, which was computed with `working`."""
        self.working.zero_grad(set_to_none=True)
        loss.backward()
        for gradient, parameter in zip(self.gradients, self.working.parameters(), strict=True):
            gradient.zero_() if parameter.grad is None else gradient.copy_(parameter.grad)
        self.adam.param_groups[0]["lr"] = learning_rate
        self.adam.step()
        if self.working is not self.model:
            self.load()

    @torch.no_grad()
    def load(self) -> None:
        """Bring `working` up to the model's weights."""
        for rounded, full in zip(self.working.parameters(), self.model.parameters(), strict=True):
            rounded.copy_(full)

    def state(self) -> dict[str, Tensor]:
        """Copies of Adam's moments and its count of steps."""
        return {part: self.adam.state[self.vector][part].clone() for part in STATE}


def _in_precision(model: Model, dtype: torch.dtype) -> Model:
    """A copy whose matrix products are in `dtype`; what is no layer's weight (a learned variance) stays as it is."""
    twin = copy.deepcopy(model)
    for module in twin.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            module.to(dtype)
    return twin
