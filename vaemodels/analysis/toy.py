"""A model with one latent vector of which everything is known: how gradients of L_K drown in noise, exactly.

    z ~ N(μ, I),   x|z ~ N(z, I),   q(z|x) = N(A x + b, ⅔ I),   D = 20 dimensions           (Rainforth et al. 2018)

so that x ~ N(μ, 2 I) and z|x ~ N((μ + x)/2, I/2). The best A and b are I/2 and μ/2; here every parameter is off by
normal noise of a chosen size. With w̃ the normalised weights of K draws z_i = A x + b + √⅔ ε_i, gradients of L_K are

    generative        Σ_i w̃_i  (z_i − μ)                                  for μ
    iwae              Σ_i w̃_i  (μ + x − 2 z_i)                            for b
    stl               Σ_i w̃_i  g_i,   g_i = μ + x − 2 z_i + (z_i − A x − b) / ⅔
    dreg              Σ_i w̃_i² g_i

Those for A are the ones for b times xᵀ and have the same ratios. iwae and dreg expect the same, and dreg has far less
noise: so the signal of both is measured by dreg.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

DIMENSIONS = 20
VARIANCE = 2 / 3  # of q, in each dimension
# Draws for each K: so many repeats of its gradients that the smallest signal stands clear of its own noise.
DRAWS = 2**16
REPEATS = (128, 2_048)  # at least and at most


class Toy(NamedTuple):
    """An image `x: [D]` and parameters `mu: [D]`, `a: [D, D]`, `b: [D]`."""

    x: Tensor
    mu: Tensor
    a: Tensor
    b: Tensor

    @property
    def mean(self) -> Tensor:
        """The mean of q, `[D]`."""
        return self.a @ self.x + self.b

    @property
    def log_p(self) -> float:
        """log N(x; μ, 2 I), in nats."""
        return (-(self.x - self.mu).square().sum() / 4 - DIMENSIONS / 2 * math.log(4 * math.pi)).item()


class Gradients(NamedTuple):
    """Independent draws of each gradient, `[repeats, D]`."""

    generative: Tensor
    iwae: Tensor
    stl: Tensor
    dreg: Tensor


class Ratios(NamedTuple):
    """‖E g‖ / √(tr Cov g) of each gradient at one K, and the length of stl's bias over that of the true gradient."""

    k: int
    generative: float
    iwae: float
    stl: float
    dreg: float
    stl_bias: float
    repeats: int


def effective_draws(toy: Toy, k: int, seed: int = 0) -> float:
    """The median effective sample size 1 / Σ w̃² of `k` draws of q, over as many repeats as `ratios` takes."""
    repeats = min(REPEATS[1], max(REPEATS[0], DRAWS // k))
    noise = torch.randn((repeats, k, DIMENSIONS), generator=torch.Generator().manual_seed(seed))
    weights = log_weights(toy, toy.mean + math.sqrt(VARIANCE) * noise)
    return (1 / weights.softmax(1).square().sum(1)).median().item()


def make(perturbation: float, seed: int = 0) -> Toy:
    """A true μ* ~ N(0, I), an x ~ N(μ*, 2 I), and μ*, I/2 and μ*/2 with noise of that standard deviation added."""
    generator = torch.Generator().manual_seed(seed)

    def noise(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    true = noise(DIMENSIONS)
    x = true + math.sqrt(2) * noise(DIMENSIONS)
    identity = torch.eye(DIMENSIONS)
    return Toy(
        x,
        true + perturbation * noise(DIMENSIONS),
        identity / 2 + perturbation * noise(DIMENSIONS, DIMENSIONS),
        true / 2 + perturbation * noise(DIMENSIONS),
    )


def log_weights(toy: Toy, z: Tensor) -> Tensor:
    """log p(x, z) − log q(z|x) at `z: [..., D]`, `[...]` in nats."""
    squares = (
        -(z - toy.mu).square().sum(-1)
        - (toy.x - z).square().sum(-1)
        + (z - toy.mean).square().sum(-1) / VARIANCE
    )
    return squares / 2 - DIMENSIONS / 2 * math.log(2 * math.pi / VARIANCE)


def gradients(toy: Toy, k: int, repeats: int, generator: torch.Generator | None = None) -> Gradients:
    """`repeats` draws of the four gradients of L_k, all four from the same z."""
    noise = torch.randn((repeats, k, DIMENSIONS), generator=generator)
    z = toy.mean + math.sqrt(VARIANCE) * noise
    weights = log_weights(toy, z).softmax(1).unsqueeze(-1)
    total = toy.mu + toy.x - 2 * z
    path = total + (z - toy.mean) / VARIANCE
    return Gradients(
        (weights * (z - toy.mu)).sum(1),
        (weights * total).sum(1),
        (weights * path).sum(1),
        (weights.square() * path).sum(1),
    )


def ratios(toy: Toy, k: int, seed: int = 0) -> Ratios:
    """Signal-to-noise of every gradient at `k`, and stl's bias."""
    least, most = REPEATS
    repeats = max(least, min(most, DRAWS // k))
    found = gradients(toy, k, repeats, torch.Generator().manual_seed(seed))
    generative, stl, dreg = (_signal(part) for part in (found.generative, found.stl, found.dreg))
    return Ratios(
        k=k,
        generative=generative / _noise(found.generative),
        iwae=dreg / _noise(found.iwae),
        stl=stl / _noise(found.stl),
        dreg=dreg / _noise(found.dreg),
        # The two are of the same draws, so that what is common to both drops out of the difference.
        stl_bias=_signal(found.stl - found.dreg) / dreg if dreg else math.nan,
        repeats=repeats,
    )


def exponent(ks: list[int], values: list[float]) -> float:
    """The least-squares slope of log `values` over log `ks`: 0.5 where values go as √k."""
    x, y = (torch.tensor(part, dtype=torch.float64).log() for part in (ks, values))
    x = x - x.mean()
    return ((x @ y) / (x @ x)).item()


def _noise(samples: Tensor) -> float:
    """√(tr Cov g) of draws `[repeats, D]`."""
    return samples.double().var(0).sum().sqrt().item()


def _signal(samples: Tensor) -> float:
    """‖E g‖ of draws `[repeats, D]`, the noise of their mean taken off its square."""
    samples = samples.double()
    square = samples.mean(0).square().sum() - samples.var(0).sum() / len(samples)
    return math.sqrt(max(0.0, square.item()))
