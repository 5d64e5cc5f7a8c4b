"""Predicted labels and clusters against true labels."""

import torch
from torch import Tensor


def confusion_matrix(labels: Tensor, predictions: Tensor, n_labels: int = 10) -> Tensor:
    """How many images of true label i were called j, `[n_labels, n_labels]`, from `labels`, `predictions: [n]`."""
    return contingency(labels, predictions, n_labels, n_labels)


def contingency(rows: Tensor, columns: Tensor, n_rows: int, n_columns: int) -> Tensor:
    """How often row i met column j, `[n_rows, n_columns]`: components against digits, for one."""
    return torch.bincount(rows * n_columns + columns, minlength=n_rows * n_columns).view(n_rows, n_columns)


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
