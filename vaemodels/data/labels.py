"""Which training images keep their label in a semi-supervised run."""

import torch
from torch import Tensor

from vaemodels.errors import UsageError


def choose(labels: Tensor, count: int, seed: int = 0) -> Tensor:
    """The places of `count` images, spread over the classes of `labels: [n]` as evenly as they can be: `[count]`.

    The images of each class are shuffled under `seed`, and classes take turns. So the choice for a smaller count is the
    beginning of that for a larger one.

    Raises:
        UsageError: if there are fewer images than `count`.
    """
    if not 1 <= count <= len(labels):
        raise UsageError(
            f"There are {len(labels):,} images and {count:,} labels were asked for; choose from 1 to that many."
        )
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed)).to(labels.device)
    shuffled = labels[order]
    turn = torch.empty_like(labels)
    for label in shuffled.unique():
        places = (shuffled == label).nonzero().flatten()
        turn[places] = torch.arange(len(places), device=labels.device)
    return order[turn.argsort(stable=True)[:count]]
