"""Images of one's own, from the path that the person at the machine gives: a folder, .npz, IDX or CSV.

A folder's pictures lie in it, or in a subfolder for each class; an .npz holds `images` and, where there are any,
`labels`; IDX is MNIST's format, its labels beside it; a line of CSV is a label, where the header has one, and square
grey images' pixels from 0 to 255. Everything is kept as uint8, split by chance 8 : 1 : 1, always the same.
"""

import csv
import gzip
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from vaemodels.data.dataset import Dataset, Split
from vaemodels.errors import LabError, UsageError

LEAST, MOST = 10, 1_000_000  # images
MAX_SIDE = 256
MOST_BYTES = 2**30  # of images, as uint8
MOST_PICTURE_BYTES = 10_000_000
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
IDX_IMAGES, IDX_LABELS = 0x803, 0x801
OWN = "own-"  # what the name of a dataset begins with that is known while its pictures are here
SPLITS = (("train", 0.8), ("validation", 0.9), ("test", 1.0))  # and where each ends

Array = npt.NDArray[Any]


class Own(NamedTuple):
    """A dataset read from a path: its facts, and its splits by name."""

    dataset: Dataset
    splits: dict[str, Split]


def read(path: Path, taken: Sequence[str] = ()) -> Own:
    """The images at `path`, under the name of the file or folder; "own-" before it where that is `taken`.

    Raises:
        UsageError: if nothing there is understood.
        LabError: if it is damaged, or the images are too few, too many, too large or not of one size.
    """
    try:
        images, labels = _reader(path)(path)
    except OSError as error:
        raise LabError(f"{path} can't be read ({error.strerror or error}); check the file.") from error
    except (ValueError, EOFError) as error:
        raise LabError(f"{path} can't be read ({error}); check the file.") from error
    pixels = _as_uint8(path, images)
    n = len(pixels)
    if labels is not None and len(labels) != n:
        raise LabError(f"{path} has {n:,} images and {len(labels):,} labels; give one for each.")
    name = path.resolve().name.split(".")[0][:40] or "data"
    return assemble(f"own-{name}" if name in taken else name, name, pixels, labels)


def assemble(name: str, title: str, pixels: npt.NDArray[np.uint8], labels: Array | None) -> Own:
    """A dataset of `pixels: [n, channels, height, width]` and their `labels: [n]`, split by chance, always the same.

    It takes the pixels over, contiguous ones without a copy, and puts them into the order of the splits.
    """
    n, channels, height, width = pixels.shape
    classes, y = np.unique(np.zeros(n) if labels is None else labels, return_inverse=True)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    rows = pixels.reshape(n, -1)
    reorder(rows, order.tolist())
    x = torch.from_numpy(rows)
    y_in_order = torch.from_numpy(y.astype(np.int64).reshape(-1))[order]
    ends = [0, *(int(n * end) for _, end in SPLITS)]
    splits = {
        split: Split(x[start:end], y_in_order[start:end])
        for (split, _), start, end in zip(SPLITS, ends, ends[1:], strict=False)
    }
    return Own(
        Dataset(
            name=name,
            title=title,
            image_shape=(channels, height, width),
            family="bernoulli" if channels == 1 else "gaussian",
            n_labels=len(classes),
            licence="your own",
            download_bytes=0,
            sizes={split: len(part.labels) for split, part in splits.items()},
        ),
        splits,
    )


def reorder(rows: npt.NDArray[np.uint8], order: Sequence[int]) -> None:
    """`rows[:] = rows[order]` for a permutation, without a second copy of all: cycle after cycle, a row at a time."""
    done = [False] * len(order)
    for start in range(len(order)):
        if done[start]:
            continue
        first, i = rows[start].copy(), start
        while order[i] != start:
            rows[i] = rows[order[i]]
            done[i], i = True, order[i]
        rows[i], done[i] = first, True


def _reader(path: Path) -> Callable[[Path], tuple[Array, Array | None]]:
    """The function that reads what is at `path` by its name."""
    name = path.name.removesuffix(".gz")
    if path.is_dir():
        return _folder
    for ending, reader in ((".npz", _npz), (".csv", _csv), ("-ubyte", _idx), (".idx", _idx)):
        if name.endswith(ending):
            return reader
    raise UsageError(f"{path} is no dataset; give a folder of pictures, an .npz, an IDX file or a .csv.")


def _folder(path: Path) -> tuple[Array, Array | None]:
    classes = sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith("."))
    files = [(file, i) for i, each in enumerate(classes or [path]) for file in _pictures(each)]
    if not files:
        raise UsageError(f"{path} holds no pictures; give a folder of {', '.join(SUFFIXES)} files.")
    pictures = [_picture(file) for file, _ in files]
    for (file, _), picture in zip(files, pictures, strict=True):
        if picture.shape != pictures[0].shape:
            raise LabError(
                f"{file} has {picture.shape[1]}x{picture.shape[0]} pixels, but {files[0][0].name} has "
                f"{pictures[0].shape[1]}x{pictures[0].shape[0]}; bring all pictures to one size."
            )
    images = np.stack(pictures)
    if (images == images[..., :1]).all():
        images = images[..., 0]
    return images, np.array([label for _, label in files]) if classes else None


def _pictures(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)


def _picture(file: Path) -> npt.NDArray[np.uint8]:
    """uint8 `[height, width, 3]`."""
    from PIL import Image

    try:
        if file.stat().st_size > MOST_PICTURE_BYTES:
            raise LabError(f"{file} has more than {MOST_PICTURE_BYTES // 10**6} MB; make it smaller.")
        with Image.open(file, formats=FORMATS) as image:
            if max(image.size) > MAX_SIDE:
                raise LabError(f"{file} has more than {MAX_SIDE} pixels a side; make the pictures smaller.")
            return np.asarray(image.convert("RGB"))
    except LabError:
        raise
    except Exception as error:  # a damaged picture can fail in as many ways as five formats have
        raise LabError(f"{file} is no picture that can be read; save it again or leave it out.") from error


def _npz(path: Path) -> tuple[Array, Array | None]:
    with np.load(path, allow_pickle=False) as arrays:
        if "images" not in arrays:
            raise LabError(
                f"{path} holds no array named images; save it with np.savez(path, images=…, labels=…)."
            )
        return arrays["images"], arrays.get("labels")


def _idx(path: Path) -> tuple[Array, Array | None]:
    images = _idx_array(path, IDX_IMAGES)
    beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    labels = _idx_array(beside, IDX_LABELS) if beside != path and beside.is_file() else None
    return images, labels


def _idx_array(path: Path, magic: int) -> Array:
    """`[n, height, width]` or `[n]`, uint8: the format's magic number, sizes of four bytes each, then the bytes."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    header = 4 * (1 + magic % 256)
    if int.from_bytes(data[:4], "big") != magic:
        raise LabError(
            f"{path} is no IDX file of {'images' if magic == IDX_IMAGES else 'labels'}; choose another."
        )
    shape = [int.from_bytes(data[at : at + 4], "big") for at in range(4, header, 4)]
    if math.prod(shape) != len(data) - header:
        raise LabError(f"{path} is cut short or too long for its header; fetch it again.")
    return np.frombuffer(bytearray(data), np.uint8, offset=header).reshape(shape)


def _csv(path: Path) -> tuple[Array, Array | None]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(newline="") as file:
        first = next(csv.reader(file), [])
        named = any(not _is_number(cell) for cell in first)
        at = [cell.strip().lower() for cell in first].index("label") if named and _has_label(first) else None
        file.seek(0)
        table = np.loadtxt(file, delimiter=",", skiprows=int(named), ndmin=2, dtype=np.float32)
    labels = None if at is None else table[:, at].astype(np.int64)
    pixels = table if at is None else np.delete(table, at, axis=1)
    side = math.isqrt(pixels.shape[1])
    if side * side != pixels.shape[1]:
        raise LabError(
            f"{path} has {pixels.shape[1]:,} pixels a line, which is no square; name the label's column label."
        )
    if not ((pixels >= 0) & (pixels <= 255) & (pixels == pixels.round())).all():
        raise LabError(f"{path} has pixels that are not whole numbers from 0 to 255; write them so.")
    return pixels.astype(np.uint8).reshape(-1, side, side), labels


def _has_label(header: Sequence[str]) -> bool:
    return "label" in (cell.strip().lower() for cell in header)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _as_uint8(path: Path, images: Array) -> npt.NDArray[np.uint8]:
    """`[n, channels, height, width]` from `[n, height, width]` or `[n, height, width, 1 or 3]`."""
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise LabError(
            f"{path} has images of shape {list(images.shape)}; give [n, height, width] or [n, height, width, 3]."
        )
    if not LEAST <= len(images) <= MOST:
        raise LabError(f"{path} has {len(images):,} images; give {LEAST} to {MOST:,}.")
    if not 1 <= max(images.shape[1:3]) <= MAX_SIDE or images.size > MOST_BYTES:
        raise LabError(
            f"{path} has images that are too large; give at most {MAX_SIDE} pixels a side and 1 GB."
        )
    if images.dtype.kind == "f" and ((images >= 0) & (images <= 1)).all():
        images = (images * 255).round().astype(np.uint8)
    if images.dtype != np.uint8:
        raise LabError(f"{path} has pixels of type {images.dtype}; give uint8, or floats from 0 to 1.")
    pixels: npt.NDArray[np.uint8] = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    return pixels
