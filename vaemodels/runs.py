"""Training runs as checkpoints: made from settings, saved between epochs, taken up again."""

import dataclasses
import threading
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vaemodels import checkpoints, losses, models, training
from vaemodels import data as datasets
from vaemodels.cards import Card
from vaemodels.config_parsing import from_values
from vaemodels.data import Split
from vaemodels.errors import UsageError
from vaemodels.models import Model
from vaemodels.training import Run
from vaemodels.training_config import TrainingConfig

# The settings by which held-out losses can be compared.
COMPARABLE = ("dataset", "binarization", "objective", "k")

_drawing_weights = threading.Lock()


def new(name: str, model_name: str, model_config: Any, config: TrainingConfig) -> tuple[Run, Card]:
    """A run that has not begun, its weights drawn under `config.seed`, and its card.

    Raises:
        UsageError: if the model does not fit the dataset.
        LabError: if the dataset's images are missing or broken.
    """
    model, card = untrained(name, model_name, model_config, config)
    return training.start_at(model, config, datasets.pixel_means(config.dataset)), card


def untrained(name: str, model_name: str, model_config: Any, config: TrainingConfig) -> tuple[Model, Card]:
    """A model, its weights drawn under `config.seed`, and its card: what no image is needed for.

    Raises:
        UsageError: if the model does not fit the dataset.
    """
    check(model_name, model_config, config)
    # Layers draw their weights from torch's global generator, which all threads of a server share: two runs that start
    # at once would draw from each other's seed. Whatever else draws beside this takes a generator of its own.
    with _drawing_weights, torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = models.build(model_name, dataclasses.asdict(model_config))
    losses.check(model, config)
    return model, _card(name, model, config)


def started_from(run: Run, card: Card, checkpoint: checkpoints.Checkpoint) -> tuple[Run, Card]:
    """The run, not yet begun, with the checkpoint's weights in place of fresh ones, which its card says as `start`.

    Raises:
        UsageError: if those are of a model of other sizes.
    """
    model = checkpoint.model
    if (model.name, model.config) != (run.model.name, run.model.config):
        raise UsageError(
            f"This preset goes on from the weights of {checkpoint.card['name']}; leave the model's sizes as they are."
        )
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    run.model.load_state_dict(weights)
    begun = Run(run.model, run.config, weights=weights, best_weights=weights)
    return begun, card | {"start": checkpoint.card["name"]}


def suited(config: TrainingConfig, model_config: Any) -> TrainingConfig:
    """The recipe with the binarisation the likelihood asks for: a density over greys is trained on greys."""
    of_greys = getattr(model_config, "likelihood", "bernoulli") != "bernoulli"
    return dataclasses.replace(config, binarization="none") if of_greys else config


def check(model_name: str, model_config: Any, config: TrainingConfig) -> None:
    """Refuse a model and a dataset that do not go together.

    Raises:
        UsageError: with what does not fit.
    """
    dataset = datasets.get(config.dataset)
    if tuple(model_config.image_shape) != dataset.image_shape:
        raise UsageError(
            f"The model takes images of shape {tuple(model_config.image_shape)}, but {dataset.name} has "
            f"{dataset.image_shape}; choose another dataset."
        )
    if config.labelled > dataset.sizes["train"]:
        raise UsageError(
            f"{dataset.name} has {dataset.sizes['train']:,} images to learn from, and labelled={config.labelled:,} "
            "asks for more; choose fewer."
        )
    n_labels = getattr(model_config, "n_labels", dataset.n_labels)
    if n_labels != dataset.n_labels:
        raise UsageError(
            f"The model knows {n_labels} labels, but {dataset.name} has {dataset.n_labels}; "
            f"choose n_labels={dataset.n_labels}."
        )
    bernoulli = model_name != "ae" and getattr(model_config, "likelihood", "bernoulli") == "bernoulli"
    if bernoulli and config.binarization == "none":
        raise UsageError(
            "A Bernoulli likelihood needs black-and-white pixels; choose binarization=dynamic or another likelihood."
        )


def data(config: TrainingConfig) -> tuple[Split, Split]:
    """The train and validation splits of the run's dataset."""
    return datasets.load(config.dataset, "train"), datasets.load(config.dataset, "validation")


def dumps(run: Run, card: Card, dtype: torch.dtype = torch.float32) -> bytes:
    """The run as a checkpoint file: its best weights, and while it is not done what it needs to go on."""
    return checkpoints.dumps(_best(run), _updated(run, card), dtype=dtype, resume=_resume(run))


def latest(run: Run, card: Card) -> bytes:
    """The model as it is at this step, with the run's state at its last whole epoch: what a stopped run leaves."""
    return checkpoints.dumps(run.model, _updated(run, card), dtype=torch.float32, resume=_resume(run))


def save(path: str | Path, run: Run, card: Card, dtype: torch.dtype = torch.float32) -> None:
    """Write `dumps(run)` to `path` atomically.

    Raises:
        LabError: if the file can't be written.
    """
    checkpoints.save(path, _best(run), _updated(run, card), dtype=dtype, resume=_resume(run))


def loads(data: bytes) -> tuple[Run, Card]:
    """The run a checkpoint's bytes hold; see `from_checkpoint`."""
    return from_checkpoint(checkpoints.loads(data))


def from_checkpoint(checkpoint: checkpoints.Checkpoint) -> tuple[Run, Card]:
    """The run to go on with: from where an unfinished one was saved, or on a finished model's weights, Adam afresh."""
    card = dict(checkpoint.card)
    config = from_values(TrainingConfig, card["training"])
    if checkpoint.resume:
        return training.resumed(checkpoint.model, config, card["history"], checkpoint.resume), card
    weights = {name: tensor.clone() for name, tensor in checkpoint.model.state_dict().items()}
    return Run(checkpoint.model, config, card["history"], weights, weights), card


def with_config(run: Run, card: Card, config: TrainingConfig) -> tuple[Run, Card]:
    """The same run under changed settings (more epochs, another rate), with a card that has yet to be measured.

    On other images or for another objective it starts anew from the best weights: losses there can't be compared with
    those in its history.

    Raises:
        UsageError: if the model does not fit the objective.
    """
    losses.check(run.model, config)
    changes = {"changes": card["changes"]} if "changes" in card else {}
    card = _card(card["name"], run.model, config) | changes
    if any(getattr(config, setting) != getattr(run.config, setting) for setting in COMPARABLE):
        return Run(run.model, config, weights=run.best_weights, best_weights=run.best_weights), card
    return dataclasses.replace(run, config=config), card


def _card(name: str, model: Model, config: TrainingConfig) -> Card:
    return checkpoints.make_card(
        name=name,
        model=model,
        dataset=config.dataset,
        binarization=config.binarization,
        training=dataclasses.asdict(config),
        seed=config.seed,
    )


def _updated(run: Run, card: Card) -> Card:
    step = run.history[-1]["step"] if run.history else 0
    return card | {"history": run.history, "epoch": run.epoch, "step": step}


def _resume(run: Run) -> dict[str, Tensor] | None:
    return training.resume_tensors(run) if run.epoch < run.config.epochs else None


def _best(run: Run) -> Model:
    with torch.device("meta"):  # nothing is drawn that would be overwritten at once
        model = models.build(run.model.name, dataclasses.asdict(run.model.config))
    model.load_state_dict(run.best_weights, assign=True)
    return model
