"""A step beside an uploaded picture: crop, turn or invert it and set the threshold, live in the browser."""

import base64
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.arrow import column
from ui.components.assets import component
from vaemodels.data.framing import Ink
from vaemodels.picture_by_hand import ByHand, fits, offered
from vaemodels.picture_ink import InkPicture

_crop = component("vaelab_crop", Path(__file__).with_name("crop"))

KEY = "crop"
MEMORY = "_crop"


def asked(picture: InkPicture, before: ByHand | None, occasion: str) -> ByHand | None:
    """How the visitor wants the picture to be read, as the browser has reported; `before` until it has.

    None is automatically. What the browser says of another `occasion`, or what cannot be done, changes nothing.
    """
    report = (st.session_state.get(KEY) or {}).get("by_hand")
    if not isinstance(report, dict) or report.get("occasion") != occasion:
        return before
    if report.get("asked") is None:
        return None
    parsed = _parsed(report["asked"])
    return parsed if parsed is not None and fits(parsed, picture.levels.shape) else before


def _parsed(given: Any) -> ByHand | None:
    if not isinstance(given, dict) or given.keys() != set(ByHand._fields):
        return None
    whole = {name: value for name, value in given.items() if name not in {"dark_on_light", "threshold"}}
    are_whole = all(type(value) is int for value in whole.values())
    fine = type(given["dark_on_light"]) is bool and type(given["threshold"]) in {int, type(None)}
    return ByHand(**given) if are_whole and fine else None


def show_crop(
    picture: InkPicture, automatic: Ink, by_hand: ByHand | None, *, caption: str, occasion: str, slot: str
) -> None:
    """The picture with a frame to be moved over it, and what the model sees of it with the `caption`.

    Until the visitor asks for anything that is `automatic: [28, 28]`. With every move those who follow the `slot` are
    told; on release Python is, and `asked` gives it. `by_hand` is what was asked for before, for who comes back.
    """
    memory = st.session_state.setdefault(MEMORY, {"occasion": None, "start": None})
    if KEY not in st.session_state or memory["occasion"] != occasion:
        memory.update(occasion=occasion, start=by_hand)  # what the browser has itself is not sent again
    height, width = picture.levels.shape
    start: ByHand | None = memory["start"]
    data = {
        "levels": column(picture.levels.ravel()),
        "width": width,
        "height": height,
        "offered": offered(picture)._asdict(),
        "by_hand": None if start is None else start._asdict(),
        "automatic": base64.b64encode(automatic.tobytes()).decode(),
        "open": bool(picture.doubt),
        "caption": caption,
        "occasion": occasion,
        "slot": slot,
    }
    _crop(key=KEY, data=data, on_by_hand_change=lambda: None)
