"""A model's own file on the page, headed by its equations with the chosen image's numbers in them."""

import inspect

import streamlit as st
import torch

from ui.images.choice import Chosen
from ui.kinds import KINDS
from vaemodels.models import Model


def source(model: Model, chosen: Chosen) -> None:
    """The equations and the code, worked out only when asked for."""
    if not st.toggle("The model's own code", key="source"):
        return
    label = None if chosen.label is None else torch.tensor(chosen.label)
    for equation in KINDS[model.name].equations(model, chosen.x, label):
        st.caption(equation.title)
        formula, numbers = st.columns(2, vertical_alignment="center")
        formula.latex(equation.symbols, width="stretch")
        numbers.latex(equation.numbers, width="stretch")
    module = inspect.getmodule(type(model))
    assert module is not None
    st.caption(f"{module.__name__.replace('.', '/')}.py, as it runs here:")
    st.code(inspect.getsource(module), language="python", line_numbers=True, height=480)
