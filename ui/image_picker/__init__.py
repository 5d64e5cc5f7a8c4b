"""A grid of thumbnails to pick one image from, by pointer or by keyboard, narrowed to one digit in the browser."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import streamlit as st
from torch import Tensor

from ui.arrow import column
from ui.fragments import is_fragment_run

_HERE = Path(__file__).parent


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_picker = st.components.v2.component(
    "vaelab_picker", html=_read("picker.html"), css=_read("picker.css"), js=_read("picker.js")
)


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
    token: str | int | None = None,
    columns: int = 10,
    label: str = "Choose an image",
) -> int:
    """The index of the image the visitor picked, or `selected` before they do and whenever `token` or images change.

    Each digit is read out with its image, and buttons above a large grid narrow it to one. `label` names the whole
    grid. The pixels are sent once: a fragment's run leaves them out, unless the browser asks for them. What is picked
    is not sent back to the browser.
    """
    occasion = f"{images.version}/{token}"  # what was picked on another one is out of date
    fresh = {"occasion": occasion, "start": selected, "index": selected, "sent": None}
    memory: dict[str, Any] = st.session_state.setdefault(f"_{key}_memory", fresh)
    if memory["occasion"] != occasion:
        memory.update(fresh | {"sent": memory["sent"]})
    elif key not in st.session_state:
        memory["start"] = memory["index"]  # the visitor left the page and is back
    data = {
        "labels": images.labels,
        "shape": images.shape,
        "version": images.version,
        "occasion": occasion,
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
        and choice["occasion"] == occasion
        and choice["index"] in range(images.labels.num_rows)
    ):
        memory["index"] = choice["index"]
    index: int = memory["index"]
    return index
