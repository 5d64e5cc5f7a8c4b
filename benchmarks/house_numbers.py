"""What is learned from street digits, read off photographs: a classifier of drawn house numbers alone on real ones.

A convolutional network of three layers learns the training split of `streetdigits` and is tested on its test split and
on photographs: SVHN's test split where it was downloaded (`python -m vaemodels download svhn`), or your own with
`--photographs PATH`, a folder, .npz or .csv with labels as for `train --data`. Three seeds, one thread.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.report import Row, show
from vaemodels import data
from vaemodels.data import Split, from_path, streetdigits

EPOCHS, BATCH, RATE = 10, 100, 5e-3
SEEDS = (0, 1, 2)
CONTRAST = 0.02  # of 0 to 1; weaker pictures are not stretched further


def main() -> None:
    """Trains, tests and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", metavar="PATH", type=Path, help="your own, with their labels")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    torch.set_num_threads(1)
    photographs = real(options.photographs)
    if photographs is None:
        print("No photographs: download svhn, or give your own with --photographs; see --help.")
        return
    train, drawn = (data.load(streetdigits.DATASET.name, split) for split in ("train", "test"))
    rows = []
    for seed in SEEDS:
        network = trained(train, seed)
        rows.append(Row(f"drawn, seed {seed}", 100 * accuracy(network, drawn), "%"))
        rows.append(Row(f"photographed, seed {seed}", 100 * accuracy(network, photographs), "%"))
    conditions = {"epochs": EPOCHS, "photographs": len(photographs.labels), "torch": torch.__version__}
    show("House numbers read by a network that knows drawn ones alone", conditions, rows, options.json)


def real(path: Path | None) -> Split | None:
    """All the images at a path, or SVHN's test split; None where there are neither."""
    if path is not None:
        name = data.add(from_path.read(path, tuple(data.DATASETS)))
        splits = [data.load(name, split) for split in ("train", "validation", "test")]
        return Split(*(torch.cat(parts) for parts in zip(*splits, strict=True)))
    return data.load("svhn", "test") if data.is_available("svhn") else None


def trained(split: Split, seed: int) -> nn.Module:
    """The network after `EPOCHS` of the split."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        *block(1, 16), *block(16, 32), *block(32, 64), nn.Flatten(), nn.Dropout(), nn.Linear(1024, 10)
    )
    x, n = greys(split.images), len(split.labels) // BATCH * BATCH
    optimizer = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * (n // BATCH))
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x))[:n].split(BATCH):
            loss = nn.functional.cross_entropy(network(x[batch]), split.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def block(channels: int, more: int) -> list[nn.Module]:
    """A convolution, and half of the rows and columns."""
    return [
        nn.Conv2d(channels, more, 3, padding=1, bias=False),
        nn.BatchNorm2d(more),
        nn.ReLU(),
        nn.MaxPool2d(2),
    ]


def greys(images: Tensor) -> Tensor:
    """Grey pictures `[n, 1, 32, 32]` of one mean and one contrast, from uint8 `[n, 3072]`."""
    grey = images.view(-1, 3, 32, 32).float().mean(1, keepdim=True) / 255
    mean, std = (part((1, 2, 3), keepdim=True) for part in (grey.mean, grey.std))
    return (grey - mean) / (std + CONTRAST)


@torch.no_grad()
def accuracy(network: nn.Module, split: Split) -> float:
    """The share of the images whose digit the network reads."""
    right = [network(greys(part)).argmax(1) for part in split.images.split(1_000)]
    return (torch.cat(right) == split.labels).float().mean().item()


if __name__ == "__main__":
    main()
