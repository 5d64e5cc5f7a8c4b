"""Processor time of training to a held-out target: the project's `fit`, by Adam and by Muon, against a plain loop.

What a visitor waits for is no number of images a second but a model that is good enough. For each network and objective
the rival is the loop that notebooks print: images through PIL one by one, Adam at 1e-3 in float32, batches of 100, and
for an IWAE or an SSVAE the images repeated in front of everything. All take turns, an epoch each, in one process; time
spent on measuring is nobody's. The targets are of the first 2,000 validation images, and of MNIST: there is no run
without it.
"""

import argparse
import dataclasses
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.report import Row, show
from benchmarks.training import BATCH, TextbookVAE, textbook_loader
from benchmarks.variants import NotebookIWAE, NotebookSSVAE
from vaemodels import data, losses, models, presets, runs
from vaemodels.data import labels
from vaemodels.data.binarization import binarize
from vaemodels.losses import Batch
from vaemodels.models import SSVAE
from vaemodels.optimizer import flush_tiny_numbers
from vaemodels.training import fit, measure
from vaemodels.training_config import OptimizerName, TrainingConfig

HELD_OUT = 2_000
FEW = 10  # images that `fit` itself measures: what counts is measured outside, and not timed


class Race(NamedTuple):
    """A preset, what it is to reach on held-out images, and in how many epochs the two of `fit` plan to be there.

    A target is −ELBO or −L_k in nats an image, or for an SSVAE the share of wrong labels: less is better. Rates are
    Muon's, at batches of 250 or 500; Adam has 1e-3 and batches of 100. Both fall along a cosine.
    """

    preset: str
    target: float
    epochs: dict[OptimizerName, int]
    rate: float = 0.03
    batch: int = 250
    at_least: float = 4


class Contestant(NamedTuple):
    """Trains an epoch whenever it is asked for the next; `held_out` is where it stands."""

    epochs: Iterator[object]
    held_out: Callable[[], float]


FULL = (
    Race("vae", 100.0, {"adam": 40, "muon": 8}, rate=0.05, batch=500, at_least=5),
    Race("gmvae", 98.0, {"adam": 30, "muon": 6}, rate=0.05),
    Race("iwae-k5", 93.0, {"adam": 60, "muon": 9}),
    Race("iwae-k50", 93.0, {"adam": 40, "muon": 7}, at_least=12),
    Race("ssvae", 0.15, {"adam": 30, "muon": 8}),
    Race("hvae", 96.0, {"adam": 20, "muon": 5}),
)
QUICK = (
    Race("vae", 107.0, {"adam": 8, "muon": 3}, rate=0.05, batch=500),
    Race("gmvae", 107.0, {"adam": 6, "muon": 2}, rate=0.05),
    Race("iwae-k5", 104.0, {"adam": 10, "muon": 4}),
    Race("hvae", 104.0, {"adam": 5, "muon": 2}),
)


def ours(race: Race, name: OptimizerName, train: data.Split, x: Tensor, y: Tensor) -> Contestant:
    """`fit` by the race's recipe."""
    preset = presets.get(race.preset)
    recipe = dataclasses.replace(
        preset.training,
        epochs=race.epochs[name],
        optimizer=name,
        learning_rate=race.rate if name == "muon" else 1e-3,
        batch_size=race.batch if name == "muon" else BATCH,
    )
    run, _ = runs.new("benchmark", preset.model, preset.config, recipe)
    few = data.Split(train.images[:FEW], train.labels[:FEW])
    return Contestant(fit(run, train, few), lambda: objective(run.model, recipe, x, y))


@torch.no_grad()
def objective(model: models.Model, recipe: TrainingConfig, x: Tensor, y: Tensor) -> float:
    """−ELBO, −L_k of a run on a bound, or a semi-supervised model's share of wrong labels."""
    if isinstance(model, SSVAE):
        return wrong(model.classifier(x), y)
    terms = measure(model, x, y, recipe)
    return -terms["bound"] if losses.is_bound(recipe) else sum(terms.values())


def wrong(logits: Tensor, y: Tensor) -> float:
    """The share of `y: [n]` that isn't where `logits: [n, labels]` are greatest."""
    return (logits.argmax(-1) != y).float().mean().item()


def plain(race: Race, train: data.Split, x: Tensor, y: Tensor) -> Contestant:
    """The loop of textbooks and notebooks for the same network and objective."""
    preset = presets.get(race.preset)
    torch.manual_seed(0)
    model: nn.Module
    if race.preset == "vae":
        model = TextbookVAE()
        loss = lambda x: textbook_loss(model, x)  # noqa: E731
    elif isinstance(preset.config, models.VAEConfig):
        model = NotebookIWAE(preset.training.k)
        loss = model.loss
    elif isinstance(preset.config, models.SSVAEConfig):
        chosen = labels.choose(train.labels, preset.training.labelled, 0)
        model = NotebookSSVAE(train.images[chosen] / 255, train.labels[chosen])
        loss = model.loss
    else:  # the project's own network and densities in such a loop
        model = models.build(preset.model, dataclasses.asdict(preset.config))
        recipe, generator = TrainingConfig(), torch.Generator().manual_seed(0)
        loss = lambda x: losses.loss(model, Batch(x, y[: len(x)]), recipe, 0.0, generator).value  # noqa: E731

    @torch.no_grad()
    def held_out() -> float:
        if isinstance(model, NotebookSSVAE):
            return wrong(model.classifier(x), y)
        return sum(loss(part).item() * len(part) for part in x.split(500)) / len(x)

    return Contestant(plain_epochs(model, loss, train), held_out)


def plain_epochs(model: nn.Module, loss_of: Callable[[Tensor], Tensor], train: data.Split) -> Iterator[None]:
    """Trains without end, handing over after every epoch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loader = textbook_loader(train, 0)
    while True:
        total = 0.0
        for images, _ in loader:
            optimizer.zero_grad()
            loss = loss_of(torch.bernoulli(images.view(-1, 784)))
            loss.backward()
            optimizer.step()
            total += loss.item()
        yield


def textbook_loss(model: nn.Module, x: Tensor) -> Tensor:
    """−ELBO of a `TextbookVAE`, as tutorials write it."""
    x_hat, mu, log_var = model(x)
    kl = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return (F.binary_cross_entropy(x_hat, x, reduction="sum") + kl) / len(x)


def seconds_to_target(
    contestants: dict[str, Contestant], target: float, most: float, title: str
) -> dict[str, float]:
    """Processor seconds of each until it first stands at the target; infinite where it ended or `most` were spent."""
    spent: dict[str, float] = dict.fromkeys(contestants, 0.0)
    reached: dict[str, float] = dict.fromkeys(contestants, math.inf)
    going = dict(contestants)
    while going:
        for who, contestant in list(going.items()):
            begin = time.process_time()
            ended = next(contestant.epochs, "ended") == "ended"
            spent[who] += time.process_time() - begin
            value = contestant.held_out()
            print(f"{title}, {who}: {value:.3f} after {spent[who]:.0f} s", file=sys.stderr)
            if value <= target:
                reached[who] = spent[who]
            if value <= target or ended or spent[who] > most:
                del going[who]
    return reached


def rows_of(race: Race, reached: dict[str, float], most: float) -> list[Row]:
    """Seconds, and how many times as long the plain loop takes: at least so many where it was not there in time."""
    what = f"{race.preset} to {race.target:g}"
    rows = [Row(f"{what}: {who}", seconds, "s") for who, seconds in reached.items()]
    rival = min(reached["plain"], most)
    there = "plain" if reached["plain"] <= most else f"plain (not there in {most:.0f} s)"
    for who in ("adam", "muon"):
        times = Row(f"{what}: {there} / {who}", rival / reached[who], "times")
        rows.append(times._replace(bar="at least", limit=race.at_least) if who == "muon" else times)
    return rows


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="nearer targets, without the dearest two: minutes"
    )
    parser.add_argument("--only", help="one of the presets")
    parser.add_argument("--most", type=float, default=3_600, help="seconds after which a loop is given up")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not data.is_available("mnist"):
        print("No targets without MNIST: python -m vaemodels download mnist", file=sys.stderr)
        return
    torch.set_num_threads(1)
    flush_tiny_numbers()
    load = round(os.getloadavg()[0], 1)
    train, validation = data.load("mnist", "train"), data.load("mnist", "validation")
    x, y = binarize(validation.images[:HELD_OUT], "static"), validation.labels[:HELD_OUT]
    rows: list[Row] = []
    for race in QUICK if options.quick else FULL:
        if options.only in (None, race.preset):
            contestants = {"plain": plain(race, train, x, y)}
            for name in race.epochs:
                contestants[name] = ours(race, name, train, x, y)
            reached = seconds_to_target(contestants, race.target, options.most, race.preset)
            rows += rows_of(race, reached, options.most)
    show(
        "processor time to a held-out target",
        {"data": "mnist", "threads": 1, "load before": load, "torch": torch.__version__},
        rows,
        options.json,
    )


if __name__ == "__main__":
    main()
