"""What can be read from codes by a linear fit: numbers by least squares, classes by logistic regression."""

import torch
from torch import Tensor

from vaemodels.analysis.styles import FOLDS, predicted_from
from vaemodels.evaluation import Estimate, estimate

RIDGE = 1e-6  # on standardised codes: a unit that never moves gives no singular system


def ink(images: Tensor) -> Tensor:
    """The sum of each image's pixels, `[n]` of `images: [n, dim]`: how heavy its strokes are."""
    return images.sum(1)


def slant(images: Tensor, height: int, width: int) -> Tensor:
    """Columns by which the strokes of each image `[n, height · width]` move to the right for each row down, `[n]`.

    The slope Cov(column, row) / Var(row) of a line fitted to the ink; 0 of an image with none.
    """
    pixels = images.reshape(-1, height, width)
    share = pixels / pixels.sum((1, 2), keepdim=True).clamp(min=1e-9)
    across = torch.arange(width, dtype=images.dtype, device=images.device).view(1, 1, -1)
    down = torch.arange(height, dtype=images.dtype, device=images.device).view(1, -1, 1)
    x = across - (share * across).sum((1, 2), keepdim=True)
    y = down - (share * down).sum((1, 2), keepdim=True)
    return (share * x * y).sum((1, 2)) / (share * y.square()).sum((1, 2)).clamp(min=1e-9)


def fitted_from(codes: Tensor, target: Tensor) -> Tensor:
    """`target: [n]` as a line in `codes: [n, z_dim]` gives it, `[n]`, cross-validated as `predicted_from` is."""
    codes, target = codes.double(), target.double()
    fitted = torch.empty_like(target)
    fold = torch.randperm(len(codes), generator=torch.Generator().manual_seed(0)) % FOLDS
    for held_out in range(FOLDS):
        rest, aside = codes[fold != held_out], codes[fold == held_out]
        mean, std = rest.mean(0), rest.std(0).clamp(min=1e-6)
        rest, aside = (rest - mean) / std, (aside - mean) / std
        level = target[fold != held_out].mean()
        gram = rest.T @ rest + RIDGE * len(rest) * torch.eye(rest.shape[1], dtype=rest.dtype)
        weights = torch.linalg.solve(gram, rest.T @ (target[fold != held_out] - level))
        fitted[fold == held_out] = level + aside @ weights
    return fitted


def r_squared(codes: Tensor, target: Tensor) -> Estimate:
    """R² = 1 − Σ e² / Σ (t − t̄)² of the cross-validated linear fit, and its standard error over images.

    The error is that of a ratio of means to first order (the delta method).
    """
    error = (target.double() - fitted_from(codes, target)).square()
    spread = (target.double() - target.double().mean()).square()
    ratio = error.mean() / spread.mean()
    stderr = estimate((error - ratio * spread) / spread.mean()).stderr
    return Estimate(1 - ratio.item(), stderr)


def accuracy(codes: Tensor, labels: Tensor, n_labels: int) -> Estimate:
    """The share of labels that a cross-validated logistic regression on the codes gets right."""
    return estimate((predicted_from(codes, labels, n_labels) == labels).double())
