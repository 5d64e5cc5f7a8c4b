"""What can be read from codes by a linear fit in closed form: ridge regression and a linear discriminant.

Every code is predicted by a fit to the folds that it is not in, so that no fit is tested on what it has seen.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from vaemodels.analysis.styles import FOLDS
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
    """`target: [n]` as a line in `codes: [n, z_dim]` gives it, `[n]`, by ridge regression, cross-validated."""
    target = target.double()
    fitted = torch.empty_like(target)
    for held_out, rest, aside in _folds(codes):
        level = target[~held_out].mean()
        gram = rest.T @ rest + RIDGE * len(rest) * torch.eye(rest.shape[1], dtype=rest.dtype)
        weights = torch.linalg.solve(gram, rest.T @ (target[~held_out] - level))
        fitted[held_out] = level + aside @ weights
    return fitted


def classified_from(codes: Tensor, labels: Tensor) -> Tensor:
    """The label `[n]` that a linear discriminant gives each of `codes: [n, z_dim]`, cross-validated.

    As if the codes of every class were Gaussian about its mean m_y with one covariance S: the largest of
    z S⁻¹ m_y − m_y S⁻¹ m_y / 2 + log share_y (Fisher 1936).
    """
    predicted = torch.empty_like(labels)
    for held_out, rest, aside in _folds(codes):
        one_hot = torch.nn.functional.one_hot(labels[~held_out], int(labels.max()) + 1).to(rest.dtype)
        count = one_hot.sum(0)
        means = one_hot.T @ rest / count.clamp(min=1).unsqueeze(1)
        within = rest - one_hot @ means
        covariance = within.T @ within / len(rest) + RIDGE * torch.eye(rest.shape[1], dtype=rest.dtype)
        directions = torch.linalg.solve(covariance, means.T)
        levels = (count / len(rest)).log() - (means * directions.T).sum(1) / 2
        predicted[held_out] = (aside @ directions + levels).argmax(1)
    return predicted


def _folds(codes: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Which codes are held out `[n]`, the others and those, both standardised by the others, in float64."""
    codes = codes.double()
    fold = torch.randperm(len(codes), generator=torch.Generator().manual_seed(0)) % FOLDS
    for at in range(FOLDS):
        held_out = fold == at
        mean, std = codes[~held_out].mean(0), codes[~held_out].std(0).clamp(min=1e-6)
        yield held_out, (codes[~held_out] - mean) / std, (codes[held_out] - mean) / std


def r_squared(codes: Tensor, target: Tensor) -> Estimate:
    """R² = 1 − Σ e² / Σ (t − t̄)² of the cross-validated linear fit, and its standard error over images.

    The error is that of a ratio of means to first order (the delta method).
    """
    error = (target.double() - fitted_from(codes, target)).square()
    spread = (target.double() - target.double().mean()).square()
    ratio = error.mean() / spread.mean()
    stderr = estimate((error - ratio * spread) / spread.mean()).stderr
    return Estimate(1 - ratio.item(), stderr)


def accuracy(codes: Tensor, labels: Tensor) -> Estimate:
    """The share of `labels: [n]` that a cross-validated linear discriminant on the codes gets right."""
    return estimate((classified_from(codes, labels) == labels).double())
