"""How the gap of one small run splits over training: a record of snapshots, kept without weights.

A model with two latents is trained on the built-in digits. After some epochs, on a logarithmic scale, log p(x), the
ELBO of the encoder's q and that of the best q of its family are measured on a few images of the training and of the
validation split (Cremer, Li & Duvenaud 2018). `python -m vaemodels.amortisation` trains it and writes `FILE`.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from vaemodels import checkpoints, files, presets, runs
from vaemodels.analysis.gaps import best_q, bound_terms, encoder_q
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.data.binarization import binarize
from vaemodels.errors import LabError
from vaemodels.evaluation import estimate
from vaemodels.models import Model
from vaemodels.training import fit
from vaemodels.training_config import TrainingConfig

FILE = checkpoints.pretrained_folder() / "amortisation.json"
PRESET = "vae-2d-digits"
EPOCHS = (1, 3, 10, 30, 100, 300)
IMAGES = 10  # of each split
REMEDY = "make it with `python -m vaemodels.amortisation`"


def measure(model: Model, x: Tensor) -> dict[str, dict[str, float]]:
    """Means over images `x: [n, dim]` and their standard errors, in nats:

    `log_p`, `approximation` = log p(x) − ELBO[q*] and `amortisation` = ELBO[q*] − ELBO[q(z|x)].
    """
    rows = []
    for image in x:
        exact = exact_posterior(model, image)
        start = encoder_q(model, image)
        encoder = bound_terms(model, image, start, exact).elbo
        best = max(encoder, bound_terms(model, image, best_q(model, image, "diagonal", start), exact).elbo)
        rows.append([exact.log_p, exact.log_p - best, best - encoder])
    columns = torch.tensor(rows, dtype=torch.float64).T
    names = ("log_p", "approximation", "amortisation")
    return {name: dataclasses.asdict(estimate(values)) for name, values in zip(names, columns, strict=True)}


def snapshots(recipe: TrainingConfig, epochs: tuple[int, ...], images: int) -> Iterator[dict[str, Any]]:
    """Train by `recipe`, with a record after each of the `epochs`: what `measure` gives of `train` and `held_out`."""
    run, _ = runs.new("amortisation", "vae", presets.PRESETS[PRESET].config, recipe)
    train, held_out = runs.data(recipe)
    x = {"train": train, "held_out": held_out}
    binary = {name: binarize(split.images[:images], "static") for name, split in x.items()}
    for record in fit(run, train, held_out):
        epoch = round(record.epoch)
        if record.epoch == epoch and epoch in epochs:
            model = run.model.requires_grad_(False)
            yield {"epoch": epoch, **{name: measure(model, part) for name, part in binary.items()}}
            run.model.requires_grad_(True)


def load(path: Path = FILE) -> dict[str, Any]:
    """What `main` wrote: how it was made, and under "snapshots" the records.

    Raises:
        LabError: if there is none.
    """
    return files.read_json(path, REMEDY)


def main() -> None:
    """Train the run and write its record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", metavar="N", type=int, default=IMAGES, help="of each split")
    parser.add_argument("--epochs", metavar="N", type=int, default=EPOCHS[-1], help="of training")
    parser.add_argument("--out", metavar="FILE", type=Path, default=FILE)
    options = parser.parse_args()
    recipe = dataclasses.replace(presets.PRESETS[PRESET].training, epochs=options.epochs)
    epochs = tuple(epoch for epoch in EPOCHS if epoch <= options.epochs)
    found = snapshots(recipe, epochs, options.images)
    story = {
        "dataset": recipe.dataset,
        "images": options.images,
        "binarization": "static",
        "config": dataclasses.asdict(presets.PRESETS[PRESET].config),
        "training": dataclasses.asdict(recipe),
        "snapshots": list(tqdm(found, "snapshots", len(epochs))),
    }
    files.write_atomically(options.out, json.dumps(story, indent=1).encode())


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        sys.exit(f"vaemodels: {error}")
