"""What Streamlit runs at the moment: a whole page, or some of its fragments."""

from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx
from streamlit.runtime.state import SessionState


def is_fragment_run() -> bool:
    """Whether this run is of one fragment only; False outside of any run."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def run_what_is_left_out() -> None:
    """Called last in a component's callback: have those fragments run, too, that something changed in.

    The browser sends all that changes at one moment in one request, and names in it the fragment of the first alone.
    So where a component reports just before a button is pressed in another fragment, the press is on the server, but
    what it is for is not run. Here both are.
    """
    context = get_script_run_ctx()
    if context is None or not context.fragment_ids_this_run:
        return
    state: SessionState = context.session_state._state
    of_widget = state._new_widget_state.widget_metadata  # none of what is no longer on the page
    changed = {
        of_widget[it].fragment_id
        for it in state._new_widget_state
        if it in of_widget and state._widget_changed(it)
    }
    left_out = changed.difference(context.fragment_ids_this_run)
    if not left_out:
        return
    fragments = [*context.fragment_ids_this_run, *(it for it in left_out if it is not None)]
    if None in left_out:  # something on the page itself: it runs as a whole
        fragments = []
    raise RerunException(  # as st.rerun does, but what was pressed still is
        RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id_queue=fragments,
            is_fragment_scoped_rerun=bool(fragments),
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
            replay_trigger_states=state._current_interaction_widget_states,
        )
    )
