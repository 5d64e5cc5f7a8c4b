"""Grey pixels between 0 and 1: the continuous Bernoulli (Loaiza-Ganem & Cunningham 2019, The continuous Bernoulli).

A Bernoulli's λˣ (1 − λ)¹⁻ˣ does not integrate to 1 over greys. With λ = σ(l) it is eˡˣ times a constant; the density is

    p(x) = exp(l x − A(l)),   A(l) = log ∫₀¹ eˡˣ dx = log((eˡ − 1) / l),   E[x] = A′(l) = 1 / (1 − e⁻ˡ) − 1 / l,

whose mean is nearer to ½ than λ. The normaliser of the paper is C(λ) = 2 artanh(1 − 2λ) / (1 − 2λ) = l / tanh(l / 2).
"""

import torch
from torch import Tensor, distributions
from torch.distributions import Independent
from torch.nn import functional

from vaemodels import networks

NEAR = 0.5  # logits below which a series is exact to float32's last digits, where the closed forms cancel
BISECTIONS = 60
MOST_LOGIT = 2_000.0


class ContinuousBernoulli(distributions.ContinuousBernoulli):
    """The library's distribution, its density, mean and quantiles computed from logits.

    From probabilities, as the library does it in float32, they are wrong where many a pixel lies: its density by
    0.01 nats a pixel at logits of ±15 and by 0.9 at ±40, its mean by 0.003 around λ = ½.
    """

    def log_prob(self, value: Tensor) -> Tensor:
        """x l − A(l) of `value` x in [0, 1], in nats."""
        return value * self.logits - log_partition(self.logits)

    @property
    def mean(self) -> Tensor:
        """E[x] = A′(l)."""
        return mean_of(self.logits)

    def icdf(self, value: Tensor) -> Tensor:
        """log(1 + u (eˡ − 1)) / l, the quantile of `value` u in [0, 1)."""
        logits, u = torch.broadcast_tensors(self.logits, value)
        size = logits.abs().clamp(min=1)
        share = torch.where(logits > 0, u, 1 - u)  # from the end that has little ink
        from_end = (-torch.log(share + (1 - share) * torch.exp(-size)) / size).clamp(0, 1)
        near = torch.where(logits.abs() < 1e-9, torch.full_like(logits, 1e-9), logits.clamp(-1, 1))
        middle = torch.log1p(u * torch.expm1(near)) / near
        return torch.where(logits.abs() < 1, middle, torch.where(logits > 0, 1 - from_end, from_end))


def pixels(logits: Tensor) -> Independent:
    """Independent pixels over the last dimension of `logits: [..., dim]`, in float32 at least."""
    base = ContinuousBernoulli(logits=networks.at_least_float32(logits), validate_args=False)
    return Independent(base, 1, validate_args=False)


def log_partition(logits: Tensor) -> Tensor:
    """A(l) = log((eˡ − 1) / l), with A(0) = 0."""
    size = logits.abs().clamp(min=NEAR)
    far = functional.relu(logits) + torch.log(-torch.expm1(-size) / size)
    near = logits.clamp(-NEAR, NEAR)
    square = near.square()
    series = near / 2 + square * (1 / 24 - square * (1 / 2880 - square / 181440))
    return torch.where(logits.abs() < NEAR, series, far)


def mean_of(logits: Tensor) -> Tensor:
    """A′(l) = 1 / (1 − e⁻ˡ) − 1 / l, with A′(0) = ½."""
    safe = torch.where(logits.abs() < NEAR, torch.full_like(logits, NEAR), logits)
    far = torch.where(safe > 0, -1 / torch.expm1(-safe.abs()), 1 + 1 / torch.expm1(-safe.abs())) - 1 / safe
    near = logits.clamp(-NEAR, NEAR)
    square = near.square()
    series = 0.5 + near * (1 / 12 - square * (1 / 720 - square / 30240))
    return torch.where(logits.abs() < NEAR, series, far)


def logits_of(means: Tensor) -> Tensor:
    """The logits whose mean is `means`, of any shape, kept from 0 and 1 by 1/1000; by bisection."""
    wanted = means.double().clamp(1e-3, 1 - 1e-3)
    low, high = torch.full_like(wanted, -MOST_LOGIT), torch.full_like(wanted, MOST_LOGIT)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        is_low = mean_of(middle) < wanted
        low, high = torch.where(is_low, middle, low), torch.where(is_low, high, middle)
    return ((low + high) / 2).to(means.dtype)
