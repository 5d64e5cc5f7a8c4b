"""Gumbel-softmax on the simplex: relaxed draws of three categories, their density, and the corners they are near."""

import math
from pathlib import Path

import streamlit as st

from ui.address import url_state
from ui.address.component_value import component_value
from ui.components.assets import component
from ui.looks.view import View
from vaemodels.errors import UsageError

KEY = "gradients-simplex"
SOFTNESS = "softness"  # in the address: the temperature
_MEMORY = "_gradients_softness"
TAUS = (0.01, 10.0)
USUAL = 1.0
PROBABILITIES = (0.2, 0.5, 0.3)
_simplex = component("vaelab_simplex", Path(__file__).with_name("simplex"))


def render(view: View) -> None:
    """Soft draws beside hard ones, with the temperature."""
    st.markdown(
        "**Softening a discrete draw.** y = softmax((log p + g) / τ) with Gumbel noise g moves smoothly with p, "
        "which a one-hot draw does not. The same 1,000 draws of g at every temperature: as τ falls they run into the "
        "corners, and the nearest corner has exactly the probabilities p; but there the slope vanishes or explodes. "
        "As τ rises they gather in the middle, which is no category. With ten classes or so, training "
        "usually takes τ from 0.5 to 1."
    )
    tau = component_value(KEY, _MEMORY, USUAL, _from_link)
    result = _simplex(
        key=KEY,
        data={
            "probabilities": list(PROBABILITIES),
            "seed": view.seed,
            "tau": tau.value,
            "turn": tau.turn,
        },
        on_released_change=lambda: None,
    )
    if tau.is_told_by(result.released):
        tau.value = min(TAUS[1], max(TAUS[0], round(float(result.released["tau"]), 4)))
    url_state.put(SOFTNESS, None if tau.value == USUAL else f"{tau.value:g}")


def _from_link() -> float:
    text = url_state.get(SOFTNESS)
    try:
        tau = USUAL if text is None else url_state.z_from_text(text, 1)[0]
    except UsageError:
        tau = math.nan
    if TAUS[0] <= tau <= TAUS[1]:
        return tau
    url_state.note(
        f"The link’s softness is not a temperature from {TAUS[0]:g} to {TAUS[1]:g}; showing τ = 1 instead."
    )
    return USUAL
