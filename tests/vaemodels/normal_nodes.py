"""Gauss–Hermite quadrature for expectations under N(0, I)."""

import numpy as np
import torch
from torch import Tensor


def standard_normal_nodes(points: int, dim: int) -> tuple[Tensor, Tensor]:
    """Nodes `[points**dim, dim]` and log-weights `[points**dim]` in float64, with Σ exp(log-weight) = 1.

    Exact for polynomials up to degree 2·points − 1 in each dimension.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    along = torch.from_numpy(nodes)
    log_weights = torch.from_numpy(np.log(weights / weights.sum()))
    grid = torch.cartesian_prod(*[along] * dim).reshape(-1, dim)
    return grid, torch.cartesian_prod(*[log_weights] * dim).reshape(-1, dim).sum(1)
