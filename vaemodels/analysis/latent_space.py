"""Where a set of images lies in a latent space: principal directions, ellipses, aggregate posteriors."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Normal

# Images × edges × dimensions held at once: 4 MB, near the processor's caches.
VALUES_AT_ONCE = 1_000_000


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
        """Covariance `[2, 2]` on the plane of a diagonal Gaussian with standard deviations `std: [z_dim]`."""
        return (self.directions * std.square()) @ self.directions.T


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
    """The closed outline `[n, 2]` at `sigmas` standard deviations of a Gaussian on the plane.

    Every point v has Mahalanobis distance (v − centre)ᵀ covariance⁻¹ (v − centre) = sigmas².
    """
    angle = torch.linspace(0, 2 * torch.pi, n)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    variances, axes = torch.linalg.eigh(covariance)
    return centre + sigmas * (circle * variances.clamp(min=0).sqrt()) @ axes.T


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
