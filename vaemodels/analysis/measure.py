"""What takes minutes to measure of the trained models, kept in `FILE` for pages to show.

    python -m vaemodels.analysis.measure             # ten minutes; what the file has is not repeated

bounds      L_k over `bounds.CHAIN` on test images of MNIST, for every checkpoint whose L_k bounds log p(x) of the same
            black-and-white images; the price of a tight bound, L_64 − log p̂ with log p̂ = L_5120 of the same draws in
            nested blocks (Rainforth et al. 2018, table 1); and how many images rest on few effective draws.
evidence    of those with two latents how far L_5000 stays below log p(x), which is summed on a grid.
gradients   signal-to-noise of the gradients of one checkpoint over K, by `gradient_noise.signal_to_noise`.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from vaemodels import checkpoints, data, files, variational_bounds
from vaemodels.analysis.bounds import CHAIN, MOST_DRAWS, draw
from vaemodels.analysis.diagnostics import RELIABLE_SAMPLE_SIZE, effective_sample_size
from vaemodels.analysis.gradient_noise import signal_to_noise
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.checkpoints import Checkpoint
from vaemodels.data.binarization import binarize
from vaemodels.errors import LabError
from vaemodels.evaluation import Estimate, estimate, log_weights_in_chunks
from vaemodels.models import Model
from vaemodels.variational_bounds import Objective

FILE = checkpoints.pretrained_folder() / "bounds.json"
DATASET = "mnist"
IMAGES = 500
TIGHT, LOG_P = 64, 5_120  # k of the tight bound, and of what stands for log p(x); the one divides the other
IMAGES_AT_ONCE = 20
KNOWN_IMAGES = 20  # on which L_5000 is held to log p(x)
GRADIENTS_OF = "vae"
GRADIENT_IMAGES, GRADIENT_REPEATS = 10, 400
GRADIENT_KS = (1, 4, 16, 64)
ESTIMATORS: tuple[Objective, ...] = ("iwae", "stl", "dreg")
REMEDY = "measure with `python -m vaemodels.analysis.measure`"


def comparable(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint was trained to bound log p(x) of MNIST in black and white, and draws of z alone bound it."""
    model, training = checkpoint.model, checkpoint.card["training"]
    bounds_log_p = model.has_likelihood and not model.n_labels
    trained_for_it = training["reconstruction_weight"] == training["beta"] == 1
    black_and_white = getattr(model.config, "likelihood", "bernoulli") == "bernoulli"
    return bounds_log_p and trained_for_it and black_and_white and checkpoint.card["dataset"] == DATASET


@torch.no_grad()
def bounds_of(model: Model, x: Tensor, seed: int = 0) -> dict[str, Any]:
    """L_k, the price of a tight bound and effective sample sizes of images `x: [n, dim]`, with standard errors."""
    generator = torch.Generator().manual_seed(seed)
    by_k: dict[int, list[Tensor]] = {k: [] for k in CHAIN}
    price, sizes = [], []
    for part in tqdm(x.split(IMAGES_AT_ONCE), leave=False):
        log_w = log_weights_in_chunks(model, part, LOG_P, None, generator)
        for k, values in by_k.items():
            values.append(variational_bounds.iwae_in_blocks(log_w[:MOST_DRAWS], k))
        price.append(variational_bounds.iwae_in_blocks(log_w, TIGHT) - variational_bounds.iwae(log_w))
        sizes += effective_sample_size(log_w[:MOST_DRAWS]).tolist()
    return {
        "bounds": {str(k): _both(estimate(torch.cat(values))) for k, values in by_k.items()},
        "price": _both(estimate(torch.cat(price))),
        "median_ess": median(sizes),
        "unreliable": sum(size < RELIABLE_SAMPLE_SIZE for size in sizes) / len(sizes),
    }


def below_evidence(model: Model, x: Tensor) -> dict[str, Any]:
    """How far L_5000 stays below log p(x) on images `x: [n, dim]` of a model with two latents, in nats.

    `mean` comes with its standard error; `worst` is that of the image with index `worst_image`, which has `worst_ess`
    effective draws. `worst_reliable` is the worst of the images with as many effective draws as make L_5000 look
    converged, None where there are none.
    """
    gaps, sizes = zip(
        *(missed_nats(model, image, i) for i, image in enumerate(tqdm(x, leave=False))), strict=True
    )
    worst = gaps.index(max(gaps))
    reliable = [gap for gap, size in zip(gaps, sizes, strict=True) if size >= RELIABLE_SAMPLE_SIZE]
    return {
        "images": len(gaps),
        "mean": _both(estimate(torch.tensor(gaps))),
        "worst": round(gaps[worst], 4),
        "worst_image": worst,
        "worst_ess": round(sizes[worst], 2),
        "worst_reliable": round(max(reliable), 4) if reliable else None,
    }


def missed_nats(model: Model, x: Tensor, seed: int) -> tuple[float, float]:
    """log p(x) − L_5000 of one image `x: [dim]`, log p(x) by quadrature, and how many of the draws were effective."""
    log_w = draw(model, x, MOST_DRAWS, torch.Generator().manual_seed(seed)).log_w.unsqueeze(1)
    bound = variational_bounds.iwae(log_w.double()).item()
    return exact_posterior(model, x).log_p - bound, effective_sample_size(log_w).item()


def gradients_of(model: Model, x: Tensor) -> Iterator[dict[str, Any]]:
    """The signal-to-noise ratio of each estimator at each K, one record a pair."""
    for k in GRADIENT_KS:
        for objective in ESTIMATORS:
            ratio = signal_to_noise(model, x, objective, k, GRADIENT_REPEATS)
            yield {"objective": objective, "k": k, **ratio._asdict()}


def load(path: Path = FILE) -> dict[str, Any]:
    """What `main` wrote.

    Raises:
        LabError: if there is none.
    """
    return files.read_json(path, REMEDY)


def _both(value: Estimate) -> list[float]:
    return [round(value.mean, 4), round(value.stderr, 4)]


def main() -> None:
    """Measure what the file has not yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", metavar="N", type=int, default=IMAGES)
    parser.add_argument("--out", metavar="FILE", type=Path, default=FILE)
    options = parser.parse_args()
    x = binarize(data.load(DATASET, "test").images, "static")[: options.images].clone()
    about = {"dataset": DATASET, "split": "test", "images": len(x), "binarization": "static", "draws": LOG_P}
    measured: dict[str, Any] = {**about, "models": {}, "gradients": None}
    if options.out.exists():
        measured = load(options.out)
        if any(measured[name] != value for name, value in about.items()):
            raise LabError(f"{options.out} holds other measurements; choose another place with --out.")

    def keep() -> None:
        files.write_atomically(options.out, json.dumps(measured, indent=1).encode())

    for name in checkpoints.pretrained_names():
        checkpoint = checkpoints.load(name)
        if name not in measured["models"] and comparable(checkpoint):
            print(name, file=sys.stderr)
            measured["models"][name] = bounds_of(checkpoint.model, x)
            keep()
    for name, found in measured["models"].items():
        model = checkpoints.load(name).model
        if "evidence" not in found and dict(model.latent_dims) == {"z": 2}:
            found["evidence"] = below_evidence(model, x[:KNOWN_IMAGES])
            keep()
    if measured["gradients"] is None:
        model = checkpoints.load(GRADIENTS_OF).model
        records = tqdm(
            gradients_of(model, x[:GRADIENT_IMAGES]),
            "gradients",
            total=len(GRADIENT_KS) * len(ESTIMATORS),
        )
        measured["gradients"] = {
            "model": GRADIENTS_OF,
            "images": GRADIENT_IMAGES,
            "repeats": GRADIENT_REPEATS,
            "ratios": list(records),
        }
        keep()


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        sys.exit(f"vaemodels: {error}")
