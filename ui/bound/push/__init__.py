"""The plane on which a visitor pushes q about: both readings of −ELBO follow in the browser."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st
from torch import Tensor

from ui.address import url_state
from ui.components.arrow import column
from ui.components.assets import component
from ui.explorer import Posterior
from ui.images.decoded import Decoding
from vaemodels.analysis.gaps import FAMILIES, Family
from vaemodels.errors import UsageError

_push = component("vaelab_push", Path(__file__).with_name("push"))

KEY = "bound-push"
MEMORY = "_bound_push"
Q, FAMILY = "q", "family"  # parameters of the address
ENCODERS = "encoder"  # for q: as the encoder gives it
USUAL: Family = "diagonal"  # as the encoders'
NARROWEST, WIDEST, FARTHEST = 1e-4, 10.0, 100.0


class Pushed(NamedTuple):
    """A q on the plane: its mean, its widths along its own axes and their turn, five numbers; and its family."""

    q: list[float]
    family: Family


@dataclass
class _Memory:
    """What a session keeps of q; what its browser told before the last `turn` is out of date."""

    image: str = ""
    left: list[float] | None = None  # None: as the encoder gives it
    given: list[float] | None = None  # to the component, at the last turn
    family: Family = USUAL
    turn: int = 0


def push(slot: str, image: str, x: Tensor, encoder: Posterior, show: Decoding, seed: int) -> Pushed | None:
    """The plane for the image `x: [dim]`, named `image` together with its model; returns what q was let go of at.

    q begins at the encoder's, or where a link or the visitor's last visit to the page left it. The decoder is that of
    the page's `slot`.
    """
    memory: _Memory = st.session_state.setdefault(MEMORY, _Memory())
    if memory.image != image:
        memory.image, memory.left, memory.given, memory.turn = image, None, None, memory.turn + 1
    if url_state.decides(KEY):
        _follow_address(memory)
    elif KEY not in st.session_state:
        memory.given = memory.left  # the visitor left the page and is back
    stamp = f"{memory.turn}/{image}"
    _take(memory, stamp)
    data: dict[str, Any] = {
        "slot": slot,
        "x": column(x.cpu().float().numpy()),
        "encoder": encoder._asdict(),
        "q": memory.given,
        "family": memory.family,
        "occasion": stamp,
        "show": show,
        "seed": seed,
    }
    _push(key=KEY, data=data, on_released_change=lambda: None)
    _take(memory, stamp)
    url_state.put(Q, None if memory.left is None else url_state.z_to_text(memory.left))
    url_state.put(FAMILY, None if memory.family == USUAL else memory.family)
    return None if memory.left is None else Pushed(memory.left, memory.family)


def where_q_is(image: str) -> list[float] | None:
    """The five numbers of the q that was let go of on the plane of the image of that name; None before that."""
    memory: _Memory = st.session_state.setdefault(MEMORY, _Memory())
    return memory.left if memory.image == image else None


def _take(memory: _Memory, stamp: str) -> None:
    """Remember what the visitor let go of, unless that was of another image."""
    released = (st.session_state.get(KEY) or {}).get("released")
    if released is not None and released["occasion"] == stamp and released["family"] in FAMILIES:
        memory.left, memory.family = url_state.rounded(released["q"]), released["family"]


def _follow_address(memory: _Memory) -> None:
    """Take over the q and the family of a link, or of the address that the visitor went back to."""
    family, text = url_state.get(FAMILY), url_state.get(Q)
    known = [name for name in FAMILIES if name == family]
    if family is not None and not known:
        url_state.note("The link names a family that q has not; showing the diagonal one instead.")
    wanted = None
    if text is not None and text != ENCODERS:
        with suppress(UsageError):
            wanted = url_state.z_from_text(text, 5)
        if wanted is None or not _is_possible(wanted):
            wanted = None
            url_state.note("The link’s q is not one that this page can show; it starts at the encoder’s.")
    changed = wanted != memory.left or (known or [USUAL])[0] != memory.family
    memory.family = known[0] if known else USUAL
    if changed:
        memory.turn += 1
    memory.left = memory.given = wanted


def _is_possible(q: list[float]) -> bool:
    """Whether five numbers of a link's are a q that a plane can hold."""
    mean, widths = q[:2], q[2:4]
    return all(abs(value) <= FARTHEST for value in (*mean, q[4])) and all(
        NARROWEST <= width <= WIDEST for width in widths
    )
