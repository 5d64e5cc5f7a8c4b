"""What Streamlit runs at the moment: a whole page, or one fragment of it."""

from streamlit.runtime.scriptrunner import get_script_run_ctx


def is_fragment_run() -> bool:
    """Whether this run is of one fragment only; False outside of any run."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)
