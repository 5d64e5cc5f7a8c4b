"""Styles of test images written as every digit: analogies, as in Kingma et al. 2014."""

import streamlit as st
import torch

from ui import words
from ui.images.decoded import decoded, montage
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.looks.view import View
from vaemodels.analysis.latent_space import encode

ROWS = 8


def render(view: View) -> None:
    """The chosen image and the first test images; beside each, its style written as every digit."""
    model = view.model
    dataset = dataset_for(view.checkpoint)
    tests, labels = model_inputs(dataset, model, ROWS - 1)
    label = view.label_of(view.chosen)
    assert label is not None
    x = torch.cat([view.chosen.x.unsqueeze(0), tests])
    y = torch.cat([label.unsqueeze(0), labels])
    styles = encode(model, x, y).mean
    written = [decoded(model, styles, view.show, view.seed, digit) for digit in range(model.n_labels)]
    pixels = torch.stack([x, *written], dim=1).flatten(0, 1)
    shown = "one draw each" if view.show == "draw" else "the means E[x|y, μ(x, y)]"
    st.caption(
        "Left, an image x; right of it, its style μ(x, y) written as every digit: slant, width and weight "
        "stay. The top row is the image above, the others are "
        f"{words.test_images(dataset, ROWS - 1, binarization(model))}: the first ones, not chosen by hand. "
        f"Shown are {shown}."
    )
    digits = ", ".join(map(str, y.tolist()))
    st.html(
        montage(
            pixels,
            model.config.image_shape,
            model.n_labels + 1,
            f"Images of the digits {digits}, a row each, and beside each its style as the digits 0 to "
            f"{model.n_labels - 1}",
            row_labels=[f"a {digit}" for digit in y.tolist()],
        )
    )
