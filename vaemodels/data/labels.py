"""Which few images of a split keep their label, where a model is to learn from few labels."""

import torch
from torch import Tensor

from vaemodels.errors import UsageError


def choose(labels: Tensor, n: int, seed: int = 0) -> Tensor:
    """The indices `[n]`, on the device of `labels: [images]`, of the images that keep their label.

    They are spread as evenly over the classes as these allow.

    The same seed gives the same images everywhere, and a larger n adds to those of a smaller one.

    Raises:
        UsageError: if there are fewer than n images, or n is not positive.
    """
    if n < 1:
        raise UsageError(f"{n} labelled images teach no classes; ask for at least one.")
    if n > len(labels):
        raise UsageError(f"There are {len(labels):,} images to label, not {n:,}; ask for fewer labels.")
    device, labels = labels.device, labels.cpu()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    turn = torch.empty_like(order)  # every class deals out its images one by one
    for label in labels.unique():
        of_class = labels[order] == label
        turn[of_class] = torch.arange(int(of_class.sum()))
    return order[turn.argsort(stable=True)][:n].to(device)
