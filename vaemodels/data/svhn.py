"""SVHN: 99,289 real house-number digits in colour, 32×32 pixels (Netzer et al. 2011), in torchvision's layout `SVHN`.

As with MNIST each file is checked against its SHA-256 before it is used, and a download fetches only what fails. The
files are MATLAB's, `X` uint8 [32, 32, 3, n] and `y` uint8 [n, 1], in which a zero is labelled 10.
"""

import io
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch

from vaemodels.data import checked, torchvision_import
from vaemodels.data.dataset import Dataset, Split, data_folder
from vaemodels.data.fetch import fetch
from vaemodels.errors import LabError
from vaemodels.files import cannot_write

REMEDY = "run `python -m vaemodels download svhn`"


class MatFile(NamedTuple):
    """One half of the data, pictures and labels."""

    name: str
    size: int  # bytes
    sha256: str


FILES = {
    "train": MatFile(
        "train_32x32.mat", 182_040_794, "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"
    ),
    "test": MatFile(
        "test_32x32.mat", 64_275_384, "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"
    ),
}
VALIDATION = 5_000

DATASET = Dataset(
    name="svhn",
    title="Street View house numbers",
    image_shape=(3, 32, 32),
    family="gaussian",
    n_labels=10,
    licence="SVHN, Y. Netzer, T. Wang, A. Coates, A. Bissacco, B. Wu and A. Ng, for non-commercial use only",
    download_bytes=sum(file.size for file in FILES.values()),
    sizes={"train": 73_257 - VALIDATION, "validation": VALIDATION, "test": 26_032},
)

_downloading = threading.Lock()


def load(split: str) -> Split:
    """One split: images uint8 [n, 3072], labels int64 [n]; `validation` ends the training file.

    Raises LabError if the file it needs is missing, truncated or corrupt.
    """
    images, labels = _read(_folder(), "test" if split == "test" else "train")
    part = {"train": slice(0, -VALIDATION), "validation": slice(-VALIDATION, None), "test": slice(None)}[
        split
    ]
    return Split(images[part], labels[part])


def is_available() -> bool:
    """Whether both files are there in full length; what they hold is checked when they are read."""
    return all(checked.has_size(_folder() / file.name, file.size) for file in FILES.values())


def download(progress: Callable[[int, int], None] | None = None) -> None:
    """Fetch the files that are missing or broken through torchvision's downloader; good ones are left alone.

    `progress(done_bytes, total_bytes)` is called on the caller's thread, about ten times a second.
    Raises LabError if the network or the data folder fails; running it again goes on from what has arrived.
    """
    folder = _folder()
    with _downloading:  # the second of two visitors waits, then finds the files there
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from error
        broken = {
            half: file
            for half, file in FILES.items()
            if not checked.is_good(folder / file.name, file.size, file.sha256)
        }
        total = sum(file.size for file in broken.values())
        done = 0

        def report(size: int) -> None:
            if progress:
                progress(min(done + size, total), total)

        for half, file in broken.items():
            url, _, md5 = torchvision_import.datasets().SVHN.split_list[half]
            aside = folder / f"{file.name}.part"
            fetch([url], aside, md5, report)
            if not checked.is_good(aside, file.size, file.sha256):
                raise LabError(f"{aside} does not hold SVHN's file: {REMEDY} again later.")
            aside.replace(folder / file.name)
            done += file.size
        report(0)


def _folder() -> Path:
    return data_folder() / "SVHN"


@lru_cache(maxsize=2)
def _read(folder: Path, half: str) -> Split:
    """The whole training or test half."""
    from scipy.io import loadmat

    file = FILES[half]
    content = checked.read(folder / file.name, file.size, file.sha256, "SVHN", REMEDY)
    arrays = loadmat(io.BytesIO(content), variable_names=["X", "y"])
    images = torch.from_numpy(arrays["X"]).permute(3, 2, 0, 1).flatten(1)
    labels = torch.from_numpy(arrays["y"]).flatten().to(torch.int64) % 10
    return Split(images, labels)
