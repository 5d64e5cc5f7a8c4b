"""What few labels teach, four ways: accuracies over the number of labels, kept without weights.

One small semi-supervised model is trained on 30 to 3,000 labels in each of four ways, with three draws of the labels
each, and classifies the test images afterwards:

    drawn    ELBO(x, y) where y is known, else one label is drawn from q(y|x) (see `label_draws`)
    summed   the same with the sum over labels written out: M2 of Kingma et al. 2014, α = 0
    alpha    the same, and α · (−log q(y|x)) of the labelled images
    labels   −log q(y|x) of the labelled images alone: a plain classifier

A draw is a seed: it chooses the labels, the first weights and all the noise. Test images have no part in training, and
the labels of validation images none in the choice of the epoch. `python -m vaemodels.few_labels` writes `FILE`.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from tqdm import tqdm

from vaemodels import checkpoints, data, files, runs
from vaemodels.analysis.classification import accuracy, predict
from vaemodels.data.binarization import binarize
from vaemodels.errors import LabError
from vaemodels.models import SSVAE, SSVAEConfig
from vaemodels.optimizer import flush_tiny_numbers
from vaemodels.training import fit
from vaemodels.training_config import TrainingConfig

FILE = checkpoints.pretrained_folder() / "few_labels.json"
Way = Literal["drawn", "summed", "alpha", "labels"]
WAYS: dict[Way, dict[str, Any]] = {
    "drawn": {"alpha": 0.0, "labelled_elbo": True, "draw_label": True},
    "summed": {"alpha": 0.0, "labelled_elbo": True},
    "alpha": {"alpha": 100.0, "labelled_elbo": True},
    "labels": {"gen_weight": 0.0},
}
LABELLED = (30, 100, 1_000, 3_000)
SEEDS = (0, 1, 2)
MODEL = SSVAEConfig(z_dim=10, hidden=(64, 64))
RECIPE = TrainingConfig(dataset="mnist", epochs=5, batch_size=100, learning_rate=3e-3)
REMEDY = "make it with `python -m vaemodels.few_labels`"


def settings(way: Way, labelled: int, seed: int = 0, recipe: TrainingConfig = RECIPE) -> TrainingConfig:
    """The recipe of one run."""
    return dataclasses.replace(recipe, labelled=labelled, seed=seed, **WAYS[way])


def entrants() -> list[tuple[Way, int, int]]:
    """Every run as (way, labelled, seed), one draw of all of them after the other."""
    return [(way, labelled, seed) for seed in SEEDS for labelled in LABELLED for way in get_args(Way)]


def train(recipe: TrainingConfig) -> dict[str, Any]:
    """One run by `recipe`: its `accuracy` on the test images, binarised once, 0 to 1, and its processor `seconds`."""
    began = time.process_time()
    run, _ = runs.new("few-labels", "ssvae", MODEL, recipe)
    for _ in fit(run, *runs.data(recipe)):
        pass
    run.model.load_state_dict(run.best_weights)
    assert isinstance(run.model, SSVAE)
    test = data.load(recipe.dataset, "test")
    given = predict(run.model, binarize(test.images, "static"))
    return {
        "accuracy": accuracy(given, test.labels),
        "seconds": round(time.process_time() - began, 1),
    }


def load(path: Path = FILE) -> dict[str, Any]:
    """What `main` wrote: under "runs" each run's `way`, `labelled`, `seed`, `accuracy` and `seconds`.

    Raises:
        LabError: if there is none.
    """
    return files.read_json(path, REMEDY)


def accuracies(study: Mapping[str, Any]) -> dict[tuple[Way, int], list[float]]:
    """The accuracies of all draws by (way, labelled), for what has been run."""
    found: dict[tuple[Way, int], list[float]] = {}
    for run in study["runs"]:
        found.setdefault((run["way"], run["labelled"]), []).append(run["accuracy"])
    return found


def main() -> None:
    """Train what `--out` does not have yet, writing it after every run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", metavar="D", default=RECIPE.dataset)
    parser.add_argument("--epochs", metavar="N", type=int, default=RECIPE.epochs)
    parser.add_argument("--out", metavar="FILE", type=Path, default=FILE)
    options = parser.parse_args()
    recipe = dataclasses.replace(RECIPE, dataset=options.data, epochs=options.epochs)
    study: dict[str, Any] = {
        "dataset": options.data,
        "split": "test",
        "images": data.get(options.data).sizes["test"],
        "binarization": "static",
        "config": dataclasses.asdict(MODEL),
        "training": dataclasses.asdict(recipe),
        "ways": WAYS,
        "runs": [],
    }
    if options.out.exists():
        earlier = load(options.out)
        if earlier | {"runs": []} != json.loads(json.dumps(study)):
            raise LabError(f"{options.out} holds runs by another recipe; choose another place with --out.")
        study = earlier
    done = {(run["way"], run["labelled"], run["seed"]) for run in study["runs"]}
    for way, labelled, seed in tqdm(entrants(), "few labels", unit="run"):
        if (way, labelled, seed) in done:
            continue
        found = train(settings(way, labelled, seed, recipe))
        study["runs"].append({"way": way, "labelled": labelled, "seed": seed, **found})
        files.write_atomically(options.out, json.dumps(study, indent=1).encode())


if __name__ == "__main__":
    flush_tiny_numbers()
    try:
        main()
    except LabError as error:
        sys.exit(f"vaemodels: {error}")
