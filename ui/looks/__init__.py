"""Closer looks at the model of a page, one on screen at a time: each is one file, one story and one function."""

from collections.abc import Mapping

import streamlit as st

from ui.address.url_state import segmented
from ui.looks.view import EXPLORER, Look, View, any_model, has_likelihood

__all__ = ["EXPLORER", "Look", "View", "any_model", "closer_look", "has_likelihood"]


def closer_look(view: View, looks: Mapping[str, Look]) -> None:
    """The choice of one of a page's `looks`, and the look."""
    fitting = {name: look for name, look in looks.items() if look.fits(view.model)}
    titles = {name: look.title for name, look in fitting.items()}
    chosen = segmented("Closer looks", "look", titles, next(iter(fitting)), label_visibility="collapsed")
    with st.container(key="closer-look"):
        fitting[chosen].render(view)
