"""What each dimension of the latent space does, decoded in the browser."""

import streamlit as st

from ui import words
from ui.explorer import traversals
from ui.explorer_panel import POINTS
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.looks.view import View


def render(view: View) -> None:
    """A row of decoded images for each dimension, the others held where the explorer is."""
    dataset = dataset_for(view.checkpoint)
    n = len(model_inputs(dataset, view.model, POINTS)[0])
    images = words.test_images(dataset, n, binarization(view.model))
    if view.model.has_likelihood:
        st.caption(
            "Each row moves one dimension from −3 to 3 and holds the others at the explorer's z; choose an image to go "
            f"there. Beside each dimension stands the variance of μ(x) over {images}, the largest first. Under 0.01 it "
            "is **inactive**: whatever z it gets, the image should not change."
        )
    else:
        st.caption(
            "Each row moves one dimension across the whole plane and holds the others at the explorer's z; choose an "
            f"image to go there. Beside each dimension stands the variance of g(x) over {images}."
        )
    traversals(view.slot, key="traversals", show=view.show, seed=view.seed)
