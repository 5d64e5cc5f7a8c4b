"""How well a model that infers labels does it."""

import torch
from torch import Tensor

from vaemodels.models.ssvae import SSVAE

IMAGES_AT_ONCE = 1_000


@torch.no_grad()
def predict(model: SSVAE, x: Tensor) -> Tensor:
    """The most probable label under q(y|x) for each of `x: [n, dim]`, `[n]`."""
    parts = x.split(IMAGES_AT_ONCE)
    return torch.cat([model.classify(part.to(model.device)).argmax(-1) for part in parts]).to(x.device)


def accuracy(predicted: Tensor, labels: Tensor) -> float:
    """The share of `predicted: [n]` that equals `labels: [n]`."""
    return (predicted == labels).double().mean().item()


def confusion_matrix(predicted: Tensor, labels: Tensor, n_labels: int) -> Tensor:
    """How many images of each class (rows) were given each label (columns), `[n_labels, n_labels]`."""
    cells = labels * n_labels + predicted
    counts = torch.zeros(n_labels**2, dtype=torch.int64, device=cells.device)
    return counts.index_add_(0, cells, counts.new_ones(len(cells))).view(n_labels, n_labels)
