"""What shows on a page that decodes in the browser; each follows the decoder published to its slot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import streamlit as st
from torch import Tensor

from ui.components.arrow import column
from ui.components.assets import component
from ui.images.decoded import Decoding

_HERE = Path(__file__).parent
_explorer = component("vaelab_explorer", _HERE / "explorer")
_samples = component("vaelab_samples", _HERE / "samples")
_interpolation = component("vaelab_interpolation", _HERE / "interpolation")
_traversals = component("vaelab_traversals", _HERE / "traversals")


Background = Literal["manifold", "digits", "plain"]
BACKGROUNDS: tuple[Background, ...] = get_args(Background)


class Plane(NamedTuple):
    """What an explorer's plane shows: two dimensions, or None for the model's own, and what is behind the handle.

    The background "digits" needs published points.
    """

    axes: list[int] | None = None
    background: Background = "manifold"


class Explored(NamedTuple):
    """What a visitor made of an explorer: the z and the label they last chose, None before that, and their plane.

    The label is None too for a model that writes none.
    """

    z: list[float] | None
    label: int | None
    plane: Plane


class Posterior(NamedTuple):
    """q(z|x) of an image, a diagonal Gaussian: its mean and standard deviations `[z_dim]`."""

    mean: list[float]
    std: list[float]


def latent_explorer(
    slot: str,
    *,
    key: str,
    z: Sequence[float] | None = None,
    label: int | None = None,
    posterior: Posterior | None = None,
    decode: Callable[[Sequence[float], int | None], Tensor] | None = None,
    occasion: str | int | None = None,
    model: str = "",
    show: Decoding = "mean",
    seed: int = 0,
    height: int = 380,
) -> Explored:
    """The explorer of the decoder in `slot`; returns what the visitor made of it.

    The explorer keeps its own z, and the label it writes. It moves to `z` and `label` when it first appears and
    whenever `occasion` changes, and goes along with them until the visitor moves it; what it returns is always from
    after the last change of `occasion`. Its plane takes the model's own axes whenever `model` changes, and keeps its
    background. A visitor who comes back to the page finds what they left.

    Args:
        posterior: q(z|x) of the image that the page is about, for the plane to show.
        decode: z and label to pixels `[dim]`, where the decoder does not run in the browser.
        show: the mean E[x|z], or one draw x ~ p(x|z) with noise from `seed`.
        height: side of the image and of the plane where there is room, in pixels.
    """
    start = (z, label)
    fresh = {"occasion": occasion, "left": None, "start": start, "moves": 0}
    memory: dict[str, Any] = st.session_state.setdefault(f"_{key}_memory", fresh)
    plane = _PlaneMemory.of(key, model)
    if memory["occasion"] != occasion:
        memory.update(occasion=occasion, left=None, start=start)
    elif memory["left"] is None:
        memory["start"] = start  # of the same image under weights that have learned more
    elif key not in st.session_state:
        memory["start"] = memory["left"]  # the visitor left the page and is back
    wanted = st.session_state.pop(_wish(key), None)
    if wanted is not None:
        wanted = (wanted[0], label if wanted[1] is None else wanted[1])
        memory.update(left=wanted, start=wanted, moves=memory["moves"] + 1)
    # What was let go of before the last move is out of date, just as under another occasion.
    stamp = f"{memory['moves']}/{occasion}"
    _take_released(memory, key, stamp, label)
    data: dict[str, Any] = {
        "slot": slot,
        "key": key,
        "z": memory["start"][0] and [float(value) for value in memory["start"][0]],
        "label": memory["start"][1],
        "posterior": posterior and posterior._asdict(),
        "occasion": stamp,
        "show": show,
        "seed": seed,
        "height": height,
        "plane": {**plane.shown._asdict(), "turn": plane.turn},
    }
    if decode is not None and z is not None:
        data["pixels"] = column(decode(*(memory["left"] or start)).cpu().float().numpy())
    result = _explorer(key=key, data=data, on_released_change=lambda: None, on_plane_change=lambda: None)
    _take_released(memory, key, stamp, label)
    plane.take(result.plane)
    chosen_z, chosen_label = memory["left"] or (None, None)
    return Explored(chosen_z, chosen_label, plane.shown)


def _take_released(memory: dict[str, Any], key: str, stamp: str, label: int | None) -> None:
    """Remember what the visitor let go of, unless that was under another `stamp`."""
    told = st.session_state.get(key) or {}
    released = told.get("released")
    if released is not None and released["occasion"] == stamp:
        memory["left"] = (released["z"], None if label is None else released["label"])


@dataclass
class _PlaneMemory:
    """What a session keeps of an explorer's plane; what its browser told before the last `turn` is out of date."""

    model: str
    shown: Plane
    turn: int = 0

    @classmethod
    def of(cls, key: str, model: str) -> "_PlaneMemory":
        memory: _PlaneMemory = st.session_state.setdefault(f"_{key}_plane", cls(model, Plane()))
        wanted = st.session_state.pop(_plane_wish(key), None)
        if memory.model != model:
            wanted = wanted or memory.shown._replace(axes=None)
        memory.model = model
        if wanted is not None:
            memory.shown, memory.turn = wanted, memory.turn + 1
        return memory

    def take(self, told: Mapping[str, Any] | None) -> None:
        if told is not None and told["turn"] == self.turn:
            self.shown = Plane(told["axes"], told["background"])


def move_to(key: str, z: Sequence[float], label: int | None = None) -> None:
    """Make the explorer called `key` jump to `z` once, as though the visitor had: `latent_explorer` returns it.

    With a `label` it writes that from then on; without one, that which the page has it begin with.

    To be called before the explorer is drawn: in a widget's callback, or on the way into a page.
    """
    st.session_state[_wish(key)] = ([float(value) for value in z], label)


def show_plane(key: str, plane: Plane) -> None:
    """Make the plane of the explorer called `key` show that once, as `move_to` makes it jump."""
    st.session_state[_plane_wish(key)] = plane


def _wish(key: str) -> str:
    return f"_{key}_wish"


def _plane_wish(key: str) -> str:
    return f"_{key}_plane_wish"


def prior_samples(
    slot: str,
    *,
    key: str,
    rows: int = 4,
    columns: int = 8,
    show: Decoding = "mean",
    seed: int = 0,
    about: str = "",
) -> None:
    """A grid of images decoded from z ~ p(z) by the decoder in `slot`; what they are is said in `about`.

    Choosing one moves the slot's explorers to its z. The noise stays while the weights change.

    Args:
        columns: an even number; half of it stands side by side where there is little room.
        show: the mean E[x|z] of each, or one draw x ~ p(x|z).
        seed: of every z and of the noise in the draws.
    """
    data = {"slot": slot, "rows": rows, "columns": columns, "show": show, "seed": seed, "about": about}
    _samples(key=key, data=data)


class End(NamedTuple):
    """An end of an interpolation: an image's name, its pixels `x: [dim]`, its code `z: [z_dim]`."""

    name: str
    x: Tensor
    z: Sequence[float]


def interpolation(
    slot: str, *, key: str, first: End, second: End, show: Decoding = "mean", seed: int = 0
) -> None:
    """Two images and what the decoder in `slot` makes of z(t) = (1 − t) z_first + t z_second between their codes.

    A slider and an animation lead the slot's explorers along the line, which they draw on their planes.
    """
    data = {
        "slot": slot,
        "names": [first.name, second.name],
        "from": list(first.z),
        "to": list(second.z),
        "first": column(first.x.cpu().float().numpy()),
        "second": column(second.x.cpu().float().numpy()),
        "show": show,
        "seed": seed,
    }
    _interpolation(key=key, data=data)


def traversals(
    slot: str, *, key: str, show: Decoding = "mean", seed: int = 0, around: Posterior | None = None
) -> None:
    """A row for each dimension, decoded from −3 to 3 in it with the others held where the slot's explorer is.

    The rows follow the explorer; choosing an image moves it there. They stand in the order of the variance over the
    published points, Var_x μ(x): the activity of a latent unit (Burda, Grosse & Salakhutdinov 2016). Given a Gaussian,
    they stay `around` its mean instead, and go from −3 to 3 of its standard deviations.
    """
    of = around and around._asdict()
    _traversals(key=key, data={"slot": slot, "show": show, "seed": seed, "around": of})
