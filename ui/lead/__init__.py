"""Bringing a part of a page into view, and the keyboard's focus with it, once the page has been drawn."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from ui.address import url_state
from ui.components.assets import component

PARAMETER = "at"  # of the address by which a link leads to a part; it stays there for one run
_LED = "_led_to"
NOWHERE = ("", "", 0)

_lead = component("vaelab_lead", Path(__file__).with_name("lead"))


def to(part: str, focus: str = "") -> None:
    """Lead to a part of the page, the `key` of a container or an element, when its whole run comes to an end.

    The keyboard's focus goes there too, unless the key of another is given as `focus`.
    """
    _, _, count = st.session_state.get(_LED, NOWHERE)
    st.session_state[_LED] = part, focus or part, count + 1


def query(state: Mapping[str, str], part: str) -> dict[str, str]:
    """The query of a link that puts a page into a `state` and leads to a part of it, or to its top without one."""
    return {**state, PARAMETER: part} if part else dict(state)


def follow_link(focus: str = "") -> None:
    """Lead to the part that the address names, as `to` does; called by every page before it is drawn."""
    if part := url_state.get(PARAMETER):
        to(part, focus)
        url_state.put(PARAMETER, None)


def follow() -> None:
    """Called by every page after it is drawn. It draws nothing; style.css takes its place on the page away."""
    part, focus, count = st.session_state.get(_LED, NOWHERE)
    _lead(key="lead", data={"part": part, "focus": focus, "count": count})
