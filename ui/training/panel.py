"""The training panel: choose settings, start, pause, stop, watch; then use, download or delete what came of it."""

from collections.abc import Callable, Collection, Sequence

import streamlit as st

from ui import explorer_panel, models
from ui.address import url_state
from ui.address.fragments import is_fragment_run
from ui.explorer import publish_decoder
from ui.frame import Head
from ui.training.form import ask_for_settings
from ui.training.own_models import own_models
from ui.training.run import FOLLOW, draw, panel, try_to_start
from ui.training.tab import run_of_this_tab
from vaemodels.models import Model

POLL_EVERY = 0.4
LIVE_EVERY = 1.0  # seconds between two looks at the model in training, by whatever shows it
LIVE = "the model in training"  # its name, where models have one
CHOSEN = "_chosen_while_followed"


def training_panel(kinds: Sequence[str], show: Callable[[Model | None], None]) -> None:
    """Draw the panel for models of `kinds`.

    `show` is given the model as it trains, about once a second, and None when nothing trains.
    """
    run_of_this_tab()
    st.session_state["was_followed"] = is_followed(kinds)
    st.fragment(_draw, run_every=POLL_EVERY if panel().job is not None else None)(kinds, show)


def train(head: Head, title: str = "Train one yourself", about: str = "") -> None:
    """The part of a page with an explorer where models are trained, unless a link leaves it out.

    All that decodes in the browser on the page's slot is given the model in training, else the chosen one.
    """
    slot = head.page.slot

    def show(live: Model | None) -> None:
        if live is None:
            explorer_panel.publish(head.name, head.checkpoint, slot)
        else:
            publish_decoder(live, slot, key=f"{slot}-decoder")

    if "train" in head.hide:
        show(None)
        return
    st.header(title, anchor=False)
    if about:
        st.caption(about)
    training_panel(head.page.kinds, show)


def is_followed(kinds: Collection[str]) -> bool:
    """Whether a page for models of `kinds` shows the one in training instead of its own."""
    live = panel().live
    return live is not None and live.card["model"] in kinds and bool(st.session_state.get(FOLLOW, True))


def shown(head: Head) -> Head:
    """The head of a page with the model that all of it shows: the one in training while that is followed.

    It is here alone that this one is renewed, so that the parts of a page show the same.
    """
    if not is_followed(head.page.kinds):
        return head
    panel().follow()
    live = panel().live
    assert live is not None
    show = head.show if live.model.has_likelihood else "mean"
    return head._replace(name=LIVE, checkpoint=live, show=show)


def describe(head: Head) -> None:
    """The line under a page's title: which model it is about. Who chooses one wants that, not the one in training."""
    if st.session_state.pop(CHOSEN, head.name) != head.name:
        st.session_state[FOLLOW] = False
    if not is_followed(head.page.kinds):
        st.caption(models.describe(head.checkpoint.card))
        return
    st.session_state[CHOSEN] = head.name
    st.caption(
        f"**The model in training, below**: {panel().title}. All of the page shows it as it learns; choose a model "
        f"above, or switch that off below, and it shows {head.name}."
    )


def _draw(kinds: Sequence[str], show: Callable[[Model | None], None]) -> None:
    own = panel()
    if not draw(own) and (asked_for := ask_for_settings(kinds)) is not None:
        try_to_start(own, *asked_for)
    own_models(own, kinds)
    if is_fragment_run():
        url_state.write()
    if is_followed(kinds) != st.session_state["was_followed"]:
        st.rerun()  # the rest of the page speaks of the explorer's model too
    show(own.live.model if own.live is not None and is_followed(kinds) else None)
