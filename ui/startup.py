"""What happens once per server, around the run that draws its first page."""

import gc

import streamlit as st


@st.cache_resource(show_spinner=False)
def before_first_page() -> None:
    """Import torch, and have it compute on one thread: what a page computes takes a millisecond, visitors are many.

    Nothing that is imported from here to `after_first_page` is garbage, so nobody looks for any meanwhile.
    """
    gc.disable()
    import torch

    torch.set_num_threads(1)


@st.cache_resource(show_spinner=False)
def after_first_page() -> None:
    """Exempt what the first page brought with it from garbage collection."""
    freeze_garbage_collector()
    gc.enable()


def freeze_garbage_collector() -> None:
    """Exempt everything there is now from garbage collection; call it after heavy imports.

    Streamlit collects garbage after every run, and walking through all of torch's objects costs each run about 100 ms.
    """
    gc.collect()
    gc.freeze()
