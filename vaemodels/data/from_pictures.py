"""A dataset from picture files of all sorts: each turned upright, cut to a square, made small; folders are classes."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from vaemodels import picture_files
from vaemodels.data.archive import File
from vaemodels.data.from_path import LEAST, OWN, Own, assemble, reorder
from vaemodels.errors import LabError

Colour = Literal["grey", "colour"]

SHAPES: dict[Colour, tuple[int, int, int]] = {"grey": (1, 28, 28), "colour": (3, 32, 32)}
MOST_CLASSES = 100
NO_CLASS = ""
BESIDE = "They lie beside the folders of classes; put each into a folder."
NAMED = 3  # files that a sentence names, of those left out for one reason
_IGNORED = ("__MACOSX", "Thumbs.db", "desktop.ini")  # what systems put beside pictures
_LETTERS = 8  # of a name made of what the pictures hold

Pixels = npt.NDArray[np.uint8]


@dataclass
class Pictures:
    """What was read: `pixels: [n, channels, height, width]`, the class of each, and why other files were left out."""

    pixels: Pixels
    classes: list[str]
    left_out: dict[str, list[str]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many pictures each class has, in the order of their names."""
        return dict(sorted(Counter(self.classes).items()))

    def remarks(self) -> list[str]:
        """A sentence on each reason for which files were left out."""
        return [_sentence(reason, names) for reason, names in self.left_out.items()]


def read(
    files: Iterable[File],
    colour: Colour,
    *,
    inverted: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Pictures:
    """The pictures among `files`, one after the other, as a model will see them.

    Where there are folders, each holds a class, and what lies beside them is left out. `inverted` turns dark ink on
    light paper into light ink on a dark ground, as MNIST has it. `progress` is told how many files are done.

    Raises:
        LabError: if fewer than LEAST pictures are left, all are alike, or there are too many classes.
    """
    paths: list[PurePosixPath] = []
    seen = (
        bytearray()
    )  # all pictures one after the other: as arrays of their own they would take twice the room
    left_out: dict[str, list[str]] = {}
    for done, file in enumerate(files, 1):
        path = PurePosixPath(file.name.replace("\\", "/"))
        if not (path.name.startswith(".") or {*path.parts} & {*_IGNORED}):
            try:
                if file.refused:
                    raise LabError(file.refused)
                seen += as_seen(file.data, colour).tobytes()
                paths.append(path)
            except LabError as error:
                left_out.setdefault(str(error), []).append(path.name)
        if progress is not None:
            progress(done)
    order = sorted(range(len(paths)), key=lambda i: paths[i].parts)  # a browser lists a folder as it likes
    classes = _classes(paths)
    beside = [paths[i].name for i in order if classes[i] is None]
    if beside:
        left_out[BESIDE] = beside
    kept = [(i, name) for i in order if (name := classes[i]) is not None]
    if len(kept) < LEAST:
        raise LabError(_too_few(len(kept), left_out))
    pixels = np.frombuffer(seen, np.uint8).reshape(-1, *SHAPES[colour])
    reorder(pixels, [i for i, _ in kept] + [i for i in order if classes[i] is None])
    pixels = pixels[: len(kept)]
    if all(np.array_equal(each, pixels[0]) for each in pixels):
        raise LabError("All pictures are alike: there is nothing to learn from them; bring different ones.")
    if inverted:
        np.subtract(255, pixels, out=pixels)
    names = [name for _, name in kept]
    if len(set(names)) > MOST_CLASSES:
        raise LabError(
            f"The pictures lie in {len(set(names)):,} folders, more than {MOST_CLASSES} classes; "
            "put them into fewer folders, or all into one."
        )
    return Pictures(pixels, names, left_out)


def as_seen(data: bytes, colour: Colour) -> Pixels:
    """A picture file as a model sees it, uint8 `[channels, height, width]`: the square in its middle, made small.

    Raises:
        LabError: if it can't be read.
    """
    channels, height, width = SHAPES[colour]
    image = Image.fromarray(picture_files.read_colours(data)).convert("L" if channels == 1 else "RGB")
    small = np.asarray(ImageOps.fit(image, (width, height), picture_files.SMOOTH))
    pixels: Pixels = small.reshape(height, width, channels).transpose(2, 0, 1)
    return pixels


def dataset(pictures: Pictures, title: str) -> Own:
    """The dataset of these pictures, named after what they hold: the same pictures and title have the same name.

    It takes their pixels over and changes their order (`assemble`): `pictures` is not to be used any more.
    """
    digest = hashlib.sha256(np.ascontiguousarray(pictures.pixels).data)
    digest.update("\0".join([title, *pictures.classes]).encode())
    has_classes = len(pictures.counts) > 1
    name = f"{OWN}{digest.hexdigest()[:_LETTERS]}"
    return assemble(name, title, pictures.pixels, np.array(pictures.classes) if has_classes else None)


def _classes(paths: list[PurePosixPath]) -> list[str | None]:
    """The class of each picture: its folder below those that all share; None beside such folders."""
    folders = [path.parts[:-1] for path in paths]
    shared = 0
    while folders and all(len(each) > shared and each[shared] == folders[0][shared] for each in folders):
        shared += 1
    below = [each[shared:] for each in folders]
    if not any(below):
        return [NO_CLASS] * len(paths)
    return [each[0] if each else None for each in below]


def _sentence(reason: str, names: list[str]) -> str:
    """A reason, a sentence of its own, after how many files were left out for it and which."""
    shown = ", ".join(name[:40] for name in names[:NAMED])
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"Left out {len(names):,} {'file' if len(names) == 1 else 'files'} ({shown}{more}): {reason}"


def _too_few(n: int, left_out: dict[str, list[str]]) -> str:
    found = "one picture" if n == 1 else f"{n} pictures"
    text = f"There {'is' if n == 1 else 'are'} {found if n else 'no pictures'}; bring at least {LEAST}."
    return " ".join([text, *(_sentence(reason, names) for reason, names in left_out.items())])
