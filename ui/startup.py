"""What happens once per server, before the first page is drawn."""

import gc

import streamlit as st

import ui.vae_page  # noqa: F401  (imported here so that the freeze covers it)


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Freeze what was imported with this module; later calls cost nothing."""
    freeze_garbage_collector()


def freeze_garbage_collector() -> None:
    """Take everything there is now out of the garbage collector's sight; call it after heavy imports.

    Streamlit collects garbage after every run, and walking through all of torch's objects costs about 100 ms.
    """
    gc.collect()
    gc.freeze()
