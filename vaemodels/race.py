"""The ELBO against L_k over k = 1, 5 and 50: six runs of one network, kept as histories without weights.

The network is the one-layer one of Burda et al. 2016 (`presets.PAPER`). A run maximises its own bound, the ELBO from k
draws or L_k, and every epoch is scored on that bound and on L_500, all on the same held-out images. Only L_500 compares
the runs: their own bounds are different numbers. `python -m vaemodels.race` holds the race and writes `FILE`.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from tqdm import tqdm

from vaemodels import checkpoints, files, losses, objectives, presets, runs
from vaemodels.data import Split
from vaemodels.data.binarization import binarize
from vaemodels.errors import LabError
from vaemodels.evaluation import estimate, log_weights_in_chunks
from vaemodels.training import fit
from vaemodels.training_config import TrainingConfig

FILE = checkpoints.pretrained_folder() / "race.json"
Bound = Literal["elbo", "iwae"]
KS = (1, 5, 50)
SCORE_K = 500
SCORED_IMAGES = 1_000
REMEDY = "hold the race with `python -m vaemodels.race`"


def entrants() -> list[tuple[Bound, int]]:
    """The six runs, by what they maximise and from how many draws, the quick ones first."""
    return [(bound, k) for k in KS for bound in get_args(Bound)]


def run(recipe: TrainingConfig, held_out: Split, score_k: int = SCORE_K) -> Iterator[dict[str, Any]]:
    """Train the network by `recipe`, giving one record an epoch, in nats an image:

    `train` and `held_out`, the bound that is maximised, and `score`, L_score_k of the held-out images with its standard
    error over them, `stderr`. The same draws score every epoch, so that epochs differ by their weights alone.
    """
    entrant, _ = runs.new("race", "vae", presets.PAPER, recipe)
    train, _ = runs.data(recipe)
    x = binarize(held_out.images, "static")
    for record in fit(entrant, train, held_out):
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            log_w = [
                log_weights_in_chunks(entrant.model, part, score_k, None, generator) for part in x.split(100)
            ]
        score = estimate(objectives.iwae(torch.cat(log_w, 1)))
        yield {
            "epoch": round(record.epoch),
            "train": -losses.headline(record.train),
            "held_out": -losses.headline(record.held_out),
            "score": score.mean,
            "stderr": score.stderr,
        }


def load(path: Path = FILE) -> dict[str, Any]:
    """What `main` wrote: under "runs" each run's `objective`, `k` and `history`, beside how they were made.

    Raises:
        LabError: if there is none.
    """
    return files.read_json(path, REMEDY)


def main() -> None:
    """Hold the race; a run that `--out` has already is not repeated."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", metavar="D", default="mnist")
    parser.add_argument("--epochs", metavar="N", type=int, default=presets.SHORT_ADAM.epochs)
    parser.add_argument("--out", metavar="FILE", type=Path, default=FILE)
    options = parser.parse_args()
    recipe = dataclasses.replace(presets.SHORT_ADAM, dataset=options.data, epochs=options.epochs)
    _, validation = runs.data(recipe)
    held_out = Split(validation.images[:SCORED_IMAGES], validation.labels[:SCORED_IMAGES])
    race: dict[str, Any] = {
        "dataset": options.data,
        "split": "validation",
        "images": len(held_out.images),
        "binarization": "static",
        "score_k": SCORE_K,
        "config": dataclasses.asdict(presets.PAPER),
        "training": dataclasses.asdict(recipe),
        "runs": [],
    }
    if options.out.exists():
        earlier = load(options.out)
        if earlier | {"runs": []} != json.loads(json.dumps(race)):
            raise LabError(f"{options.out} holds another race; choose another place with --out.")
        race = earlier
    done = [(entrant["objective"], entrant["k"]) for entrant in race["runs"]]
    for objective, k in entrants():
        if (objective, k) in done:
            continue
        records = run(dataclasses.replace(recipe, objective=objective, k=k), held_out)
        history = list(tqdm(records, f"{objective}, k = {k}", recipe.epochs, unit="epoch"))
        race["runs"].append({"objective": objective, "k": k, "history": history})
        files.write_atomically(options.out, json.dumps(race, indent=1).encode())


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        sys.exit(f"vaemodels: {error}")
