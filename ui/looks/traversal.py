"""What each dimension of the latent space does, decoded in the browser."""

import streamlit as st

from ui import words
from ui.explorer import traversals
from ui.explorer_panel import POINTS
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.looks.symbols import symbols
from ui.looks.view import View
from vaemodels.analysis.priors import prior_kind


def render(view: View) -> None:
    """A row of decoded images for each dimension, the others held where the explorer is."""
    dataset = dataset_for(view.checkpoint)
    n = len(model_inputs(dataset, view.model, POINTS)[0])
    images = words.test_images(dataset, n, binarization(view.model))
    span = "from −3 to 3" if prior_kind(view.model) == "standard" else "across the whole plane"
    text = (
        f"Each row moves one dimension {span} and holds the others at the explorer's z; choose an image to go there. "
        f"Beside each dimension stands the variance of {symbols(view.model).code} over {images}"
    )
    if view.model.has_likelihood:
        text += ", the largest first. Under 0.01 it is **inactive**: whatever z it gets, the image should not change"
    st.caption(f"{text}.")
    traversals(view.slot, key="traversals", show=view.show, seed=view.seed)
