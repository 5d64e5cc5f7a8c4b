"""A grid of thumbnails to pick one image from, by pointer or by keyboard, narrowed to one digit in the browser."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import streamlit as st
from torch import Tensor

from ui.address.fragments import is_fragment_run
from ui.components.arrow import column
from ui.components.assets import component

_picker = component("vaelab_picker", Path(__file__).with_name("picker"))


class Thumbnails(NamedTuple):
    """Images to pick from as the browser takes them, all of one `shape` (1 or 3, height, width), with their digits.

    `version` is a digest of the pixels: equal versions are equal images.
    """

    pixels: pa.Table
    labels: pa.Table
    shape: list[int]
    version: str


def thumbnails(images: Tensor, image_shape: Sequence[int], labels: Tensor) -> Thumbnails:
    """Of `images: [n, dim]` (uint8, channels first) and the digits `labels: [n]`; worth keeping between runs."""
    pixels = images.cpu().numpy().ravel()
    version = hashlib.sha256(pixels.data).hexdigest()[:16]
    digits = labels.cpu().numpy().astype(np.uint8)
    return Thumbnails(column(pixels), column(digits), [int(size) for size in image_shape], version)


def image_picker(
    images: Thumbnails,
    *,
    key: str,
    selected: int = 0,
    occasion: str | int | None = None,
    is_back: bool = False,
    columns: int = 10,
    label: str = "Choose an image",
) -> int:
    """The index of the image the visitor picked, or `selected` before they do and whenever `occasion` or images change.

    Each digit is read out with its image, and buttons above a large grid narrow it to one. `label` names the whole
    grid. The pixels are sent once: a fragment's run leaves them out, unless the browser asks for them. What is picked
    is not sent back to the browser, unless the grid was away and `is_back`: where the run without it was cut short by
    the next, Streamlit still has its value, but the browser has made it anew.
    """
    stamp = f"{images.version}/{occasion}"  # what was picked on another one is out of date
    fresh = {"stamp": stamp, "start": selected, "index": selected, "sent": None}
    memory: dict[str, Any] = st.session_state.setdefault(f"_{key}_memory", fresh)
    if memory["stamp"] != stamp:
        memory.update(fresh | {"sent": memory["sent"]})
    elif is_back or key not in st.session_state:  # or the visitor left the page and is back
        memory["start"] = memory["index"]
    data = {
        "labels": images.labels,
        "shape": images.shape,
        "version": images.version,
        "occasion": stamp,
        "selected": memory["start"],
        "columns": columns,
        "label": label,
    }
    if memory["sent"] != images.version or not is_fragment_run():
        data["images"] = images.pixels
        memory["sent"] = images.version
    choice = _picker(
        key=key,
        data=data,
        on_choice_change=lambda: None,
        on_missing_change=lambda: memory.update(sent=None),
    ).choice
    if (
        choice is not None
        and choice["occasion"] == stamp
        and choice["index"] in range(images.labels.num_rows)
    ):
        memory["index"] = choice["index"]
    index: int = memory["index"]
    return index
