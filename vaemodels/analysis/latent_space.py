"""Where a set of images lies in a latent space: codes, principal directions, ellipses, aggregate posteriors."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Categorical, Normal

from vaemodels.models.base import Model

# Images × edges × dimensions held at once: 4 MB, near the processor's caches.
VALUES_AT_ONCE = 1_000_000


class Codes(NamedTuple):
    """n images in the space of the latent that `Model.decode` takes.

    `mean: [n, z_dim]` is the posterior mean (an autoencoder's points), `std` σ and `kl` each dimension's KL in nats,
    both `[n, z_dim]` and None where the model has none such. `y: [n]` are the labels that the images were coded under,
    None of a model without labels.
    """

    mean: Tensor
    std: Tensor | None
    kl: Tensor | None
    y: Tensor | None


@torch.no_grad()
def encode(model: Model, x: Tensor, labels: Tensor | None = None) -> Codes:
    """The codes of images `x: [n, dim]`. A model that needs labels is told `labels: [n]`; one that infers them is not.

    Raises:
        UsageError: if the model needs labels and there are none.
    """
    y = labels if model.needs_labels else None
    posteriors = model.encode(x, y)
    if not posteriors:
        return Codes(model.embed(x), None, None, None)
    latent = next(iter(model.latent_dims))  # the one next to x
    q, q_y = posteriors[latent], posteriors.get("y")
    return Codes(
        mean=q.mean,
        std=q.stddev,
        kl=model.kl_by_dimension(posteriors).get(latent),
        y=q_y.probs.argmax(-1) if isinstance(q_y, Categorical) else y,
    )


class Plane(NamedTuple):
    """Two orthonormal directions `[2, z_dim]` through the origin of a latent space; `coordinates` projects on them.

    The origin is kept, so that z ~ N(0, I) lands on the plane as N(0, I) too. `share: [2]` is the part of the points'
    variance that lies along each direction.
    """

    directions: Tensor
    share: Tensor

    def coordinates(self, z: Tensor) -> Tensor:
        """`z: [..., z_dim]` → `[..., 2]`."""
        return z @ self.directions.T

    def covariance(self, std: Tensor) -> Tensor:
        """P diag(σ²) Pᵀ, what a diagonal Gaussian with `std: [..., z_dim]` varies by on the plane: `[..., 2, 2]`."""
        return (self.directions * std.square().unsqueeze(-2)) @ self.directions.T


def principal_plane(points: Tensor) -> Plane:
    """The plane along which `points: [n, z_dim]` vary most (principal component analysis); z1, z2 where z_dim is 2.

    A component's sign is arbitrary: its largest entry is made positive, so that equal points give an equal picture.
    """
    centred = points - points.mean(0)
    z_dim = points.shape[1]
    if z_dim <= 2:
        directions = torch.eye(2, z_dim)
        variance = torch.zeros(2)
        variance[:z_dim] = centred.square().sum(0)
    else:
        _, singular_values, rows = torch.linalg.svd(centred, full_matrices=False)
        largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
        directions, variance = (rows * largest.sign())[:2], singular_values[:2].square()
    return Plane(directions, variance / centred.square().sum().clamp(min=1e-12))


def ellipse(centre: Tensor, covariance: Tensor, sigmas: float, n: int = 65) -> Tensor:
    """The closed outline `[..., n, 2]` at `sigmas` standard deviations of a Gaussian on the plane.

    `centre: [..., 2]` and `covariance: [..., 2, 2]` may be those of several.

    Every point v has Mahalanobis distance (v − centre)ᵀ covariance⁻¹ (v − centre) = sigmas².
    """
    angle = torch.linspace(0, 2 * torch.pi, n)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    variances, axes = torch.linalg.eigh(covariance)
    return centre.unsqueeze(-2) + sigmas * (circle * variances.clamp(min=0).sqrt().unsqueeze(-2)) @ axes.mT


def aggregate_density(mean: Tensor, std: Tensor, edges: Tensor) -> Tensor:
    """The density of each dimension of the aggregate posterior, q(z_j) = (1/n) Σ_i N(z_j; μ_ij, σ_ij²), by bins.

    A bin's value is the mean density within it, so that none of the mass is lost where σ is far below the bin's width.

    Args:
        mean: μ, `[n, z_dim]`.
        std: σ, `[n, z_dim]`.
        edges: of the bins, ascending, `[m + 1]`.

    Returns:
        `[m, z_dim]`.
    """
    below = mean.new_zeros(len(edges), mean.shape[1])
    images_at_once = max(1, VALUES_AT_ONCE // below.numel())
    for mu, sigma in zip(mean.split(images_at_once), std.split(images_at_once), strict=True):
        below += Normal(mu, sigma).cdf(edges[:, None, None]).sum(1)
    return below.diff(dim=0) / len(mean) / edges.diff()[:, None]
