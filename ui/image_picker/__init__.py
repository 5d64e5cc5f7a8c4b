"""A grid of thumbnails to pick one image from, by pointer or by keyboard, narrowed to one digit in the browser."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from torch import Tensor

from ui.arrow import column

_HERE = Path(__file__).parent


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_picker = st.components.v2.component(
    "vaelab_picker", html=_read("picker.html"), css=_read("picker.css"), js=_read("picker.js")
)


def image_picker(
    images: Tensor,
    image_shape: Sequence[int],
    labels: Tensor,
    *,
    key: str,
    selected: int = 0,
    token: str | int | None = None,
    columns: int = 10,
    label: str = "Choose an image",
) -> int:
    """Thumbnails of `images: [n, dim]` (uint8; channels first, `image_shape` is (1 or 3, height, width)).

    Returns the index of the image the visitor picked, or `selected` before they do and whenever `token` or the images
    change. `labels: [n]` are digits: each is read out with its image, and buttons above a large grid narrow it to one.
    `label` names the whole grid. The images are sent once: what is picked is not sent back to the browser.
    """
    pixels = images.cpu().numpy().ravel()
    version = hashlib.sha256(pixels.data).hexdigest()[:16]
    occasion = f"{version}/{token}"  # what was picked on another one is out of date
    fresh = {"occasion": occasion, "start": selected, "index": selected}
    memory: dict[str, Any] = st.session_state.setdefault(f"_{key}_memory", fresh)
    if memory["occasion"] != occasion:
        memory.update(fresh)
    elif key not in st.session_state:
        memory["start"] = memory["index"]  # the visitor left the page and is back
    data = {
        "images": column(pixels),
        "labels": column(labels.cpu().numpy().astype(np.uint8)),
        "shape": [int(size) for size in image_shape],
        "version": version,
        "occasion": occasion,
        "selected": memory["start"],
        "columns": columns,
        "label": label,
    }
    choice = _picker(key=key, data=data, on_choice_change=lambda: None).choice
    if choice is not None and choice["occasion"] == occasion and choice["index"] in range(len(images)):
        memory["index"] = choice["index"]
    index: int = memory["index"]
    return index
