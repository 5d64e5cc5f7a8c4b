"""What Streamlit runs at the moment: a whole page, or one fragment of it."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState


def is_fragment_run() -> bool:
    """Whether this run is of one fragment only; False outside of any run."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def run_if_left_out() -> None:
    """The `on_change` of a widget that another fragment's component may report beside, as `when_quiet` does.

    The browser sends all that changes at one moment in one request, which can name one fragment only. So a file that
    arrives, or a number that is typed, as another fragment's component reports is on the server, but what reads it is
    not run: the page is, then.
    """
    context = get_script_run_ctx()
    # A callback runs with the fragment of its widget, whichever fragments the run is of.
    fragments = context.fragment_ids_this_run if context else None
    if fragments and ThreadState.get().fragment_id not in fragments:
        st.rerun()
