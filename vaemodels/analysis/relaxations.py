"""Estimators of ∇ E f(b), b a one-hot draw of softmax(logits), where ∇ f(b) does not lead through the draw.

    score function            (f(b) − baseline) ∇ log p(b)                               unbiased (Williams 1992)
    leave one out             the mean over K draws, each with the mean f of the others as its baseline; unbiased
                              (Mnih & Rezende 2016, Kool et al. 2019)
    straight-through          f at b, its slope taken as if b were softmax(logits); biased (Bengio et al. 2013)
    Gumbel-softmax            f at y = softmax((logits + g) / τ), g standard Gumbel noise; biased (Jang et al. 2017,
                              Maddison et al. 2017)
    straight-through Gumbel   f at the corner nearest to y, its slope taken as if at y; biased

Two categories are a Bernoulli variable, whose logit is logits[1] − logits[0]. Every estimator gives draws
`[n, categories]` of the gradient for the logits; with few categories `enumerated` is what their mean should be.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from vaemodels.errors import UsageError

Cost = Callable[[Tensor], Tensor]  # of b: [..., categories], at the corners and between them
Draw = Callable[[Cost, Tensor, int, torch.Generator], Tensor]


@dataclass(frozen=True)
class Toy:
    """The cost (⟨b, values⟩ − target)² of a one-hot b: [..., categories] (Grathwohl et al. 2018)."""

    values: tuple[float, ...]
    target: float

    def __call__(self, b: Tensor) -> Tensor:
        """The cost at b, `[...]`."""
        return (b @ b.new_tensor(self.values) - self.target).square()


BERNOULLI = Toy((0.0, 1.0), 0.499)
THREE = Toy((0.0, 0.5, 1.0), 0.249)


def enumerated(cost: Cost, logits: Tensor) -> Tensor:
    """The exact gradient of Σ_b p(b) f(b) for `logits: [categories]`, of the same shape."""
    leaf = logits.detach().clone().requires_grad_()
    expected = leaf.softmax(0) @ cost(torch.eye(len(leaf), dtype=leaf.dtype))
    return torch.autograd.grad(expected, leaf)[0]


def draw(logits: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """`n` one-hot draws of softmax(logits), `[n, categories]`."""
    return one_hot(torch.multinomial(logits.softmax(0), n, True, generator=generator), len(logits)).to(logits)


def score_function(
    cost: Cost, logits: Tensor, n: int, generator: torch.Generator, baseline: float = 0.0
) -> Tensor:
    """(f(b) − baseline) (b − softmax(logits)), the latter being ∇ log p(b)."""
    b = draw(logits, n, generator)
    return (cost(b) - baseline).unsqueeze(1) * (b - logits.softmax(0))


def best_baseline(cost: Cost, logits: Tensor) -> float:
    """The constant with the least total variance: E[f ‖∇ log p‖²] / E ‖∇ log p‖², by enumeration."""
    corners, p = torch.eye(len(logits), dtype=logits.dtype), logits.softmax(0)
    weights = p * (corners - p).square().sum(1)
    return ((weights @ cost(corners)) / weights.sum()).item()


def with_best_baseline(cost: Cost, logits: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """`score_function` with `best_baseline`."""
    return score_function(cost, logits, n, generator, best_baseline(cost, logits))


def leave_one_out(cost: Cost, logits: Tensor, n: int, generator: torch.Generator, k: int = 4) -> Tensor:
    """`n` means over k draws each: Σ_i (f(b_i) − the mean f of the other k − 1) ∇ log p(b_i) / k.

    Raises:
        UsageError: unless k is 2 or more.
    """
    if k < 2:
        raise UsageError("Leave one out has no others to compare one draw with; take at least 2 draws.")
    b = draw(logits, n * k, generator).view(n, k, -1)
    f = cost(b)
    others = (f.sum(1, keepdim=True) - f) / (k - 1)
    return ((f - others).unsqueeze(2) * (b - logits.softmax(0))).mean(1)


def straight_through(cost: Cost, logits: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """The slope of f at b, led through softmax(logits)."""
    leaf = _leaf(logits, n)
    soft = leaf.softmax(1)
    b = draw(logits, n, generator)
    return torch.autograd.grad(cost(b + soft - soft.detach()).sum(), leaf)[0]


def relaxed(logits: Tensor, noise: Tensor, temperature: float) -> Tensor:
    """softmax((logits + noise) / τ), `[..., categories]`, for standard Gumbel noise: a concrete draw."""
    return ((logits + noise) / temperature).softmax(-1)


def gumbel_softmax(
    cost: Cost, logits: Tensor, n: int, generator: torch.Generator, temperature: float = 1.0
) -> Tensor:
    """The slope of f at a relaxed draw, between the corners."""
    leaf = _leaf(logits, n)
    y = relaxed(leaf, gumbel(leaf, generator), temperature)
    return torch.autograd.grad(cost(y).sum(), leaf)[0]


def straight_through_gumbel(
    cost: Cost, logits: Tensor, n: int, generator: torch.Generator, temperature: float = 1.0
) -> Tensor:
    """The slope of f at the corner nearest to a relaxed draw y, led through y."""
    leaf = _leaf(logits, n)
    y = relaxed(leaf, gumbel(leaf, generator), temperature)
    b = one_hot(y.argmax(1), y.shape[1]).to(y)
    return torch.autograd.grad(cost(b + y - y.detach()).sum(), leaf)[0]


def gumbel(like: Tensor, generator: torch.Generator) -> Tensor:
    """Standard Gumbel noise −log(−log u) of the shape and type of `like`."""
    return -torch.empty_like(like, requires_grad=False).exponential_(generator=generator).log()


def concrete_log_density(y: Tensor, logits: Tensor, temperature: float) -> Tensor:
    """log p(y) of `relaxed` draws `y: [..., n]` inside the simplex, by its first n − 1 coordinates, `[...]` in nats.

    log Γ(n) + (n − 1) log τ + Σ_i (a_i − log y_i) − n log Σ_i exp(a_i), with a_i = logits_i − τ log y_i
    (Maddison et al. 2017).
    """
    n = len(logits)
    a = logits - temperature * y.log()
    constant = math.lgamma(n) + (n - 1) * math.log(temperature)
    return constant + (a - y.log()).sum(-1) - n * a.logsumexp(-1)


def estimators(temperature: float, k: int) -> dict[str, Draw]:
    """The estimators by name; leave one out takes `k` draws for each estimate, and is there for 2 or more alone."""

    def loo(cost: Cost, logits: Tensor, n: int, generator: torch.Generator) -> Tensor:
        return leave_one_out(cost, logits, n, generator, k)

    def soft(cost: Cost, logits: Tensor, n: int, generator: torch.Generator) -> Tensor:
        return gumbel_softmax(cost, logits, n, generator, temperature)

    def hard(cost: Cost, logits: Tensor, n: int, generator: torch.Generator) -> Tensor:
        return straight_through_gumbel(cost, logits, n, generator, temperature)

    return {
        "score": score_function,
        "baseline": with_best_baseline,
        **({"loo": loo} if k > 1 else {}),
        "st": straight_through,
        "gs": soft,
        "stgs": hard,
    }


def descend(
    estimator: Draw, cost: Cost, logits: Tensor, steps: int, rate: float, batch: int, seed: int = 0
) -> Tensor:
    """softmax(logits) before and after each of `steps` of gradient descent, `[steps + 1, categories]`.

    Each step follows the mean of `batch` draws of the gradient.
    """
    generator = torch.Generator().manual_seed(seed)
    path = [logits.softmax(0)]
    for _ in range(steps):
        logits = logits - rate * estimator(cost, logits, batch, generator).mean(0)
        path.append(logits.softmax(0))
    return torch.stack(path)


def _leaf(logits: Tensor, n: int) -> Tensor:
    return logits.expand(n, -1).detach().clone().requires_grad_()
