"""Clusters against labels: the digits that the components of a mixture hold, and how well they sort them."""

from typing import Any

import numpy as np
import numpy.typing as npt
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
    counts = table.cpu().numpy()
    return int(largest_assignment(counts)) / int(counts.sum())


def largest_assignment(gains: npt.NDArray[Any]) -> float:
    """The largest sum of entries of a matrix, one in each row or column, whichever are fewer, and no two in a line.

    The Hungarian method: row after row takes a column by the cheapest path of columns that change hands, under prices
    of rows and columns by which no entry costs less than nothing. It takes a hundred array operations for ten rows;
    SciPy's, which does the same, brings 50 MB into the web server.
    """
    cost = -np.asarray(gains if len(gains) <= len(gains.T) else gains.T, dtype=np.float64)
    n_rows, n_columns = cost.shape
    of_row, of_column = np.zeros(n_rows), np.zeros(n_columns)  # prices
    owner = np.full(n_columns, -1)  # the row that a column was given to
    for new in range(n_rows):
        distance, before = np.full(n_columns, np.inf), np.full(n_columns, -1)
        reached = np.zeros(n_columns, dtype=bool)
        row, column, so_far = new, -1, 0.0
        while row >= 0:
            through = so_far + cost[row] - of_row[row] - of_column
            shorter = ~reached & (through < distance)
            distance[shorter], before[shorter] = through[shorter], column
            column = int(np.where(reached, np.inf, distance).argmin())
            reached[column] = True
            row, so_far = owner[column], distance[column]
        slack = so_far - distance[reached]
        rows = owner[reached]  # of the last column, which is free, -1
        of_row[rows[rows >= 0]] += slack[rows >= 0]
        of_row[new] += so_far
        of_column[reached] -= slack
        while column >= 0:
            owner[column] = owner[before[column]] if before[column] >= 0 else new
            column = before[column]
    given = owner >= 0
    return float(-cost[owner[given], given.nonzero()[0]].sum())


def purity(table: Tensor) -> float:
    """Share of images right when each component of `table: [n_components, n_labels]` is called by its commonest label.

    It rises with the number of components, to 1 when each image has its own.
    """
    return table.amax(1).sum().item() / table.sum().item()


def components_in_use(shares: Tensor) -> float:
    """exp(entropy) of the components' shares `[n_components]`: how many equally large ones would be as mixed."""
    return torch.special.entr(shares / shares.sum()).sum().exp().item()
