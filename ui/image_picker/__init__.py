"""A grid of thumbnails to pick one image from, by pointer or by keyboard."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

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
    labels: Sequence[int] | Tensor,
    *,
    key: str,
    selected: int = 0,
    columns: int = 10,
    label: str = "Choose an image",
) -> int:
    """Thumbnails of `images: [n, dim]` (uint8; channels first, `image_shape` is (1 or 3, height, width)).

    Returns the index of the image the visitor picked, or `selected` before they do and whenever
    `selected` or the images change. `labels: [n]` (digits) are read out with each image; `label` names
    the whole grid.
    """
    pixels = images.cpu().numpy().ravel()
    captions = [f"digit {digit}, image {i + 1}" for i, digit in enumerate(int(value) for value in labels)]
    version = hashlib.sha256(pixels.data).hexdigest()[:16]
    data = {
        "images": column(pixels),
        "shape": [int(size) for size in image_shape],
        "captions": captions,
        "version": version,
        "selected": selected,
        "columns": columns,
        "label": label,
    }
    choice = _picker(key=key, data=data, on_choice_change=lambda: None).choice
    if choice is not None and choice["given"] == selected and choice["version"] == version:
        return int(choice["index"])
    return selected
