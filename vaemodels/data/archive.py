"""The files of a zip from a stranger, one at a time; nothing is written to disk.

What an archive says of itself is checked first, before its list of files is read; what comes out is counted.
"""

import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from vaemodels.errors import LabError

MOST_FILES = 20_000
MOST_BYTES = 200_000_000  # of all files together, unpacked
MOST_FILE_BYTES = 25_000_000
MOST_LIST_BYTES = 10_000_000  # of the list of files, which is read whole

_END = struct.Struct("<4s4H2LH")  # the end record, APPNOTE.TXT 4.3.16
_END_SIGN, _ZIP64_SIGN = b"PK\5\6", b"PK\6\7"
_LONGEST_COMMENT = 65_535
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class File(NamedTuple):
    """A file of an archive: its name, and its bytes or, in a sentence, why it was left out."""

    name: str
    data: bytes
    refused: str = ""


def count(archive: IO[bytes]) -> int:
    """How many files an archive says to hold.

    Raises:
        LabError: if it is no zip, or of more or larger files than are read here.
    """
    size = archive.seek(0, 2)
    archive.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = archive.read()
    # Where zipfile looks, in its order: at the very end, else the last sign that there is.
    at = len(tail) - _END.size
    if at < 0 or tail[at : at + 4] != _END_SIGN or tail[-2:] != b"\0\0":
        at = tail.rfind(_END_SIGN)
    if at < 0 or len(tail) - at < _END.size:
        raise LabError("This file is no zip archive; pack the folder of pictures as .zip.")
    _, _, _, _, files, list_bytes, _, _ = _END.unpack(tail[at : at + _END.size])
    if (
        tail[max(0, at - 20) : at].startswith(_ZIP64_SIGN)
        or files > MOST_FILES
        or list_bytes > MOST_LIST_BYTES
    ):
        raise LabError(f"The archive holds more than {MOST_FILES:,} files; pack fewer.")
    return int(files)


def files_of(archive: IO[bytes]) -> Iterator[File]:
    """The files of a zip, read one by one; folders are passed over.

    Raises:
        LabError: if it is no zip, damaged, or of more or larger files than are read here.
    """
    count(archive)
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES:
                raise LabError(f"The archive holds more than {MOST_FILES:,} files; pack fewer.")
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise LabError(
                    f"The archive unpacks to more than {MOST_BYTES // 10**6} MB; pack fewer or smaller pictures."
                )
            read = 0
            for entry in entries:
                file = _read(opened, entry)
                read += len(file.data)
                if read > MOST_BYTES:
                    raise LabError(
                        f"The archive unpacks to more than {MOST_BYTES // 10**6} MB; pack fewer or smaller pictures."
                    )
                yield file
    except zipfile.BadZipFile as error:
        raise LabError("The archive is damaged; pack the folder again.") from error


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> File:
    refused = _refused(entry)
    if refused:
        return File(entry.filename, b"", refused)
    try:
        with archive.open(entry) as file:
            data = file.read(entry.file_size + 1)
    except Exception:  # each way of packing fails in ways of its own
        return File(entry.filename, b"", "It is damaged inside the archive; pack it again.")
    return File(entry.filename, data)


def _refused(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not read, in a sentence; empty where it is."""
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":" or ".." in PurePosixPath(name).parts:
        return "Its path leads out of the archive; pack the folder anew."
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "It is a link, which is not followed; pack the picture itself."
    if entry.flag_bits & 1:
        return "It is encrypted; pack it without a password."
    if entry.compress_type not in _READABLE:
        return "It is packed in a way that is not read here; pack it as an ordinary zip."
    if entry.file_size > MOST_FILE_BYTES:
        return f"It has more than {MOST_FILE_BYTES // 10**6} MB; make it smaller."
    return ""
