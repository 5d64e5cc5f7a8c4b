"""VAE training speed: the project's `fit` against the loop that textbooks and tutorials print.

Both train 784-300-300-2·10 with ELU on batches of 100 with Adam, on the same images with the same threads,
binarised anew for every batch, and take turns in one process, an epoch each, so that whatever else the machine
does falls on both.
"""

import argparse
import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader

from benchmarks.report import Row, show
from vaemodels import data
from vaemodels.data.torchvision_import import datasets as torchvision_datasets
from vaemodels.models import VAE, VAEConfig
from vaemodels.optimizer import flush_tiny_numbers
from vaemodels.training import compute_dtype, fit, start
from vaemodels.training_config import TrainingConfig

BATCH = 100
Z_DIM = 10
SIZES = (784, 300, 300)


class TextbookImages(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """What `torchvision.datasets.MNIST` does for each item: a PIL image, then `ToTensor`."""

    def __init__(self, split: data.Split, to_tensor: Callable[[Image.Image], Tensor]) -> None:
        self.images = split.images.view(-1, 28, 28)
        self.labels = split.labels
        self.to_tensor = to_tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.to_tensor(Image.fromarray(self.images[index].numpy())), int(self.labels[index])


class TextbookVAE(nn.Module):
    """The same network as ours, written the way tutorials do."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, 300), nn.ELU(), nn.Linear(300, 300), nn.ELU())
        self.mu = nn.Linear(300, Z_DIM)
        self.log_var = nn.Linear(300, Z_DIM)
        self.decoder = nn.Sequential(
            nn.Linear(Z_DIM, 300), nn.ELU(), nn.Linear(300, 300), nn.ELU(), nn.Linear(300, 784), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.encoder(x)
        mu, log_var = self.mu(h), self.log_var(h)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * log_var)
        return self.decoder(z), mu, log_var


def textbook_loader(split: data.Split, workers: int, batch: int = BATCH) -> DataLoader[tuple[Tensor, int]]:
    """Batches of grey images and labels, an image at a time through PIL and `ToTensor`."""
    torchvision_datasets()  # makes sure that torchvision can be imported at all
    to_tensor = import_module("torchvision.transforms").ToTensor()
    return DataLoader(TextbookImages(split, to_tensor), batch_size=batch, shuffle=True, num_workers=workers)


def textbook_epochs(split: data.Split, workers: int) -> Iterator[None]:
    """Trains without end, handing over after every epoch."""
    loader = textbook_loader(split, workers)
    model = TextbookVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    while True:
        total = 0.0
        for images, _ in loader:
            x = torch.bernoulli(images.view(-1, 784))
            optimizer.zero_grad()
            x_hat, mu, log_var = model(x)
            reconstruction = F.binary_cross_entropy(x_hat, x, reduction="sum")
            kl = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
            loss = (reconstruction + kl) / len(x)
            loss.backward()
            total += loss.item()
            optimizer.step()
        yield


def our_epochs(train: data.Split, held_out: data.Split) -> Iterator[object]:
    """`fit`, handing over after every epoch; held out are few images, as the textbook measures none."""
    torch.manual_seed(0)
    model = VAE(VAEConfig(hidden=SIZES[1:], z_dim=Z_DIM, activation="elu"))
    run = start(model, TrainingConfig(batch_size=BATCH, epochs=1000), train)
    return fit(run, train, held_out)


def seconds(turn: Iterator[object]) -> float:
    """Wall-clock time of one epoch."""
    begin = time.perf_counter()
    next(turn)
    return time.perf_counter() - begin


def layers(sizes: Sequence[int], rows: int) -> list[tuple[int, int, int]]:
    """A network's linear layers on so many rows at once: (rows, in, out) each."""
    return [(rows, fan_in, fan_out) for fan_in, fan_out in itertools.pairwise(sizes)]


def matmul_seconds(layers: Sequence[tuple[int, int, int]], dtype: torch.dtype, repeats: int = 200) -> float:
    """Time of exactly the matrix products that one step needs, alone, at the rate this machine does them.

    A linear layer [in → out] on a batch needs x Wᵀ forwards, and gᵀ x and g W backwards; the first layer of
    all needs no gradient for its input.
    """
    products: list[tuple[Tensor, Tensor]] = []
    for i, (rows, fan_in, fan_out) in enumerate(layers):
        x, w, g = (
            torch.randn(shape).to(dtype) for shape in ((rows, fan_in), (fan_out, fan_in), (rows, fan_out))
        )
        products += [(x, w.T), (g.T, x)]
        if i > 0:
            products.append((g, w))
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        for a, b in products:
            torch.mm(a, b)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def training_split(count: int) -> tuple[str, data.Split, data.Split]:
    """The first `count` of MNIST where it is at hand, else as many of the built-in digits over and over."""
    if data.is_available("mnist"):
        train = data.load("mnist", "train")
        return (
            "mnist",
            data.Split(train.images[:count], train.labels[:count]),
            data.load("mnist", "validation"),
        )
    digits = data.load("digits", "train")
    index = torch.arange(count) % len(digits.images)
    tiled = data.Split(digits.images[index], digits.labels[index])
    return "digits over and over", tiled, data.load("digits", "validation")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--turns", type=int, default=3, help="epochs each of them trains, after one to warm up"
    )
    parser.add_argument(
        "--images", type=int, default=data.get("mnist").sizes["train"], help="an epoch's length"
    )
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    flush_tiny_numbers()  # for both of each pair, as the command line and the app's workers do
    load = round(os.getloadavg()[0], 1)

    name, train, held_out = training_split(options.images)
    few = data.Split(held_out.images[:BATCH], held_out.labels[:BATCH])
    contestants: dict[str, Iterator[object]] = {
        "ours": our_epochs(train, few),
        "textbook, num_workers=0": textbook_epochs(train, 0),
        "textbook, num_workers=2": textbook_epochs(train, 2),
    }
    times: dict[str, list[float]] = {who: [] for who in contestants}
    for turn in range(options.turns + 1):
        for who, epochs in contestants.items():
            spent = seconds(epochs)
            print(f"{'turn ' + str(turn) if turn else 'warm-up'}: {who} {spent:.1f} s", file=sys.stderr)
            if turn > 0:
                times[who].append(spent)

    rate = {who: len(train.images) / statistics.median(spent) for who, spent in times.items()}
    ours = rate.pop("ours")
    dtype = compute_dtype(VAE(VAEConfig()), TrainingConfig())
    of_a_step = [*layers((*SIZES, 2 * Z_DIM), BATCH), *layers((Z_DIM, *reversed(SIZES)), BATCH)]
    matmul = matmul_seconds(of_a_step, dtype)
    rows = [
        Row("fit", ours, "images/s"),
        *(Row(who, value, "images/s") for who, value in rate.items()),
        Row("fit / the faster textbook loop", ours / max(rate.values()), "times", "at least", 4),
        Row("one step of fit", 1e3 * BATCH / ours, "ms"),
        Row("its matrix products alone", 1e3 * matmul, "ms"),
        Row("share of matrix products", 100 * matmul * ours / BATCH, "%", "at least", 50),
    ]
    conditions = {
        "data": name,
        "images": len(train.images),
        "batch": BATCH,
        "threads": options.threads,
        "fit's precision": str(dtype).removeprefix("torch."),
        "turns": options.turns,
        "load before": load,
        "torch": torch.__version__,
    }
    show("VAE training", conditions, rows, options.json)


if __name__ == "__main__":
    main()
