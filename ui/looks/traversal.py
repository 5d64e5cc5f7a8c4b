"""What each dimension of the latent space does, decoded in the browser."""

import streamlit as st

from ui.explorer import traversals
from ui.looks.view import View


def draw(view: View) -> None:
    """A row of decoded images for each dimension, the others held where the explorer is."""
    if view.model.has_likelihood:
        st.caption(
            "Each row moves one dimension from −3 to 3 and holds the others at the explorer's z; choose an image to go "
            "there. The dimensions the encoder uses most come first: beside each stands the variance of μ(x) over test "
            "images, its activity. Under 0.01 it is **inactive**: whatever z it gets, the image should not change."
        )
    else:
        st.caption(
            "Each row moves one dimension across the whole plane and holds the others at the explorer's z; choose an "
            "image to go there. Beside each dimension stands the variance of its codes over test images."
        )
    traversals(view.slot, key="traversals", show=view.show, seed=view.seed)
