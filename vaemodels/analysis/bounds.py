"""L_k of one image over k, from draws that come a few at a time, and which of the draws it rests on.

    log w_i = log p(x, z_i) − log q(z_i|x),   z_i ~ q(z|x)
    L_k     = E log (1/k) Σ_i w_i   ≤ L_k+1   ≤ log p(x)        (Burda et al. 2016)

All in nats. `CHAIN` are the k that are shown: each divides the next, so that on the same draws their estimates rise.
All take as many of the draws as the largest k can use in whole blocks.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels.errors import UsageError
from vaemodels.evaluation import DECODED_AT_ONCE, refuse_grey_pixels
from vaemodels.models.base import Model, log_q
from vaemodels.objectives import iwae_by_block

CHAIN = (1, 5, 10, 50, 100, 500, 1_000, 5_000)
MOST_DRAWS = CHAIN[-1]


class Draws(NamedTuple):
    """Draws from q of one image: `log_w: [k]`, and `z: [k, z_dim]`, the latent that is decoded."""

    log_w: Tensor
    z: Tensor


class Point(NamedTuple):
    """L_k from `repeats` disjoint blocks of k draws: their mean, and their standard deviation, NaN of one alone."""

    k: int
    mean: float
    spread: float
    repeats: int


def check(model: Model, k: int) -> None:
    """Refuse what has no L_k from draws of z alone.

    Raises:
        UsageError: for a model without a likelihood or with labels, or a k out of range.
    """
    if not model.has_likelihood:
        raise UsageError(f"The model '{model.name}' has no likelihood to bound; choose a vae, gmvae or hvae.")
    if model.n_labels:
        raise UsageError(
            f"Draws of z alone do not bound log p(x) of a {model.name}, which has labels; "
            "choose a vae, gmvae or hvae."
        )
    if not 1 <= k <= MOST_DRAWS:
        raise UsageError(
            f"One image takes 1 to {MOST_DRAWS:,} draws, not {k:,}; choose k in that range.", "k"
        )


@torch.no_grad()
def draw(model: Model, x: Tensor, k: int, generator: torch.Generator | None = None) -> Draws:
    """`k` draws from q of the image `x: [dim]`; `generator` goes on from where it is.

    Raises:
        UsageError: as `check`, and on grey pixels under a Bernoulli likelihood.
    """
    check(model, k)
    refuse_grey_pixels(model, x)
    images = x.to(model.device).unsqueeze(0)
    parts = []
    for start in range(0, k, DECODED_AT_ONCE):
        posteriors, latents = model.infer(images, (min(DECODED_AT_ONCE, k - start),), generator=generator)
        log_w = model.log_joint(images, latents) - log_q(posteriors, latents)
        parts.append(Draws(log_w[:, 0], next(iter(latents.values()))[:, 0]))
    return joined(parts)


def joined(parts: list[Draws]) -> Draws:
    """Draws in the order of `parts`."""
    return Draws(torch.cat([part.log_w for part in parts]), torch.cat([part.z for part in parts]))


def curve(log_w: Tensor) -> list[Point]:
    """L_k from `log_w: [n]` for every k of `CHAIN` up to n, with the spread over its repeats; it never falls."""
    ks = [k for k in CHAIN if k <= len(log_w)]
    used = log_w[: len(log_w) - len(log_w) % ks[-1]].double().unsqueeze(1)
    points = []
    for k in ks:
        repeats = iwae_by_block(used, k)[:, 0]
        spread = repeats.std().item() if len(repeats) > 1 else math.nan
        points.append(Point(k, repeats.mean().item(), spread, len(repeats)))
    return points


def carriers(log_w: Tensor, share: float = 0.9) -> int:
    """How many of the draws `log_w: [n]`, largest weights first, carry `share` of the sum of all weights."""
    held = log_w.double().softmax(0).sort(descending=True).values.cumsum(0)
    return min(int((held < share).sum()) + 1, len(log_w))


def leaders(log_w: Tensor, most: int) -> Tensor:
    """Places `[m]`, in order, of the draws that are among the `most` largest of all up to some draw.

    Whoever sees the draws come one by one needs no others' z. Of n draws in any order there are about
    most · (1 + log(n / most)).
    """
    largest: list[float] = []
    found = []
    for place, value in enumerate(log_w.tolist()):
        if len(largest) < most or value > largest[0]:
            found.append(place)
            largest = sorted([*largest, value])[-most:]
    return torch.tensor(found, dtype=torch.long)
