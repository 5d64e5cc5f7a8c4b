"""Samples from the prior, decoded in the browser."""

import streamlit as st

from ui.explorer import prior_samples
from ui.looks.view import View


def draw(view: View) -> None:
    """A grid of decoded draws z ~ N(0, I)."""
    if view.model.has_likelihood:
        st.caption("z ~ N(0, I), decoded in your browser. Choose one to carry its z to the plane above.")
    else:
        st.caption(
            "Draws from N(0, I), decoded. An autoencoder has no prior: nothing in its training asked that these points "
            "mean anything."
        )
    prior_samples(view.slot, key="samples", rows=2, columns=16, show=view.show, seed=view.seed)
