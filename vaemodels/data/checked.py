"""Files whose whole content is known beforehand by length and SHA-256: nothing else is ever used in their place."""

import hashlib
import os
from pathlib import Path

from vaemodels.errors import LabError


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
    found = _size(path)
    if found < 0:
        raise LabError(f"{title} is not on this machine, {path} is missing: {remedy} to fetch it.")
    if found < size:
        raise LabError(f"{path} is cut short at {found:,} of {size:,} bytes: {remedy} to fetch it again.")
    try:
        content = bytearray(path.read_bytes()) if found == size else bytearray()
    except OSError as error:
        raise LabError(f"{path} cannot be read ({error.strerror}): make it readable, or {remedy}.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise LabError(
            f"{path} is corrupt, it does not hold what {title}'s file holds: {remedy} to fetch it again."
        )
    return content


def _size(path: Path) -> int:
    """Bytes of a regular file, -1 if there is none to be seen."""
    return os.path.getsize(path) if os.path.isfile(path) else -1
