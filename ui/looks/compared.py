"""For looks that compare pretrained models: which of them the page is about, and a way to make it another."""

from collections.abc import Callable, Mapping

import streamlit as st

from ui import lead, models
from ui.address import url_state
from ui.looks.view import View


def heading(view: View, title: str, name: str) -> None:
    """The `title` of one of the models compared, and the offer to use it where the page is about another."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"compared-{name}"):
        st.markdown(f"{title} · {name}{', the page’s model' if name == view.name else ''}")
        if name != view.name:
            use_button(name)


def choose(
    view: View, label: str, key: str, names: Mapping[str, str], titles: Mapping[str, str], default: str
) -> tuple[str, Callable[[str], None]]:
    """Which of the models compared is shown, and what chooses another in a widget's callback.

    `names` has the models by what the address says under `key`, `titles` what the buttons say. The model is the page's,
    and another choice makes its model the page's. Where the page is about none of them, the look has a choice of its
    own and offers that model.
    """
    of_page = next((choice for choice, name in names.items() if name == view.name), None)
    if of_page is not None:
        url_state.put(key, None)  # the model says it
        st.session_state[key] = of_page

    def turn_to(choice: str) -> None:
        st.session_state[key] = choice
        if of_page is not None and choice != of_page:
            models.use(names[choice])
            st.rerun()

    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = url_state.segmented(
            label,
            key,
            titles,
            of_page or default,
            help=None if of_page is None else "The whole page is about the model that you choose.",
            on_change=lambda: turn_to(st.session_state[key]),
        )
        if of_page is None:
            use_button(names[chosen])
    return chosen, turn_to


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
