"""Closer looks at the model of a page, one on screen at a time: each is one file, one story and one function."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from ui.looks import prior
from ui.looks.view import View

__all__ = ["LOOKS", "Look", "View", "closer_look"]


class Look(NamedTuple):
    """A look's title on its button, the models it can be taken at, and the function that draws it."""

    title: str
    kinds: set[str]
    draw: Callable[[View], None]


LOOKS: dict[str, Look] = {
    "samples": Look("Samples", {"vae", "ae"}, prior.draw),
}


def closer_look(view: View) -> None:
    """The choice of a look, and the look."""
    looks = {name: look for name, look in LOOKS.items() if view.model.name in look.kinds}
    chosen = st.segmented_control(
        "Closer looks",
        list(looks),
        default=next(iter(looks)),
        format_func=lambda name: looks[name].title,
        required=True,
        label_visibility="collapsed",
        key="look",
    )
    looks[chosen].draw(view)
