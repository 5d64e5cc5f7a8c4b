"""The training panel: choose settings, start, pause, stop, watch; then use, download or delete what came of it."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui.training.form import ask_for_settings
from ui.training.own_models import own_models
from ui.training.run import ask_how_to_go_on, panel, try_to_start, watch
from vaemodels.models import Model

POLL_EVERY = 0.4


def training_panel(kinds: Sequence[str], show: Callable[[Model | None], None]) -> None:
    """Draw the panel for models of `kinds`.

    `show` is given the model as it trains, about once a second, and None when nothing trains.
    """
    st.session_state["was_followed"] = is_followed()
    st.fragment(_draw, run_every=POLL_EVERY if panel().job is not None else None)(kinds, show)


def is_followed() -> bool:
    """Whether a model in training is on show instead of the page's own."""
    return panel().live is not None and bool(st.session_state.get("follow", True))


def _draw(kinds: Sequence[str], show: Callable[[Model | None], None]) -> None:
    own = panel()
    if own.error:
        st.error(own.error)
    if own.job is not None:
        watch(own, own.job)
    elif own.interrupted is not None:
        ask_how_to_go_on(own, own.interrupted)
    elif (asked_for := ask_for_settings(kinds)) is not None:
        try_to_start(own, *asked_for)
    own_models(own, kinds)
    if is_followed() != st.session_state["was_followed"]:
        st.rerun()  # the rest of the page speaks of the explorer's model too
    show(own.live if is_followed() else None)
