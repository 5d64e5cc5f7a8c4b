"""From the style of one image to that of another: what lies between, written as every digit."""

import streamlit as st
import torch

from ui.images.decoded import decoded, montage
from ui.looks import interpolation
from ui.looks.view import View

STEPS = 11


def render(view: View) -> None:
    """The way between two styles, written as the explorer's digit; then the same steps as every digit."""
    first, second = (torch.tensor(z) for z in interpolation.walk(view))
    model = view.model
    t = torch.linspace(0, 1, STEPS).unsqueeze(1)
    z = (1 - t) * first + t * second
    pixels = torch.cat([decoded(model, z, view.show, view.seed, digit) for digit in range(model.n_labels)])
    st.caption(
        f"The strip above is written as y = {view.label} from end to end, the digit of the explorer, whichever digits "
        "the two images show. Below, the same line between the two styles is written as every digit: each image was "
        "encoded under its own label, so that only the hand changes from left to right."
    )
    _, place, _ = st.columns([1, 4, 1])
    place.html(
        montage(
            pixels,
            model.config.image_shape,
            STEPS,
            f"{STEPS} styles from the first image’s to the second’s, a column each, as the digits 0 to "
            f"{model.n_labels - 1}, a row each",
        )
    )
