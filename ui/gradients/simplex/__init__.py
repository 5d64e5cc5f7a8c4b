"""Gumbel-softmax on the simplex: relaxed draws of three categories, their density, and the corners they are near."""

from pathlib import Path

import streamlit as st

from ui.components.assets import component
from ui.looks.view import View

PROBABILITIES = (0.2, 0.5, 0.3)
_simplex = component("vaelab_simplex", Path(__file__).with_name("simplex"))


def render(view: View) -> None:
    """Soft draws beside hard ones, with the temperature."""
    st.markdown(
        "**Softening a discrete draw.** y = softmax((log p + g) / τ) with Gumbel noise g moves smoothly with p, "
        "which a one-hot draw does not. The same 1,000 draws of g at every temperature: as τ falls they run into the "
        "corners, and the nearest corner has exactly the probabilities p; but there the slope vanishes or explodes. "
        "As τ rises they gather in the middle, which is no category."
    )
    _simplex(key="gradients-simplex", data={"probabilities": list(PROBABILITIES), "seed": view.seed})
