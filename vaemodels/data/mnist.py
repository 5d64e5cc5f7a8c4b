"""MNIST: 70,000 handwritten digits of 28x28 pixels, in torchvision's folder layout `MNIST/raw`.

Every file is checked against its SHA-256 before a byte of it is used, and downloading fetches only the files
that fail, so that what is good is kept and a broken download goes on when it is run again.
"""

import gzip
import hashlib
import threading
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch

from vaemodels.data import checked, torchvision_import
from vaemodels.data.dataset import Dataset, Split, data_folder, mean_pixels
from vaemodels.data.fetch import fetch
from vaemodels.errors import LabError
from vaemodels.files import cannot_write, write_atomically

REMEDY = "run `python -m vaemodels download mnist`"


class RawFile(NamedTuple):
    """One uncompressed file in the IDX format: a header, then one byte for each pixel or label."""

    name: str
    size: int  # bytes
    header: int  # bytes
    sha256: str
    archive_size: int  # bytes of the .gz it is downloaded as


IMAGES = {
    "train": RawFile(
        "train-images-idx3-ubyte",
        47_040_016,
        16,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        9_912_422,
    ),
    "test": RawFile(
        "t10k-images-idx3-ubyte",
        7_840_016,
        16,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        1_648_877,
    ),
}
LABELS = {
    "train": RawFile(
        "train-labels-idx1-ubyte",
        60_008,
        8,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        28_881,
    ),
    "test": RawFile(
        "t10k-labels-idx1-ubyte",
        10_008,
        8,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        4_542,
    ),
}

DATASET = Dataset(
    name="mnist",
    title="MNIST",
    image_shape=(1, 28, 28),
    family="bernoulli",
    n_labels=10,
    licence="MNIST, Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0",
    download_bytes=sum(file.archive_size for files in (IMAGES, LABELS) for file in files.values()),
    sizes={"train": 55_000, "validation": 5_000, "test": 10_000},
)

_downloading = threading.Lock()


def load(split: str) -> Split:
    """One split: images uint8 [n, 784], labels int64 [n]; `validation` ends the training file.

    Raises LabError if one of the two files it needs is missing, truncated or corrupt.
    """
    images, labels = _read(_raw_folder(), "test" if split == "test" else "train")
    part = {"train": slice(0, 55_000), "validation": slice(55_000, 60_000), "test": slice(0, 10_000)}[split]
    return Split(images[part], labels[part])


def pixel_means() -> torch.Tensor:
    """Mean of every pixel of the training split, float32 [784] from 0 to 1, of which no more than 8 MB are held.

    Raises LabError if the file of the images is missing, truncated or corrupt.
    """
    return mean_pixels(_training_images())


def is_available() -> bool:
    """Whether all four files are there in full length; what they hold is checked when they are read."""
    raw = _raw_folder()
    return all(checked.has_size(raw / file.name, file.size) for file in _files())


def download(progress: Callable[[int, int], None] | None = None) -> None:
    """Fetch the files that are missing or broken through torchvision's downloader; good ones are left alone.

    `progress(done_bytes, total_bytes)` is called on the caller's thread, about ten times a second.
    Raises LabError if the network or the data folder fails; running it again goes on from what has arrived.
    """
    raw = _raw_folder()
    with _downloading:  # the second of two visitors waits, then finds the files there
        try:
            raw.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(raw, error) from error
        broken = [file for file in _files() if not checked.is_good(raw / file.name, file.size, file.sha256)]
        total = sum(file.archive_size for file in broken)
        done = 0

        def report(size: int) -> None:
            if progress:
                progress(min(done + size, total), total)

        for file in broken:
            _fetch(file, raw, report)
            done += file.archive_size
        report(0)


def _files() -> list[RawFile]:
    return [*IMAGES.values(), *LABELS.values()]


def _raw_folder() -> Path:
    return data_folder() / "MNIST" / "raw"


@lru_cache(maxsize=2)
def _read(raw: Path, half: str) -> Split:
    """The whole training or test half, images and labels."""
    images = _read_file(raw / IMAGES[half].name, IMAGES[half])
    labels = _read_file(raw / LABELS[half].name, LABELS[half])
    return Split(images.view(len(labels), -1), labels.to(torch.int64))


def _read_file(path: Path, file: RawFile) -> torch.Tensor:
    """The checked content behind the header, uint8 [size - header]."""
    content = checked.read(path, file.size, file.sha256, DATASET.title, REMEDY)
    return torch.frombuffer(content, dtype=torch.uint8, offset=file.header)


def _training_images(at_once: int = 1_000) -> Iterator[torch.Tensor]:
    """The images of the training split a thousand at a time, straight from the file, uint8 [m, 784]."""
    file, left = IMAGES["train"], DATASET.sizes["train"]
    dim = (file.size - file.header) // (left + DATASET.sizes["validation"])
    path, size = _raw_folder() / file.name, at_once * dim
    for piece in checked.pieces(path, file.size, file.sha256, DATASET.title, REMEDY, size, file.header):
        if left:
            yield torch.frombuffer(piece, dtype=torch.uint8).view(-1, dim)[:left]
            left = max(0, left - at_once)


def _at_hand(file: RawFile, raw: Path) -> bytes | None:
    """The right content of `file` from an archive or a file of another name in the data folder, None if there is none.

    Others spell `images-idx3` as `images.idx3`, put a file into a folder of its own name, or leave the file or its
    archive in `MNIST` or the data folder itself.
    """
    spellings = (file.name, file.name.replace("-idx", ".idx"))
    for folder in (raw, raw.parent, raw.parent.parent):
        for name in spellings:
            for path in (folder / name, folder / f"{name}.gz", folder / name / name):
                content = None if path == raw / file.name else _unpacked(path, file.size)
                if content is not None and hashlib.sha256(content).hexdigest() == file.sha256:
                    return content
    return None


def _unpacked(path: Path, size: int) -> bytes | None:
    """At most one byte more than `size` of a file, unpacked where it is an archive; None if it can't be read."""
    try:
        if not path.is_file():
            return None
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as content:
            return content.read(size + 1)
    except (OSError, EOFError, zlib.error):
        return None


def _fetch(file: RawFile, raw: Path, progress: Callable[[int], object]) -> None:
    """Put one file in its place: what the user has of it under another name, else a download that is checked first.

    A downloaded archive goes last, so that a disk that fills up costs no second download; the user's own files stay.
    """
    if (raw / file.name).is_dir():
        raise LabError(f"{raw / file.name} is a folder, in a file's place: rename it, then {REMEDY} again.")
    if content := _at_hand(file, raw):
        write_atomically(raw / file.name, content)
        return
    mnist = torchvision_import.datasets().MNIST
    archive = raw / f"{file.name}.gz"
    fetch(
        [mirror + archive.name for mirror in mnist.mirrors],
        archive,
        dict(mnist.resources)[archive.name],
        progress,
    )
    content = gzip.decompress(archive.read_bytes())
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise LabError(f"{archive} does not hold MNIST's file: {REMEDY} again later.")
    write_atomically(raw / file.name, content)
    archive.unlink(missing_ok=True)
