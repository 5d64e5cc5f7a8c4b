"""For looks that compare pretrained models: which of them the page is about, and a way to make it another."""

import streamlit as st

from ui import lead, models
from ui.looks.view import View


def heading(view: View, title: str, name: str) -> None:
    """The `title` of one of the models compared, and the offer to use it where the page is about another."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"compared-{name}"):
        st.markdown(f"{title} · {name}{', the page’s model' if name == view.name else ''}")
        if name != view.name:
            use_button(name)


def use_button(name: str) -> None:
    """A button that makes the page one about the model `name`, and leads to where that shows."""
    st.button(
        "Use it",
        key=f"use-{name}",
        type="tertiary",
        icon=":material/arrow_upward:",
        help=f"The whole page will be about {name}, and you are led to its top.",
        on_click=_use,
        args=(name,),
    )


def _use(name: str) -> None:
    models.use(name)
    lead.to("head")
    st.rerun()
