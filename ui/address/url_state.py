"""A page's state in its address, so that a link opens what its sender saw.

A Streamlit widget can keep its value there by itself (`bind="query-params"`), under the label that is on screen and
with no step of the browser's history. This module is for what has no widget (z, the image), and for choices whose label
is not fit for an address or that going back should undo. What one run changes is one step of the history. The address
decides when a visitor comes to a page or goes back in their browser's history; from then on what they do decides,
and the address follows. What can't be read there gives the default and one sentence.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.query_params import EMBED_QUERY_PARAMS_KEYS

from ui.address.fragments import is_fragment_run
from ui.address.when_quiet import when_quiet
from vaemodels.errors import UsageError

# Characters of one value: a picture and a z of 512 dimensions fit, and an address stays within what servers take.
MAX_LENGTH = 4_700
DECIMALS = 4  # of z: a reconstruction changes by less than 0.1 nats
_NEXT, _NOW, _PAGE = "_address_is_new_next_run", "_address_is_new", "_page_of_last_run"
_LEFT, _PUT = "_addresses_as_left", "_put_in_address"
_CAME_WITH = "_address_came_with"
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,6})?")


def get(name: str) -> str | None:
    """A query parameter; None when it is absent, empty, or longer than anything a page puts there."""
    value = parameters().get(name)
    return value if value and len(value) <= MAX_LENGTH else None


def put(name: str, value: str | None) -> None:
    """Let a query parameter be `value`, or absent with None, once `write` is called."""
    _put()[name] = value


def parameters() -> dict[str, str]:
    """The address's query as it is to be: what the browser last told, and over it what was put."""
    told: dict[str, str] = st.query_params.to_dict()
    return {name: value for name, value in (told | _put()).items() if value is not None}


def write() -> None:
    """Bring the address up to date; called last by every page.

    What was put in earlier runs counts too: the browser may have asked for this one before it heard of them.
    """
    wanted = _remember()
    if wanted == _told():
        return
    for name in st.query_params.to_dict().keys() - wanted.keys():
        _set(name, None)
    for name, value in wanted.items():
        _set(name, value)
    st.query_params.update({})  # tells the browser, of all at once: every message is a step of its history


def _told() -> dict[str, str]:
    """The query as the browser knows it."""
    context = get_script_run_ctx()
    told = parse_qsl(context.query_string if context else "", keep_blank_values=True)
    return {name: value for name, value in told if name.lower() not in EMBED_QUERY_PARAMS_KEYS}


def _set(name: str, value: str | None) -> None:
    """Change what `st.query_params` says without telling the browser yet."""
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as query:
        if value is None:
            query.discard_param_no_forward_msg(name)
        else:
            query.set_with_no_forward_msg(name, value)


@st.fragment
def write_when_quiet(key: str = "address") -> None:
    """`write` for a fragment that puts something into the address; called last by it. A page's second has another key.

    A change of the address keeps the browser busy for some milliseconds, for which what the visitor asked for would
    have to wait. So it is written once they rest; a run of the whole page writes it at its end.
    """
    wanted = _remember()
    is_late = is_fragment_run() and _told() != wanted
    occasion = f"?{urlencode(wanted)}" if is_late else ""  # not empty even where the query is to be
    when_quiet(_write_late, occasion=occasion, key=key)


def _write_late() -> None:
    """`write`, unless the visitor has turned to another page meanwhile, whose values these are not."""
    if st.session_state.get(_PAGE) == _page():
        write()


def _remember() -> dict[str, str]:
    """Keep the page's query as it is to be for when the visitor comes back to the page, and return it."""
    wanted = _addresses()[_page()] = parameters()
    return wanted


def _put() -> dict[str, str | None]:
    """What was put since the visitor came to the page or went through their browser's history."""
    put: dict[str, str | None] = st.session_state.setdefault(_PUT, {})
    return put


def decides(key: str) -> bool:
    """Whether the address decides in this run what the widget or component `key`, not yet drawn in it, shows.

    It does when the visitor comes to the page, goes back or forward in their browser, or has chosen a prepared state.
    """
    return key not in st.session_state or _address_is_new()


def came_without(names: Collection[str]) -> bool:
    """Whether the visitor has just come to the page by the menu, or by a link that sets none of these parameters.

    What the address holds of them is then what they left the page with. Who goes back in their history comes otherwise.
    """
    came_with = st.session_state.get(_CAME_WITH)
    return came_with is not None and came_with.isdisjoint(names)


def prepare(state: Mapping[str, str | int | float], parameters: Collection[str]) -> None:
    """Put the page into a state, given as its address would hold it; to be called in a widget's callback.

    `parameters` are the page's that no widget holds (`Page.parameters`).

    What `state` does not name stays as it is, but for a z of another model or image and another model's axes.
    """
    write()  # what fragments put: the next run starts from the address alone
    if {"model", "image"} & state.keys():
        _set("z", None)
    if "model" in state:
        _set("axes", None)
    for name, value in state.items():
        if name not in parameters:
            st.session_state[name] = value
        _set(name, str(value))
    st.session_state[_NEXT] = True


def forget(name: str) -> None:
    """Take a parameter out of what pages are remembered by: who comes back to one by the menu finds it without."""
    for address in _addresses().values():
        address.pop(name, None)


def leave_page() -> None:
    """Let the page that the visitor is sent to next, be it this one, take all of its state from its address."""
    st.session_state.pop(_PAGE, None)


def binding(name: str) -> Literal["query-params"] | None:
    """`bind=` for a number input called `name`: Streamlit's own, which fails on a number without end.

    Such a number is taken out of the address.
    """
    try:
        endless = not math.isfinite(float(get(name) or "0"))
    except ValueError:
        return "query-params"
    if not endless:
        return "query-params"
    _set(name, None)
    note(f"The link's {name} is not a number that can be used; the usual one stands instead.")
    return None


def begin_run() -> None:
    """Called by every page before anything that the address could decide.

    Who comes back to a page by the menu finds it as they left it.
    """
    page = _page()
    arrived = (
        st.session_state.get(_PAGE) != page
    )  # what another page left under the same keys holds no longer
    st.session_state[_PAGE] = page
    st.session_state[_NOW] = st.session_state.pop(_NEXT, False) or arrived
    if _address_is_new():
        _put().clear()
        _note_what_is_too_long()
    context = get_script_run_ctx()
    came = arrived and context is not None and not context.is_history_navigation
    st.session_state[_CAME_WITH] = set(st.query_params) if came else None
    if arrived and not st.query_params:
        st.query_params.from_dict(_addresses().get(page, {}))


def _note_what_is_too_long() -> None:
    for name, value in st.query_params.to_dict().items():
        if len(value) > MAX_LENGTH:
            note(
                f"The link's {_shortened(name)} has {len(value):,} characters, more than any page puts there; "
                "it is passed over."
            )
            _set(name, None)


def _page() -> str:
    context = get_script_run_ctx()
    return "" if context is None else context.page_script_hash


def _addresses() -> dict[str, dict[str, str]]:
    """The query of each page as the visitor left it."""
    addresses: dict[str, dict[str, str]] = st.session_state.setdefault(_LEFT, {})
    return addresses


def _address_is_new() -> bool:
    context = get_script_run_ctx()
    if context is None:
        return False
    begun = st.session_state.get(_NOW, False) and not is_fragment_run()
    return context.is_history_navigation or begun


def note(sentence: str) -> None:
    """Tell the visitor what their link asked for in vain; moves nothing on the page."""
    st.toast(sentence, icon=":material/link_off:", duration="long")


def segmented(
    label: str,
    name: str,
    titles: Mapping[str, str],
    default: str,
    *,
    label_visibility: Literal["visible", "collapsed"] = "visible",
    disabled: bool = False,
    help: str | None = None,
    on_change: Callable[[], None] | None = None,
) -> str:
    """A choice of one of `titles` (what the address says → what the button says), kept in the address under `name`."""
    if decides(name):
        wanted = get(name) or default
        if wanted not in titles:
            note(
                f"The link asks for {name}={_shortened(wanted)}, which is not here; showing {default} instead."
            )
            wanted = default
        st.session_state[name] = wanted
    elif st.session_state[name] not in titles:
        st.session_state[name] = default
    chosen = st.segmented_control(
        label,
        list(titles),
        format_func=titles.__getitem__,
        required=True,
        key=name,
        label_visibility=label_visibility,
        disabled=disabled,
        help=help,
        on_change=on_change,
    )
    chosen = chosen or default
    put(name, None if chosen == default else chosen)
    return chosen


def selectbox(label: str, name: str, titles: Mapping[str, str], default: str, *, width: int) -> str:
    """A choice of one of `titles`, as `segmented` offers it, from a list; what is not in it is passed over silently."""
    wanted = (get(name) or default) if decides(name) else st.session_state[name]
    if decides(name) or wanted not in titles:
        # Forgetting the key instead would leave the old choice on the visitor's screen.
        st.session_state[name] = wanted if wanted in titles else default
    chosen = st.selectbox(label, list(titles), format_func=titles.__getitem__, key=name, width=width)
    put(name, None if chosen == default else chosen)
    return chosen


def whole_number(label: str, name: str, low: int, high: int, default: int, *, help: str) -> int:
    """A number from `low` to `high`, kept in the address under `name`."""
    if decides(name):
        text = get(name) or str(default)
        wanted = int(text) if _WHOLE_NUMBER.fullmatch(text) else None
        if wanted is None or not low <= wanted <= high:
            note(f"The link's {name} is not a number from {low:,} to {high:,}; using {default} instead.")
            wanted = default
        st.session_state[name] = wanted
    number = st.number_input(label, low, high, key=name, width=96, help=help)
    put(name, None if number == default else str(number))
    return number


def z_to_text(z: Sequence[float]) -> str:
    """A point of the latent space as an address holds it, to four decimals where they are needed: `0.31_-1.2`."""
    return "_".join(f"{value:.10g}" for value in rounded(z))


def rounded(z: Sequence[float]) -> list[float]:
    """The point that an address can hold: numbers shown of it are those that a link's reader sees."""
    return [round(value, DECIMALS) + 0.0 for value in z]


def z_from_text(text: str, z_dim: int) -> list[float]:
    """The point that `z_to_text` wrote.

    Raises:
        UsageError: unless the text is `z_dim` plain numbers.
    """
    parts = text.split("_")
    if len(parts) != z_dim or not all(_NUMBER.fullmatch(part) for part in parts):
        raise UsageError(
            f"The link's z is not {z_dim} numbers such as 0.31, joined by _; the explorer starts at the image instead."
        )
    return [float(part) for part in parts]


def axes_to_text(axes: Sequence[int]) -> str:
    """The plane's two dimensions, horizontal and vertical, as an address holds them, from 1: `3_6`."""
    return "_".join(str(axis + 1) for axis in axes)


def axes_from_text(text: str, z_dim: int) -> list[int]:
    """The two dimensions that `axes_to_text` wrote.

    Raises:
        UsageError: unless the text is two dimensions that a plane of so many can show.
    """
    axes = [int(part) - 1 for part in text.split("_") if _WHOLE_NUMBER.fullmatch(part)]
    if z_dim < 3 or len(text.split("_")) != 2 or len(set(axes)) != 2 or not all(0 <= i < z_dim for i in axes):
        raise UsageError(
            f"The link's axes are not two dimensions to choose from {z_dim}, such as 3_6 of 10; "
            "the plane shows the model's usual ones."
        )
    return axes


def _shortened(text: str) -> str:
    """Text of a stranger's making, as a sentence can quote it."""
    plain = "".join(character for character in text if character.isalnum() or character in "-._")
    return plain[:24] or "something unreadable"
