"""What a tab of the browser keeps when its page is reloaded: the token by which it finds its training run again."""

from pathlib import Path

import streamlit as st

from ui.components.assets import component
from ui.training.run import find_again, panel

KEY = "training-token"
_tab = component("vaelab_tab", Path(__file__).with_name("tab"))


def run_of_this_tab() -> None:
    """Give the tab the token of its run, or find the run of the tab again.

    It draws nothing; style.css takes its place on the page away.
    """
    own = panel()
    begun = own.job is not None or own.interrupted is not None
    _tab(key=KEY, data=own.token if begun else "", on_token_change=_told)


def _told() -> None:
    find_again(st.session_state[KEY].token)
