"""Where runs are begun: the form, one's own pictures, the run under way with its knobs, and those that wait."""

from collections.abc import Collection

import streamlit as st

from ui.address import url_state
from ui.address.fragments import is_fragment_run
from ui.studio import overlay
from ui.studio.own_pictures import bring, brought
from ui.training.form import ask_for_settings
from ui.training.run import Panel, draw, panel, try_to_start
from vaemodels import data
from vaemodels.config_parsing import with_text
from vaemodels.early_stopping import from_texts
from vaemodels.errors import LabError, UsageError
from vaemodels.training_config import TrainingConfig

POLL_EVERY = 0.5
MOST_WAITING = 6
BETA, RATE = "studio_beta", "studio_rate"
SECONDS, PATIENCE = "studio_seconds", "studio_patience"


@st.fragment
def form(kinds: Collection[str]) -> None:
    """What to train, on which images."""
    own = panel()
    asked = ask_for_settings(kinds, [*brought(), *data.DATASETS])
    if asked is not None:
        if len(own.waiting) >= MOST_WAITING:
            st.error(f"{MOST_WAITING} of your runs wait already; let one begin, or remove one.")
        elif _take_limits(own):
            try_to_start(own, *asked)
    elif own.job is not None:
        st.caption("What you start now waits until the run under way is done.")
    with st.expander("Stop early", key="studio_early"):
        st.text_input("After seconds of training", key=SECONDS, max_chars=20, placeholder="no limit")
        st.text_input("After epochs without a gain", key=PATIENCE, max_chars=20, placeholder="no limit")
        st.caption("A gain is a lower held-out loss than in every epoch before.")
    bring()
    if is_fragment_run():
        url_state.write()


def _take_limits(own: Panel) -> bool:
    """Have the next run end when the form says; False, with a sentence on the page, where that makes no sense."""
    try:
        own.until = from_texts(st.session_state.get(SECONDS, ""), st.session_state.get(PATIENCE, ""))
    except UsageError as error:
        st.error(str(error))
        return False
    return True


def runs() -> None:
    """The run under way, those that wait, and the chart of all."""
    own = panel()
    draw(own, alone=False)
    if own.job is not None and own.job.records:
        _knobs(own)
    _waiting(own)
    overlay.chart()
    if is_fragment_run():
        url_state.write()


def _waiting(own: Panel) -> None:
    """The queue: what waits can be moved up and removed."""
    for place, logged in enumerate(own.waiting):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{logged.name}** waits: {logged.title}", width="stretch")
            if st.button("Sooner", key=f"sooner-{logged.name}", disabled=place == 0):
                own.sooner(logged)
                st.rerun()
            if st.button("Remove", key=f"remove-{logged.name}"):
                own.remove(logged)
                st.rerun()


def _knobs(own: Panel) -> None:
    """β and the learning rate of the run, to be changed as it goes on."""
    assert own.logged is not None
    training = own.logged.card["training"]
    with st.popover("Change β or the rate", disabled=own.job is None or own.job.stopping):
        st.caption(
            "The run goes on from its last whole epoch with the new value. The change is marked on its curve, and the "
            "run is not ranked: no recipe tells it."
        )
        with st.form("knobs", border=False):
            beta = st.text_input("β", f"{training['beta']:g}", key=BETA, max_chars=20)
            rate = st.text_input("Learning rate", f"{training['learning_rate']:g}", key=RATE, max_chars=20)
            if st.form_submit_button("Change"):
                _turn(own, training, {"beta": beta, "learning_rate": rate})


def _turn(own: Panel, training: dict[str, object], texts: dict[str, str]) -> None:
    try:
        config = with_text(TrainingConfig(), texts)
    except UsageError as error:
        st.error(str(error))
        return
    knobs = {name: getattr(config, name) for name in texts if getattr(config, name) != training[name]}
    if not knobs:
        st.caption("Both are as they were.")
        return
    try:
        own.turn(knobs)
    except LabError as error:
        own.error = str(error)
    st.rerun()
