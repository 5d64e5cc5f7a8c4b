"""A model's own file on the page."""

import inspect

import streamlit as st

from vaemodels.models import Model


def source(model: Model) -> None:
    """The code, only when asked for."""
    if not st.toggle("The model's own code", key="source"):
        return
    module = inspect.getmodule(type(model))
    assert module is not None
    st.caption(f"{module.__name__.replace('.', '/')}.py, as it runs here:")
    st.code(inspect.getsource(module), language="python", line_numbers=True, height=480)
