"""What z holds of a model that is told the label: styles written as every digit, and how much of the digit is in z."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from vaemodels.analysis.classification import predict
from vaemodels.evaluation import image_terms
from vaemodels.models.base import Model
from vaemodels.models.ssvae import SSVAE

FOLDS = 5
PENALTY = 1e-3  # on the squared weights: enough for a unique optimum
STEPS = 50


@torch.no_grad()
def written(model: Model, z: Tensor) -> Tensor:
    """E[x|y, z] of each style `z: [n, z_dim]` under every label y, `[n_labels, n, dim]`."""
    labels = torch.arange(model.n_labels, device=z.device).unsqueeze(1)
    means: Tensor = model.decode(z, labels).mean
    return means


def agreement(model: Model, classifier: SSVAE, z: Tensor) -> Tensor:
    """Whether a classifier reads the mean E[x|y, z] of each style `z: [n, z_dim]` as that y: `[n_labels, n]`."""
    images = written(model, z)
    read = predict(classifier, images.flatten(0, 1)).view(images.shape[:2])
    return read == torch.arange(model.n_labels).unsqueeze(1)


def fit_logistic(features: Tensor, labels: Tensor, n_labels: int) -> tuple[Tensor, Tensor]:
    """Weights `[n_labels, d]` and biases `[n_labels]` of a multinomial logistic regression of `features: [n, d]`.

    They minimise the mean of −log softmax(W x + b)_y plus PENALTY/2 · Σ W², by L-BFGS in float64.
    """
    features = features.double()
    weights = torch.zeros(n_labels, features.shape[1], dtype=torch.float64, requires_grad=True)
    biases = torch.zeros(n_labels, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights, biases], max_iter=STEPS, tolerance_grad=1e-7, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        fit = functional.cross_entropy(features @ weights.T + biases, labels)
        value = fit + PENALTY / 2 * weights.square().sum()
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(closure)
    return weights.detach(), biases.detach()


def predicted_from(codes: Tensor, labels: Tensor, n_labels: int) -> Tensor:
    """The label that a logistic regression on `codes: [n, z_dim]` gives each image, `[n]`, cross-validated.

    Each image is predicted by a fit to the folds that it is not in, on codes standardised by those.
    """
    predicted = torch.empty_like(labels)
    fold = (
        torch.randperm(len(codes), generator=torch.Generator().manual_seed(0)) % FOLDS
    )  # whatever the order
    for held_out in range(FOLDS):
        rest = codes[fold != held_out]
        mean, std = rest.mean(0), rest.std(0).clamp(min=1e-6)
        weights, biases = fit_logistic((rest - mean) / std, labels[fold != held_out], n_labels)
        scores = ((codes[fold == held_out] - mean) / std).double() @ weights.T + biases
        predicted[fold == held_out] = scores.argmax(1)
    return predicted


def other_labels(labels: Tensor, n_labels: int) -> Tensor:
    """A wrong label for each image, `[n]`: the other labels in turn, so that every pair occurs."""
    return (labels + 1 + torch.arange(len(labels)) % (n_labels - 1)) % n_labels


@torch.no_grad()
def rewritten(model: Model, x: Tensor, labels: Tensor) -> Tensor:
    """E[x|y, μ(x, y)] of images `x: [n, dim]` encoded and decoded under `labels: [n]`, right or wrong: `[n, dim]`."""
    return model.reconstruct(x, labels)


class ByLabel(NamedTuple):
    """One image under each label: its −ELBO(x|y) `[n_labels]` in nats, the style μ(x, y) `[n_labels, z_dim]`."""

    nelbo: Tensor
    style: Tensor

    @property
    def marginal(self) -> float:
        """log Σ_y p(y) exp ELBO(x|y), a lower bound on log p(x) under a uniform p(y), in nats."""
        return torch.logsumexp(-self.nelbo, 0).item() - math.log(len(self.nelbo))

    @property
    def posterior(self) -> Tensor:
        """softmax_y ELBO(x|y), `[n_labels]`: p(y|x), were the gap the same for every label."""
        return (-self.nelbo).softmax(0)


def under_every_label(model: Model, x: Tensor, draws: int = 64) -> ByLabel:
    """An image `x: [dim]` encoded and scored under every label, with the same noise for each."""
    terms = [image_terms(model, x, torch.tensor(y), draws) for y in range(model.n_labels)]
    return ByLabel(torch.tensor([t.nelbo for t in terms]), torch.stack([t.code for t in terms]))


@torch.no_grad()
def elbo_by_label(model: Model, x: Tensor, draws: int = 1, seed: int = 0) -> Tensor:
    """ELBO(x|y) of images `x: [n, dim]` under every label, `[n_labels, n]`, from `draws` draws of z each."""
    rows = []
    for label in range(model.n_labels):
        generator = torch.Generator(model.device).manual_seed(seed)  # the same noise for every label
        y = torch.full((len(x),), label)
        rows.append(sum(-model(x, y, generator).nelbo for _ in range(draws)) / draws)
    return torch.stack(rows)


def clipped(pixels: Tensor) -> Tensor:
    """Which values a picture can't show, as they are below 0 or above 1."""
    return (pixels < 0) | (pixels > 1)
