"""The outside of a .safetensors file, checked before anything it claims is believed.

The format: eight bytes with the length of the header, the header (a JSON object that gives each tensor's
dtype, shape and place, and text under `__metadata__`), then the tensors' bytes without gaps.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

MAX_FILE = 512 * 2**20  # bytes
MAX_HEADER = 8 * 2**20
MAX_RANK = 8
MAX_INTEGER = 2**63 - 1
ITEM_SIZES = {"F16": 2, "F32": 4, "I64": 8, "U8": 1}  # the dtypes in use here, bytes an element

SAVE_AGAIN = "save or download it again"
FOREIGN = "choose a .safetensors file saved by VAE Lab"


class Refused(Exception):
    """Why a file is not taken: the end of a sentence that begins with its name."""


@dataclass(frozen=True)
class Header:
    """What a file says it holds; the tensors' sizes are known to add up to the file's."""

    metadata: Mapping[str, str]
    dtypes: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]


def read_header(file: BinaryIO, size: int, item_sizes: Mapping[str, int] = ITEM_SIZES) -> Header:
    """The checked header of a file of `size` bytes; takes memory for the header only, 8 MB of it at most.

    Tensors may be of the dtypes in `item_sizes`, which gives each one's bytes an element.

    Raises Refused if the file is foreign, truncated or contradicts itself.
    """
    if size == 0:
        raise Refused(f"is empty: {SAVE_AGAIN}.")
    if size > MAX_FILE:
        raise Refused(f"is larger than {MAX_FILE >> 20} MB: choose a smaller checkpoint.")
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if start.startswith(b"PK\x03\x04") or (start.startswith(b"\x80") and length > size):
        raise Refused(f"is a pickle or zip file, which can run code and is never opened: {FOREIGN}.")
    if len(start) < 8 or length < 2:
        raise Refused(f"is no checkpoint: {FOREIGN}.")
    if MAX_HEADER < length <= size - 8:
        raise Refused(f"has a header of more than {MAX_HEADER >> 20} MB: choose one with a shorter history.")
    if length > size - 8:
        raise Refused(f"is cut short or no checkpoint: {SAVE_AGAIN}, or {FOREIGN}.")
    text = file.read(length)
    if len(text) < length:
        raise Refused(f"is cut short: {SAVE_AGAIN}.")
    entries = parse_object(text)
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise Refused(f"has a damaged header: {SAVE_AGAIN}.")
    places = []
    for name, entry in entries.items():
        dtype, shape, begin, end = _entry(name, entry, item_sizes)
        if end - begin != math.prod(shape) * item_sizes[dtype]:
            raise Refused(f"gives a tensor a size that is not its shape's: {SAVE_AGAIN}.")
        places.append((begin, end))
    _check_places(places, size - 8 - length)
    return Header(
        metadata,
        {name: entry["dtype"] for name, entry in entries.items()},
        {name: tuple(entry["shape"]) for name, entry in entries.items()},
    )


def parse_object(text: bytes | str) -> dict[str, Any]:
    """A JSON object with every number finite, every integer within 64 bits and no key twice.

    Raises Refused on anything else, however deep or odd.
    """
    try:
        value = json.loads(
            text.decode() if isinstance(text, bytes) else text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_within_64_bits,
            object_pairs_hook=_without_repeats,
        )
    except (ValueError, RecursionError) as error:
        raise Refused(f"has a damaged header: {SAVE_AGAIN}, or {FOREIGN}.") from error
    if not isinstance(value, dict):
        raise Refused(f"has a damaged header: {SAVE_AGAIN}, or {FOREIGN}.")
    return value


def _entry(name: str, entry: Any, item_sizes: Mapping[str, int]) -> tuple[str, list[int], int, int]:
    """A tensor's dtype, shape and place, with their types checked."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise Refused(f"has a damaged header: {SAVE_AGAIN}.")
    dtype, shape, place = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in item_sizes:
        raise Refused(f"holds numbers of a type that no checkpoint has: {FOREIGN}.")
    if not _are_sizes(shape) or not _are_sizes(place) or len(shape) > MAX_RANK or len(place) != 2:
        raise Refused(f"has a damaged header: {SAVE_AGAIN}.")
    if 0 in shape:
        raise Refused(f"holds an empty tensor: {FOREIGN}.")
    return dtype, shape, place[0], place[1]


def _check_places(places: list[tuple[int, int]], size: int) -> None:
    """The tensors must fill the `size` bytes behind the header, without gaps or overlaps."""
    position = 0
    for begin, end in sorted(places):
        if begin != position:
            raise Refused(f"has tensors that overlap or leave gaps: {SAVE_AGAIN}.")
        position = end
    if position > size:
        raise Refused(f"is cut short: {SAVE_AGAIN}.")
    if position < size:
        raise Refused(f"has {size - position:,} bytes too many: {SAVE_AGAIN}.")


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


def _within_64_bits(text: str) -> int:
    if len(text) > 20 or abs(value := int(text)) > MAX_INTEGER:
        raise ValueError("integer out of range")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one key would let two readers of the same file see different things."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key appears twice")
    return values
