"""Adam or Muon for a network that computes in bfloat16 while its weights are kept, and moved, in float32.

At batches of a hundred images a step is so short that its many small operations cost more than its matrix products. So
all weights are one vector, which Adam moves at once and which is rounded to bfloat16 once a step, not at every use.

Muon (Jordan et al. 2024) moves the weight matrices of layers along orthogonal matrices. It is written here because
torch.optim.Muon computes in bfloat16 wherever it runs, many times slower than float32 on a processor that has none.
"""

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from vaemodels.models.base import Model
from vaemodels.training_config import OptimizerName

STATE = ("step", "exp_avg", "exp_avg_sq")
MOMENTUM = 0.95
# Of Muon's rate: what Adam takes for all that is no matrix of a layer, 1e-3 where Muon has 0.02.
REST_RATE_FRACTION = 0.05
# Jordan's polynomial, steepest at 0. Three rounds in place of his five reach as low a loss in less time.
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_ROUNDS = 3


def flush_tiny_numbers() -> None:
    """Have this thread, and those it starts, take numbers below 10⁻³⁸ for zero; call it before anything is computed.

    Adam's moments of a pixel that is seldom lit decay to there, where arithmetic takes the processor a hundred times as
    long: after some epochs of MNIST the few thousand of them take a tenth of a step's time.
    """
    torch.set_flush_denormal(True)


class Optimizer:
    """Adam on `model`'s parameters, or Muon on its layers' matrices and Adam on the rest.

    `working` is what to compute the loss with: `model` itself in float32, or its copy whose linear layers are bfloat16.
    """

    def __init__(
        self,
        model: Model,
        dtype: torch.dtype,
        name: OptimizerName = "adam",
        state: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Start afresh, or from what `state` gave earlier."""
        self.vector = parameters_to_vector(model.parameters()).detach()
        vector_to_parameters(self.vector, model.parameters())  # which makes them views of the vector
        self.model = model
        self.rounded = self.vector.to(dtype)
        self.working = model if dtype == torch.float32 else _in_precision(model, self.rounded)
        self.gradient = torch.zeros_like(self.vector)
        self.gradients = _views(self.gradient, model)
        zeros = {part: torch.zeros_like(self.vector) for part in STATE[1:]}
        given = state or zeros | {"step": self.vector.new_zeros(())}
        step, *self.moments = (given[part].to(self.vector, copy=True) for part in STATE)

        whole = (self.vector, self.gradient, *self.moments)
        parts = list(zip(*(_views(vector, model) for vector in whole), strict=True))
        in_layers = _of_layers(model)
        by_muon = [
            name == "muon" and id(parameter) in in_layers and parameter.ndim > 1
            for parameter in model.parameters()
        ]
        # Of a matrix, the mean of its gradients is Muon's momentum; no mean of their squares is kept.
        self.matrices = {i: parts[i][:3] for i, muon in enumerate(by_muon) if muon}
        rest = [part for part, muon in zip(parts, by_muon, strict=True) if not muon]
        by_adam = rest if self.matrices else [whole]
        self.adam = torch.optim.Adam([part[0] for part in by_adam], fused=True)
        for weight, gradient, mean, mean_square in by_adam:
            weight.grad = gradient
            self.adam.state[weight] = {"step": step.clone(), "exp_avg": mean, "exp_avg_sq": mean_square}

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor | None], learning_rate: float, limit: float = 0.0) -> None:
        """Move the weights against the `gradients` of the loss, one for each parameter of `working`.

        Where there is a `limit` and all of them together are longer than it, they are shortened to it.
        """
        for mine, gradient in zip(self.gradients, gradients, strict=True):
            mine.zero_() if gradient is None else mine.copy_(gradient)
        if limit:
            self.gradient.mul_((limit / self.gradient.norm()).clamp(max=1))
        self.adam.param_groups[0]["lr"] = learning_rate * (REST_RATE_FRACTION if self.matrices else 1.0)
        self.adam.step()
        for i, (weight, gradient, momentum) in self.matrices.items():
            if gradients[i] is None:
                continue
            momentum.lerp_(gradient, 1 - MOMENTUM)
            ahead = gradient.lerp(momentum, MOMENTUM).flatten(1)  # Nesterov's
            tall = max(1.0, ahead.shape[0] / ahead.shape[1])
            direction = orthogonalised(ahead.to(self.rounded.dtype)).view_as(weight)
            weight.sub_(direction, alpha=learning_rate * tall**0.5)
        if self.working is not self.model:
            self.rounded.copy_(self.vector)

    def state(self) -> dict[str, Tensor]:
        """Copies of the moments and the count of steps."""
        step = next(iter(self.adam.state.values()))["step"]
        return {name: value.clone() for name, value in zip(STATE, (step, *self.moments), strict=True)}


def orthogonalised(matrix: Tensor) -> Tensor:
    """U Vᵀ of `matrix: [rows, columns]` = U S Vᵀ, roughly: singular values that are not tiny come out near 1.

    The Newton–Schulz iteration of Jordan et al. 2024, X ← aX + (bA + cA²)X with A = XXᵀ, from X of Frobenius norm 1.
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.T
    x = x / x.norm().clamp(min=1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(NEWTON_SCHULZ_ROUNDS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if wide else x.T


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
    of_layers = _of_layers(twin)
    for mine, full, view in zip(twin.parameters(), model.parameters(), _views(rounded, model), strict=True):
        mine.data = view if id(mine) in of_layers else full.data
    return twin


def _of_layers(model: Model) -> set[int]:
    """The ids of the parameters that are a layer's weights and biases."""
    return {
        id(parameter)
        for module in model.modules()
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
        for parameter in module.parameters()
    }
