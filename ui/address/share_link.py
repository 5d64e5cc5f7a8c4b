"""The link to what is on screen, and what a class that follows it should not see."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import urlencode

import streamlit as st

from ui import models
from ui.address import url_state


def hidden(parts: Mapping[str, str]) -> frozenset[str]:
    """Those of the page's `parts` that the link leaves out."""
    text = url_state.get("hide") or ""
    asked = frozenset(text.split(",")) - {""}
    if asked - parts.keys() and st.session_state.get("_hide_read") != text:
        url_state.note("The link leaves out parts that this page has not; they are passed over.")
    st.session_state["_hide_read"] = text
    return asked & parts.keys()


def part(name: str, hide: frozenset[str]) -> AbstractContextManager[object]:
    """Where a part is drawn that the page needs even where it is not seen."""
    return st.container(key=unseen(name)) if name in hide else nullcontext()


def unseen(name: str) -> str:
    """The key of a container that style.css takes away."""
    return f"hidden-{name}"


def close_gaps(hide: frozenset[str]) -> None:
    """Takes away the gaps where hidden parts are, called where a page begins; they themselves are unseen by style.css.

    Streamlit draws each container in a wrapper, which only `:has()` finds. It names the parts one by one: with a rule
    for all keys that begin alike the browser restyles the page for anything with a class that is added to it, and a
    chart adds hundreds.
    """
    if hide:
        unseens = ", ".join(f"> .st-key-{unseen(name)}" for name in sorted(hide))
        st.html(f"<style>[data-testid='stLayoutWrapper']:has({unseens}) {{ display: none; }}</style>")


def link(url: str, parameters: Mapping[str, str], hide: list[str]) -> str:
    """The address `url` (without a query) with the page's state, leaving out the parts `hide`."""
    kept = {name: value for name, value in parameters.items() if name != "hide"}
    if hide:
        kept["hide"] = ",".join(hide)
    return f"{url}?{urlencode(kept, safe=',')}" if kept else url


def page_url(told: str, path: str, paths: Sequence[str]) -> str:
    """The address of the page at `path`, of what `st.context.url` tells; `paths` are those of all pages in their order.

    Streamlit takes the first of these that the address ends with for the page's, "vae" at the end of "gmvae" too, cuts
    it off and appends the page's own path to what is left.
    """
    taken = next(other for other in paths if path.endswith(other))
    app = told.removesuffix(f"/{path}").removesuffix(f"/{path.removesuffix(taken)}")
    return f"{app}/{path}"


@st.fragment
def share(parts: Mapping[str, str], path: str, paths: Sequence[str]) -> None:
    """A button that opens the link to this state; `parts` are what can be left out of it, in words.

    `path` is the page's own, `paths` are those of all pages in the order of the menu.
    """
    popover = st.popover("Link", icon=":material/link:", key="link", on_change="rerun")
    if not popover.open:
        return
    with popover:
        st.markdown("**A link to what you see**")
        leave_out = st.pills(
            "For a class, leave out",
            list(parts),
            default=[name for name in parts if name in hidden(parts)],
            selection_mode="multi",
            format_func=parts.__getitem__,
            key="leave_out",
        )
        url = page_url(st.context.url or "", path, paths)
        st.code(link(url, url_state.parameters(), leave_out), language=None, wrap_lines=True)
        if url_state.get("model") in models.own():
            st.caption("Your own model stays in this tab: whoever opens the link sees the usual one instead.")


def show_all(hide: frozenset[str]) -> None:
    """At the foot of a page that a link has shortened: the way to the whole of it."""
    if hide:
        st.button(
            "Show all controls", key="show_all", type="tertiary", on_click=url_state.put, args=("hide", None)
        )
