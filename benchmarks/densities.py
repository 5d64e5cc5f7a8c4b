"""Two expressions that stand in for the obvious ones: the mixture's density, and log p(x) by quadrature.

The mixture's density with its gradients, as `vaemodels.mixture` computes it and as `torch.distributions` does, on the
points of one training step: a batch of 100 images, and one with k = 50 draws each. Then `exact_posterior` of one image
under a 300-300 decoder. One thread; the fastest of several turns.
"""

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import MixtureSameFamily

from benchmarks.report import Row, show
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.mixture import GaussianMixture
from vaemodels.models import VAE, VAEConfig

COMPONENTS, Z_DIM = 500, 10
TURNS = 5


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = []
    for points in (100, 5_000):
        rows.append(Row(f"density of {points:,} points", fastest(gradient(fused, points)), "ms"))
        rows.append(Row("  by torch.distributions", fastest(gradient(by_the_library, points)), "ms"))
    model, x = VAE(VAEConfig(z_dim=2)), torch.rand(784).round()
    rows.append(Row("log p(x) of an image", fastest(lambda: exact_posterior(model, x)), "ms", "at most", 300))
    conditions = {"components": COMPONENTS, "dimensions": Z_DIM, "threads": 1, "torch": torch.__version__}
    show("Densities", conditions, rows, options.json)


def fused(prior: GaussianMixture, z: Tensor) -> Tensor:
    """What models use."""
    return prior.log_prob(z)


def by_the_library(prior: GaussianMixture, z: Tensor) -> Tensor:
    """What it stands in for."""
    return MixtureSameFamily.log_prob(prior, z)


def gradient(density: Callable[[GaussianMixture, Tensor], Tensor], points: int) -> Callable[[], None]:
    """A turn: the density at `points` points, and its gradient to them and to the mixture's parameters."""
    means, log_stds = (torch.randn(COMPONENTS, Z_DIM, requires_grad=True) for _ in range(2))
    z = torch.randn(points, Z_DIM, requires_grad=True)
    return lambda: density(GaussianMixture(means, log_stds), z).sum().backward()


def fastest(turn: Callable[[], object]) -> float:
    """Milliseconds of the fastest of several turns."""
    seconds = []
    for _ in range(TURNS):
        started = time.perf_counter()
        turn()
        seconds.append(time.perf_counter() - started)
    return 1_000 * min(seconds)


if __name__ == "__main__":
    main()
