"""What takes minutes to measure of the trained models, kept in `FILE` for pages to show.

    python -m vaemodels.analysis.measure             # 12 minutes; what the file has is not repeated

bounds      L_k over `bounds.CHAIN` on test images of MNIST, for every checkpoint whose L_k bounds log p(x) of the same
            black-and-white images; the price of a tight bound, L_64 − log p̂ with log p̂ = L_5120 of the same draws in
            nested blocks (Rainforth et al. 2018, table 1); and how many images rest on few effective draws.
evidence    of those with two latents how far L_5000 stays below log p(x), which is summed on a grid.
gradients   signal-to-noise of the gradients of one checkpoint over K, by `gradient_noise.signal_to_noise`.
disentanglement   what each latent dimension of two checkpoints tells of the true factors of street digits, and MIG
            (`disentanglement.information_gap`).
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

from vaemodels import checkpoints, data, files, objectives
from vaemodels.analysis.bounds import CHAIN, MOST_DRAWS, draw
from vaemodels.analysis.diagnostics import RELIABLE_SAMPLE_SIZE, effective_sample_size
from vaemodels.analysis.disentanglement import information_gap, quantile_bins
from vaemodels.analysis.gradient_noise import signal_to_noise
from vaemodels.analysis.latent_space import encode
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.checkpoints import Checkpoint
from vaemodels.data.binarization import binarize
from vaemodels.errors import LabError
from vaemodels.evaluation import Estimate, estimate, log_weights_in_chunks
from vaemodels.models import Model
from vaemodels.objectives import Objective

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
FACTORS_OF = ("vae-streetdigits", "vae-streetdigits-beta4")
# What an image's own code adds to I(z_j; v) falls as 1/n: the 2,000 test images give a MIG of .014 where there is none.
FACTOR_SPLIT, FACTOR_IMAGES = "train", 10_000
ENCODED_AT_ONCE = 500
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
            values.append(objectives.iwae_in_blocks(log_w[:MOST_DRAWS], k))
        price.append(objectives.iwae_in_blocks(log_w, TIGHT) - objectives.iwae(log_w))
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
    bound = objectives.iwae(log_w.double()).item()
    return exact_posterior(model, x).log_p - bound, effective_sample_size(log_w).item()


def gradients_of(model: Model, x: Tensor) -> Iterator[dict[str, Any]]:
    """The signal-to-noise ratio of each estimator at each K, one record a pair."""
    for k in GRADIENT_KS:
        for objective in ESTIMATORS:
            ratio = signal_to_noise(model, x, objective, k, GRADIENT_REPEATS)
            yield {"objective": objective, "k": k, **ratio._asdict()}


@torch.no_grad()
def disentanglement_of(
    model: Model, images: Tensor, factors: Tensor, others: Tensor, seed: int = 0
) -> dict[str, Any]:
    """MIG of a model for `images` (uint8 `[n, dim]`) of which the true `factors: [n, n_factors]` are known.

    Beside it `shuffled`, the MIG of the same codes for factors of other images, which is what n images leave where
    there is nothing to find; `information`, I(z_j; v_f) / H(v_f) as `[z_dim, n_factors]`; and the same of `others:
    [n, n_others]`, what else an image is, which does not count.
    """
    generator = torch.Generator().manual_seed(seed)
    codes = [encode(model, binarize(part, "none")) for part in images.split(ENCODED_AT_ONCE)]
    mean = torch.cat([part.mean for part in codes])
    std = torch.cat([part.std for part in codes if part.std is not None])
    shuffled = factors[torch.randperm(len(factors), generator=generator)]
    found = information_gap(mean, std, torch.cat([factors, shuffled, others], 1), generator)
    sizes = [factors.shape[1], factors.shape[1], others.shape[1]]
    own, chance, _ = found.gaps.split(sizes)
    information, _, of_others = found.information.split(sizes, 1)
    return {
        "mig": round(own.mean().item(), 4),
        "shuffled": round(chance.mean().item(), 4),
        "information": _rounded(information),
        "others": _rounded(of_others),
    }


def disentanglement() -> dict[str, Any]:
    """`disentanglement_of` the models of `FACTORS_OF`, by name, with what they were measured on.

    The factors are the numbers of style. The digit is none of them, as Chen et al. (2018) leave the class out: the
    shape of dSprites, the identity of faces.
    """
    dataset = data.streetdigits.DATASET.name
    images, labels = (part[:FACTOR_IMAGES] for part in data.load(dataset, FACTOR_SPLIT))
    styles = data.factors(dataset, FACTOR_SPLIT)
    factors = torch.stack([quantile_bins(values[:FACTOR_IMAGES]) for values in styles.values()], 1)
    others = torch.stack([labels, quantile_bins(images.double().mean(1))], 1)
    about = {"dataset": dataset, "split": FACTOR_SPLIT, "images": len(images), "factors": list(styles)}
    measured: dict[str, Any] = {**about, "others": ["digit", "mean_brightness"], "models": {}}
    for name in tqdm(FACTORS_OF, "disentanglement"):
        checkpoint = checkpoints.load(name)
        found = disentanglement_of(checkpoint.model, images, factors, others)
        measured["models"][name] = {"beta": checkpoint.card["training"]["beta"], **found}
    return measured


def load(path: Path = FILE) -> dict[str, Any]:
    """What `main` wrote.

    Raises:
        LabError: if there is none.
    """
    return files.read_json(path, REMEDY)


def _both(value: Estimate) -> list[float]:
    return [round(value.mean, 4), round(value.stderr, 4)]


def _rounded(values: Tensor) -> Any:
    return values.double().round(decimals=4).tolist()


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
    if "disentanglement" not in measured:
        measured["disentanglement"] = disentanglement()
        keep()


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        sys.exit(f"vaemodels: {error}")
