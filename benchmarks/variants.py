"""Training speed of IWAE and SSVAE: the project's `fit` against the ways that notebooks print.

IWAE, k = 50, on the network of the paper: a notebook repeats every image k times and sends all of it through encoder
and decoder. SSVAE, 100 labels: it tiles every image and label ten times. Same images, batches and threads; all take
turns in one process.
"""

import argparse
import dataclasses
import itertools
import math
import os
import statistics
import sys
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal

from benchmarks.report import Row, show
from benchmarks.training import BATCH, layers, matmul_seconds, seconds, textbook_loader, training_split
from vaemodels import data, presets, runs
from vaemodels.data import labels
from vaemodels.models import VAE
from vaemodels.optimizer import flush_tiny_numbers
from vaemodels.training import compute_dtype, fit
from vaemodels.training_config import Precision, TrainingConfig

IWAE, SSVAE = presets.get("iwae-k50"), presets.get("ssvae")
LABELS = 10
FEW = 10  # held-out images: notebooks measure none while they train


def mlp(sizes: tuple[int, ...], activation: type[nn.Module]) -> nn.Sequential:
    """As in `vaemodels`."""
    parts = [part for i, o in itertools.pairwise(sizes) for part in (nn.Linear(i, o), activation())]
    return nn.Sequential(*parts[:-1])


class NotebookIWAE(nn.Module):
    """L_k with the images repeated in front of everything."""

    def __init__(self, k: int) -> None:
        super().__init__()
        hidden, z_dim = IWAE.config.hidden, IWAE.config.z_dim
        self.k = k
        self.encoder = mlp((784, *hidden, 2 * z_dim), nn.Tanh)
        self.decoder = mlp((z_dim, *hidden, 784), nn.Tanh)

    def loss(self, x: Tensor) -> Tensor:
        x = x.repeat(self.k, 1)
        mu, log_var = self.encoder(x).chunk(2, dim=1)
        std = torch.exp(0.5 * log_var)
        z = mu + std * torch.randn_like(std)
        log_likelihood = -F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="none").sum(1)
        log_prior = Normal(torch.zeros_like(z), torch.ones_like(z)).log_prob(z).sum(1)
        log_posterior = Normal(mu, std).log_prob(z).sum(1)
        log_w = (log_likelihood + log_prior - log_posterior).view(self.k, -1)
        return -(torch.logsumexp(log_w, 0) - math.log(self.k)).mean()


class NotebookSSVAE(nn.Module):
    """M2 with every image tiled once for each label in front of everything."""

    def __init__(self, labelled_x: Tensor, labelled_y: Tensor) -> None:
        super().__init__()
        hidden, z_dim = SSVAE.config.hidden, SSVAE.config.z_dim
        self.labelled_x, self.labelled_y = labelled_x, labelled_y
        self.classifier = mlp((784, *hidden, LABELS), nn.ReLU)
        self.encoder = mlp((784 + LABELS, *hidden, 2 * z_dim), nn.ELU)
        self.decoder = mlp((z_dim + LABELS, *hidden, 784), nn.ELU)

    def loss(self, x: Tensor) -> Tensor:
        y_logits = self.classifier(x)
        log_q_y = F.log_softmax(y_logits, 1)
        q_y = log_q_y.exp()
        y = torch.eye(LABELS).repeat_interleave(len(x), 0)
        x = x.repeat(LABELS, 1)
        mu, log_var = self.encoder(torch.cat([x, y], 1)).chunk(2, dim=1)
        std = torch.exp(0.5 * log_var)
        z = mu + std * torch.randn_like(std)
        logits = self.decoder(torch.cat([z, y], 1))
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        kl_z = -0.5 * (1 + log_var - mu.pow(2) - log_var.exp()).sum(1)
        by_label = (reconstruction + kl_z).view(LABELS, -1)
        kl_y = (q_y * (log_q_y + math.log(LABELS))).sum(1)
        nelbo = (q_y.T * by_label).sum(0) + kl_y
        labelled_logits = self.classifier(torch.bernoulli(self.labelled_x))
        return nelbo.mean() + SSVAE.training.alpha * F.cross_entropy(labelled_logits, self.labelled_y)


def notebook_epochs(model: NotebookIWAE | NotebookSSVAE, split: data.Split, batch: int) -> Iterator[None]:
    """Trains without end, handing over after every epoch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loader = textbook_loader(split, 0, batch)
    while True:
        total = 0.0
        for images, _ in loader:
            loss = model.loss(torch.bernoulli(images.view(-1, 784)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        yield


def our_epochs(
    preset: presets.Preset, split: data.Split, batch: int, precision: Precision, name: str
) -> Iterator[object]:
    """`fit` by the preset's recipe, handing over after every epoch; held out are few images."""
    recipe = dataclasses.replace(
        preset.training, dataset=name, batch_size=batch, precision=precision, epochs=1_000
    )
    run, _ = runs.new("benchmark", preset.model, preset.config, recipe)
    return fit(run, split, split._replace(images=split.images[:FEW], labels=split.labels[:FEW]))


def take_turns(
    contestants: dict[str, Iterator[object]], turns: int, images: int, title: str
) -> dict[str, float]:
    """Images a second of each, from the median of its turns after one to warm up."""
    times: dict[str, list[float]] = {who: [] for who in contestants}
    for turn in range(turns + 1):
        for who, epochs in contestants.items():
            spent = seconds(epochs)
            print(f"{title}, {f'turn {turn}' if turn else 'warm-up'}: {who} {spent:.1f} s", file=sys.stderr)
            if turn:
                times[who].append(spent)
    return {who: images / statistics.median(spent) for who, spent in times.items()}


def at_most(precision: str, batch: int, notebook: float) -> Row:
    """What IWAE's ratio would be if a step were nothing but its matrix products."""
    encoder, decoder = (
        (784, *IWAE.config.hidden, 2 * IWAE.config.z_dim),
        (IWAE.config.z_dim, *IWAE.config.hidden, 784),
    )
    products = [*layers(encoder, batch), *layers(decoder, IWAE.training.k * batch)]
    rate = batch / matmul_seconds(products, getattr(torch, precision), repeats=20)
    return Row(f"IWAE: {precision}, its matrix products alone / notebook", rate / notebook, "times")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=3, help="turns of each, after one to warm up")
    parser.add_argument("--images", type=int, default=10_000, help="images a turn")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    flush_tiny_numbers()  # for both of each pair, as the command line and the app's workers do
    torch.manual_seed(0)
    load = round(os.getloadavg()[0], 1)
    source, split, _ = training_split(options.images)
    name = "mnist" if source == "mnist" else "digits"
    native = compute_dtype(VAE(presets.PAPER), TrainingConfig()) == torch.bfloat16
    precisions: list[Precision] = ["bfloat16", "float32"] if native else ["float32"]
    chosen = labels.choose(split.labels, SSVAE.training.labelled, 0)
    notebooks: dict[str, Callable[[], NotebookIWAE | NotebookSSVAE]] = {
        "IWAE": lambda: NotebookIWAE(IWAE.training.k),
        "SSVAE": lambda: NotebookSSVAE(split.images[chosen] / 255, split.labels[chosen]),
    }
    rows: list[Row] = []
    for title, preset, bars in (
        ("IWAE", IWAE, {"bfloat16": 8, "float32": 3}),
        ("SSVAE", SSVAE, {precisions[0]: 3}),
    ):
        ours: dict[str, Iterator[object]] = {
            p: our_epochs(preset, split, options.batch, p, name) for p in precisions
        }
        notebook = notebook_epochs(notebooks[title](), split, options.batch)
        rate = take_turns({**ours, "notebook": notebook}, options.turns, len(split.images), title)
        rows += [Row(f"{title}: {who}", value, "images/s") for who, value in rate.items()]
        for precision in precisions:
            times = Row(f"{title}: {precision} / notebook", rate[precision] / rate["notebook"], "times")
            bar = bars.get(precision)
            rows.append(times._replace(bar="at least", limit=bar) if bar else times)
        if title == "IWAE":
            rows += [at_most(precision, options.batch, rate["notebook"]) for precision in precisions]
    conditions = {
        "data": source,
        "batch": options.batch,
        "threads": options.threads,
        "turns": options.turns,
        "load before": load,
        "torch": torch.__version__,
    }
    show("IWAE and SSVAE training", conditions, rows, options.json)


if __name__ == "__main__":
    main()
