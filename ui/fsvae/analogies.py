"""Styles of test images written as every digit: analogies, as in Kingma et al. 2014."""

import streamlit as st
import torch
from torch import Tensor

from ui import words
from ui.images.decoded import decoded, montage
from ui.images.name import Place, image_name
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.looks.view import View
from vaemodels.analysis.latent_space import encode

ROWS = 8
BLOCKS = 2  # side by side on a desk, one below the other on a phone


def render(view: View) -> None:
    """The chosen image and the first test images; beside each, its style written as every digit."""
    model = view.model
    dataset = dataset_for(view.checkpoint)
    x, labels = model_inputs(dataset, model, ROWS)
    others = [i for i in range(ROWS) if image_name(Place(dataset, i)) != view.chosen.key][: ROWS - 1]
    label = view.label_of(view.chosen)
    assert label is not None
    shown = "one draw each" if view.show == "draw" else "the means E[x|y, μ(x, y)]"
    st.caption(
        "Left, an image x; right of it, its style μ(x, y) written as every digit: slant, width and weight "
        "stay. First comes the image above, then the first others of "
        f"the test images of {words.the_dataset(dataset)} ({words.binarisation(binarization(model), dataset)}), not "
        f"chosen by hand. Shown are {shown}."
    )
    rows = torch.cat([view.chosen.x.unsqueeze(0), x[others]])
    digits = torch.cat([label.unsqueeze(0), labels[others]])
    for place, block in zip(st.columns(BLOCKS, gap="medium"), torch.arange(ROWS).chunk(BLOCKS), strict=True):
        place.html(_block(view, rows[block], digits[block]))


def _block(view: View, x: Tensor, y: Tensor) -> str:
    """Images `[n, dim]` of labels `y: [n]`, a row each, and beside each its style as every digit."""
    model = view.model
    styles = encode(model, x, y).mean
    written = [decoded(model, styles, view.show, view.seed, digit) for digit in range(model.n_labels)]
    digits = ", ".join(map(str, y.tolist()))
    return montage(
        torch.stack([x, *written], dim=1).flatten(0, 1),
        model.config.image_shape,
        model.n_labels + 1,
        f"Images of the digits {digits}, a row each, and beside each its style as the digits 0 to {model.n_labels - 1}",
        row_labels=[words.a_digit(digit) for digit in y.tolist()],
    )
