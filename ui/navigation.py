"""The pages of the app, and the way into them."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from ui.address import url_state
from ui.all_pages import PAGES

STYLE = Path(__file__).parent / "style.css"
ENTERED = "came_through_the_entry_point"
PATHS = tuple(
    page.slot for page in PAGES[1:]
)  # of all pages but the first, which is at the app's own address


def current_page() -> Page:
    """Draw the menu; the page that the visitor asked for, to be run."""
    return st.navigation(
        [st.Page(page.file, title=page.title, default=page is PAGES[0]) for page in PAGES], position="top"
    )


def enter() -> None:
    """Called by the entry point before it runs a page."""
    st.session_state[ENTERED] = True
    st.html(STYLE)


def header(title: str) -> None:
    """A page's title, the first thing it draws.

    The first visitor of a fresh server who follows a link to a page gets that page run alone, without the entry point
    and its menu: Streamlit takes the folder pages/ for its older kind of app until `st.navigation` is called for the
    first time. It is called here then, and the page begun again by way of the entry point.
    """
    if ENTERED not in st.session_state:
        st.switch_page(current_page(), query_params=st.query_params.to_dict())
    url_state.begin_run()
    st.title(title, anchor=False)
