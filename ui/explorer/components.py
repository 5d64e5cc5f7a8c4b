"""What shows on a page that decodes in the browser; each follows the decoder published to its slot."""

from collections.abc import Sequence
from typing import Any, Literal

import streamlit as st

from ui.explorer.assets import component

Show = Literal["mean", "draw"]

_explorer = component(
    "vaelab_explorer",
    html="explorer.html",
    css=["controls.css", "explorer.css"],
    js=["decoder.js", "registry.js", "painter.js", "idle.js", "theme.js", "plane.js", "explorer.js"],
)
_samples = component(
    "vaelab_samples",
    html="samples.html",
    css=["controls.css", "grid.css", "samples.css"],
    js=["decoder.js", "registry.js", "painter.js", "grid.js", "samples.js"],
)


def latent_explorer(
    slot: str,
    *,
    key: str,
    z: Sequence[float] | None = None,
    token: str | int | None = None,
    show: Show = "mean",
    seed: int = 0,
    height: int = 380,
    background: Literal["manifold", "digits", "plain"] = "manifold",
) -> list[float] | None:
    """The explorer of the decoder in `slot`; returns the z the visitor last chose, or None before that.

    The explorer keeps its own z. It moves to `z` when it first appears and whenever `token` changes, and
    what it returns is always from after the last change of `token`. A visitor who comes back to the page
    finds the z they left.

    Args:
        show: the mean E[x|z], or one draw x ~ p(x|z) with noise from `seed`.
        height: side of the image and of the plane where there is room, in pixels.
        background: of the plane at first; "digits" needs published points.
    """
    fresh = {"token": token, "left": None, "start": z, "moves": 0}
    memory: dict[str, Any] = st.session_state.setdefault(f"_{key}_memory", fresh)
    if memory["token"] != token:
        memory.update(token=token, left=None, start=z)
    elif key not in st.session_state and memory["left"] is not None:
        memory["start"] = memory["left"]  # the visitor left the page and is back
    wanted = st.session_state.pop(_wish(key), None)
    if wanted is not None:
        memory.update(left=wanted, start=wanted, moves=memory["moves"] + 1)
    # What was let go of before the last move is out of date, just as under another token.
    occasion = f"{memory['moves']}/{token}"
    data: dict[str, Any] = {
        "slot": slot,
        "key": key,
        "z": memory["start"] and [float(value) for value in memory["start"]],
        "token": occasion,
        "show": show,
        "seed": seed,
        "height": height,
        "background": background,
    }
    released = _explorer(key=key, data=data, on_released_change=lambda: None).released
    if released is not None and released["token"] == occasion:
        memory["left"] = released["z"]
    left: list[float] | None = memory["left"]
    return left


def move_to(key: str, z: Sequence[float]) -> None:
    """Make the explorer called `key` jump to `z` once, as though the visitor had: `latent_explorer` returns it.

    To be called before the explorer is drawn: in a widget's callback, or on the way into a page.
    """
    st.session_state[_wish(key)] = [float(value) for value in z]


def _wish(key: str) -> str:
    return f"_{key}_wish"


def prior_samples(
    slot: str, *, key: str, rows: int = 4, columns: int = 8, show: Show = "mean", seed: int = 0
) -> None:
    """A grid of images decoded from z ~ N(0, I) by the decoder in `slot`.

    Choosing one moves the slot's explorers to its z. The noise stays while the weights change.

    Args:
        show: the mean E[x|z] of each, or one draw x ~ p(x|z).
        seed: of every z and of the noise in the draws.
    """
    data = {"slot": slot, "rows": rows, "columns": columns, "show": show, "seed": seed}
    _samples(key=key, data=data)
