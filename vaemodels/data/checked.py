"""Files whose whole content is known beforehand by length and SHA-256: nothing else is ever used in their place."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from vaemodels.errors import LabError

AT_ONCE = 2**20  # bytes


def has_size(path: Path, size: int) -> bool:
    """Whether there is a regular file of `size` bytes."""
    return _size(path) == size


def is_good(path: Path, size: int, sha256: str) -> bool:
    """Whether the file is there and holds what it should; reads all of it."""
    try:
        return _size(path) == size and hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:  # unreadable, which a fresh file in its place cures
        return False


def read(path: Path, size: int, sha256: str, title: str, remedy: str) -> bytearray:
    """The content of `path`, a file of the dataset called `title`.

    Raises LabError, ending with `remedy` (a command), if the file is missing, truncated, corrupt or unreadable.
    """
    content = bytearray()
    for piece in pieces(path, size, sha256, title, remedy, AT_ONCE):
        content += piece  # a second copy of the whole, even for a moment, would be 47 MB of MNIST
    return content


def pieces(
    path: Path, size: int, sha256: str, title: str, remedy: str, at_once: int, header: int = 0
) -> Iterator[bytearray]:
    """What `read` gives, behind the first `header` bytes, by pieces of `at_once` bytes, the last one shorter.

    Whether the file is corrupt is known at its end: use nothing of what was made of the pieces before that.
    """
    found = _size(path)
    if found < 0:
        raise LabError(f"{title} is not on this machine, {path} is missing: {remedy} to fetch it.")
    if found < size:
        raise LabError(f"{path} is cut short at {found:,} of {size:,} bytes: {remedy} to fetch it again.")
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            digest.update(file.read(header))
            while piece := bytearray(file.read(at_once)):
                digest.update(piece)
                yield piece
    except OSError as error:
        raise LabError(f"{path} cannot be read ({error.strerror}): make it readable, or {remedy}.") from error
    if digest.hexdigest() != sha256:
        raise LabError(
            f"{path} is corrupt, it does not hold what {title}'s file holds: {remedy} to fetch it again."
        )


def _size(path: Path) -> int:
    """Bytes of a regular file, -1 if there is none to be seen."""
    return os.path.getsize(path) if os.path.isfile(path) else -1
