"""Clusters against labels: the digits that the components of a mixture hold, and how well they sort them."""

import torch
from torch import Tensor


def component_table(components: Tensor, labels: Tensor, n_components: int, n_labels: int = 10) -> Tensor:
    """Images of each label in each component, from `components, labels: [n]`: `[n_components, n_labels]`."""
    pairs = torch.bincount(components * n_labels + labels, minlength=n_components * n_labels)
    return pairs.view(n_components, n_labels)


def clustering_accuracy(table: Tensor) -> float:
    """Share of images right when each label is given one component and each component at most one label.

    `table: [n_components, n_labels]` counts images. The best assignment is found by the Hungarian method, as is usual
    for clusterings with as many components as labels (Xie et al. 2016).
    """
    from scipy.optimize import linear_sum_assignment

    components, labels = linear_sum_assignment(table.cpu().numpy(), maximize=True)
    return table[components, labels].sum().item() / table.sum().item()


def purity(table: Tensor) -> float:
    """Share of images right when each component of `table: [n_components, n_labels]` is called by its commonest label.

    It rises with the number of components, to 1 when each image has its own.
    """
    return table.amax(1).sum().item() / table.sum().item()


def components_in_use(shares: Tensor) -> float:
    """exp(entropy) of the components' shares `[n_components]`: how many equally large ones would be as mixed."""
    return torch.special.entr(shares / shares.sum()).sum().exp().item()
