"""A pad to draw a digit on, with the mouse, a finger, a pen or the keyboard; it shows what the model sees of it."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from ui.components.assets import component
from vaemodels.data.framing import Ink

SIDE = 112  # of the bitmap that the browser reports, in pixels; the same in strokes.js


_pad = component("vaelab_pad", Path(__file__).with_name("pad"))


def draw_pad(
    *,
    key: str,
    framed: Ink | None = None,
    caption: str = "",
    before: str = "",
    occasion: str | int | None = None,
    slot: str = "",
) -> Ink | None:
    """What has been drawn, uint8 `[112, 112]` with 0 for no ink; None before the first stroke since `occasion` changed.

    The browser reports at the end of each stroke. With every move of the pen it frames the drawing, shows that with the
    `caption`, and tells those who follow the `slot`, where there is one. Until then it shows `framed: [28, 28]`, or
    without it the sentence `before`. A visitor who comes back to the page finds their drawing.
    """
    memory: dict[str, Any] = st.session_state.setdefault(f"_{key}_memory", {"start": [], "left": []})
    if key not in st.session_state:
        memory["start"] = memory["left"]
    data = {
        "strokes": memory["start"],
        "framed": None if framed is None else base64.b64encode(framed.tobytes()).decode(),
        "caption": caption,
        "before": before,
        "occasion": occasion,
        "slot": slot,
    }
    drawing = _pad(key=key, data=data, on_drawing_change=lambda: None).drawing
    if drawing is None:
        return None
    memory["left"] = drawing["strokes"]
    return _bitmap(drawing["bitmap"]) if drawing["occasion"] == occasion else None


def _bitmap(text: str) -> Ink:
    """The reported bytes as a bitmap; an empty one if the browser sent anything else."""
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        content = b""
    if len(content) != SIDE * SIDE:
        return np.zeros((SIDE, SIDE), np.uint8)
    return np.frombuffer(content, np.uint8).reshape(SIDE, SIDE)
