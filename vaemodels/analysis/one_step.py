"""One step of training on one image, taken apart: what each stage computes, and what the step changes."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Independent

from vaemodels.models.base import Model

RATE = 1e-3  # of plain gradient descent


class Step(NamedTuple):
    """The stages of a step on an image `x: [dim]`, from one draw of noise.

    `noise`, `z`, `mean` and `std` are `[z_dim]`, `decoded: [dim]`; `reconstruction` and `kl` are −ELBO's terms at z in
    nats, `after` their sum for the same noise after the step. `gradient` holds the gradient's length by network.
    """

    mean: Tensor
    std: Tensor
    noise: Tensor
    z: Tensor
    decoded: Tensor
    reconstruction: float
    kl: float
    gradient: dict[str, float]
    after: float

    @property
    def before(self) -> float:
        """−ELBO at z, in nats."""
        return self.reconstruction + self.kl


def one_step(model: Model, x: Tensor, seed: int = 0, rate: float = RATE) -> Step:
    """Encode, draw, decode, score, and go one step of gradient descent, on a copy of `model`.

    The length of the step is `rate`, whatever the gradient's: θ ← θ − rate · g / |g|.
    """
    model = copy.deepcopy(model).requires_grad_(True)
    noise = torch.randn(next(iter(model.latent_dims.values())), generator=torch.Generator().manual_seed(seed))

    def score() -> tuple[Tensor, Tensor, Independent, Tensor]:
        q = model.encode(x.unsqueeze(0))["z"]
        assert isinstance(q, Independent)
        z = q.mean[0] + q.stddev[0] * noise
        kl = (q.log_prob(z.unsqueeze(0))[0] - model.prior().log_prob(z)) if not model.kl_is_exact else None
        if kl is None:
            kl = model.kl_by_dimension({"z": q})["z"].sum()
        return -model.decode(z).log_prob(x), kl, q, z

    with torch.enable_grad():
        reconstruction, kl, q, z = score()
        (reconstruction + kl).backward()
    parts = {"encoder": "encoder.", "decoder": "decoder.", "prior": "prior_"}
    squares = {
        part: sum(
            float(p.grad.square().sum())
            for n, p in model.named_parameters()
            if n.startswith(head) and p.grad is not None
        )
        for part, head in parts.items()
    }
    length = sum(squares.values()) ** 0.5
    with torch.no_grad():
        decoded = model.decode(z).mean
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.sub_(rate / max(length, 1e-12) * parameter.grad)
        after = sum(score()[:2])
    gradient = {part: square**0.5 for part, square in squares.items() if square > 0}
    return Step(
        q.mean[0].detach(),
        q.stddev[0].detach(),
        noise,
        z.detach(),
        decoded,
        reconstruction.item(),
        kl.item(),
        gradient,
        float(after),
    )
