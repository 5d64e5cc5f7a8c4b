"""Files: written so that neither a reader nor a failure half-way ever leaves half of one; records read back."""

import errno
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from vaemodels.errors import LabError

WRITE_FAILURES = {
    errno.ENOSPC: "the disk is full: free some space and try again",
    errno.EDQUOT: "the disk quota is used up: free some space and try again",
    errno.EACCES: "the folder may not be written to: choose another folder or change its permissions",
    errno.EPERM: "the folder may not be written to: choose another folder or change its permissions",
    errno.EROFS: "the folder is read-only: choose another folder",
    errno.ENOENT: "its folder does not exist: create the folder first",
    errno.ENOTDIR: "its folder is a file: choose another folder",
    errno.EEXIST: "its folder is a file: choose another folder",
    errno.EISDIR: "a folder has that name: choose another name",
    errno.ENAMETOOLONG: "its name is too long: choose a shorter one",
}


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        LabError: with the `remedy`, if there is none.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise LabError(f"{path} can't be read; {remedy}.") from error
    return found


def read(path: Path, most: int = 512 * 2**20) -> bytes:
    """What a file holds.

    Raises:
        LabError: if it can't be read, or has more than `most` bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        reason = error.strerror or error
        raise LabError(f"{path} can't be read ({reason}); give the path of a file that can.") from error
    if len(data) > most:
        raise LabError(f"{path} is larger than {most >> 20} MB; give a smaller file.")
    return data


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` aside in the same folder, flush it to disk, then rename it to `path`.

    What `path` held before stays whole until the rename. Raises LabError if the folder cannot be written or
    the disk is full.
    """
    aside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            with open(aside, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise cannot_write(path, error) from error


def check_writable(path: Path) -> None:
    """Raise, before long work is begun, the LabError that writing to `path` would end in."""
    aside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        kind = _kind(path)
        if kind == stat.S_IFDIR:
            raise IsADirectoryError(errno.EISDIR, "")
        if kind not in (stat.S_IFREG, 0):
            raise OSError(errno.EINVAL, "what has that name is no file")
        aside.touch(exist_ok=False)
        aside.unlink()
    except OSError as error:
        raise cannot_write(path, error) from error


def _kind(path: Path) -> int:
    """What is at `path` by the bits of `stat`, 0 if nothing; OSError where that is not to be known."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        return 0


def cannot_write(path: Path, error: OSError) -> LabError:
    """The error to raise when writing to `path` failed with `error`."""
    reason = WRITE_FAILURES.get(
        error.errno or 0, f"{error.strerror or error}: check the folder and try again"
    )
    return LabError(f"{path} cannot be written, {reason}.")
