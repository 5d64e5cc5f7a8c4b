"""The datasets by name: `get` says what one is, `load` gives the images and labels of one split.

Images are uint8 [n, dim] and stay whole in memory. torchvision is imported by a download only,
and `streetdigits` is drawn when it is first loaded.
"""

from collections.abc import Callable
from functools import lru_cache

from torch import Tensor

from vaemodels.data import digits, mnist, streetdigits, svhn
from vaemodels.data.binarization import MODES, binarize
from vaemodels.data.dataset import Dataset, Split, data_folder, mean_pixels
from vaemodels.data.from_path import Own
from vaemodels.errors import UsageError

__all__ = [
    "DATASETS",
    "MODES",
    "Dataset",
    "Own",
    "Split",
    "add",
    "binarize",
    "data_folder",
    "download",
    "factors",
    "find_own",
    "get",
    "is_available",
    "load",
    "mean_pixels",
    "pixel_means",
    "remove",
]

IMAGES_AT_ONCE = 300  # eight bytes for each of a colour image's numbers are then 7 MB

_MODULES = {module.DATASET.name: module for module in (digits, mnist, streetdigits, svhn)}

DATASETS: dict[str, Dataset] = {name: module.DATASET for name, module in _MODULES.items()}

_own: dict[str, Own] = {}


def get(name: str) -> Dataset:
    """The facts of one dataset; UsageError naming the known ones if there is none of that name."""
    if name in _own:
        return _own[name].dataset
    if name not in DATASETS:
        raise UsageError(f"There is no dataset {name!r}: use one of {', '.join(DATASETS)}.")
    return DATASETS[name]


def add(own: Own) -> str:
    """Have the other functions know a dataset of one's own, in this process; returns its name."""
    remove(own.dataset.name)
    _own[own.dataset.name] = own
    return own.dataset.name


def remove(name: str) -> None:
    """Have no function know a dataset of one's own any more."""
    if _own.pop(name, None) is not None:
        load.cache_clear()
        pixel_means.cache_clear()


def find_own(name: str) -> Own | None:
    """The dataset of one's own of that name, where there is one."""
    return _own.get(name)


@lru_cache(maxsize=16)
def load(name: str, split: str) -> Split:
    """One split: images uint8 [n, dim], labels int64 [n], shared between callers: never write to them.

    Raises UsageError on an unknown name or split, LabError if a file is missing, truncated or corrupt.
    """
    sizes = get(name).sizes
    if split not in sizes:
        raise UsageError(f"There is no split {split!r} of {name}: use one of {', '.join(sizes)}.")
    return _own[name].splits[split] if name in _own else _MODULES[name].load(split)


@lru_cache(maxsize=16)
def pixel_means(name: str) -> Tensor:
    """Mean of every pixel of the training images, float32 `[dim]` from 0 to 1, shared between callers.

    MNIST's come from the file a piece at a time: whoever only starts a run need not hold its 43 MB of images.
    Raises as `load` does.
    """
    if name == mnist.DATASET.name:
        return mnist.pixel_means()
    return mean_pixels(load(name, "train").images.split(IMAGES_AT_ONCE))


def factors(name: str, split: str) -> dict[str, Tensor]:
    """The true style of every image of a split, `[n]` for each factor by name; none where nobody knows it."""
    load(name, split)  # refuses unknown names
    return streetdigits.factors(split) if name == streetdigits.DATASET.name else {}


def is_available(name: str) -> bool:
    """Whether `load` can work without a download; looks at file sizes only, so it is cheap."""
    get(name)
    try:
        return name in _own or _MODULES[name].is_available()
    except UsageError:  # there is no data folder
        return False


def download(name: str, progress: Callable[[int, int], None] | None = None) -> None:
    """Fetch what is missing or broken of a dataset; nothing for one that comes with the package.

    `progress(done_bytes, total_bytes)` is called on the caller's thread, about ten times a second.
    Raises LabError if the network or the data folder fails; running it again goes on from what has arrived.
    """
    get(name)
    _MODULES[name].download(progress)
