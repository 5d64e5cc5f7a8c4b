"""What happens once per server, around the run that draws its first page."""

import ctypes
import gc
import sys
from contextlib import suppress

import streamlit as st

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # parameters of mallopt, malloc.h of glibc
LARGE = 1 << 20  # bytes


@st.cache_resource(show_spinner=False)
def before_first_page() -> None:
    """Import torch, and have it compute on one thread: what a page computes takes a millisecond, visitors are many.

    Nothing that is imported from here to `after_page` is garbage, so nobody looks for any meanwhile.
    """
    gc.disable()
    _return_freed_memory()
    import torch

    torch.set_num_threads(1)


def _return_freed_memory() -> None:
    """Have glibc hand what is freed in large blocks back to the system, where it is the C library.

    By default it keeps a block of up to 32 MB once one of its size has been freed, for each of many threads: a hundred
    MB by the time all looks have been opened.
    """
    with suppress(OSError, AttributeError):
        mallopt = _c_library().mallopt
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, LARGE)


def _return_gaps() -> None:
    """Have glibc hand back the free pages between what is in use, too: 5 to 14 MB once all pages were open, in a ms."""
    with suppress(OSError, AttributeError):
        _c_library().malloc_trim(0)


def _c_library() -> ctypes.CDLL:
    """This process's C library; OSError where it can't be glibc."""
    if sys.platform != "linux":
        raise OSError
    return ctypes.CDLL(None)


def after_page() -> None:
    """Collect what a page's whole run left behind; the short runs of its controls wait for no collection."""
    _after_first_page()
    gc.collect()
    _return_gaps()


@st.cache_resource(show_spinner=False)
def _after_first_page() -> None:
    """Exempt what the first page brought with it from garbage collection."""
    freeze_garbage_collector()
    gc.enable()


def freeze_garbage_collector() -> None:
    """Exempt everything there is now from garbage collection; call it after heavy imports.

    A collection that walks through all of torch's objects takes about 100 ms, in which no visitor is served.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # Python waits with the next until there is a quarter more than this one leaves
