"""Gumbel-softmax on the simplex: relaxed draws of three categories, their density, and the corners they are near."""

import math
from pathlib import Path
from typing import Any

import streamlit as st

from ui.address import url_state
from ui.components.assets import component
from ui.looks.view import View
from vaemodels.errors import UsageError

KEY = "gradients-simplex"
SOFTNESS = "softness"  # in the address: the temperature
_TURN = "_gradients_softness"
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
        "As τ rises they gather in the middle, which is no category."
    )
    turn: dict[str, Any] = st.session_state.setdefault(_TURN, {"turn": 0, "tau": USUAL})
    if url_state.decides(KEY):
        turn.update(turn=turn["turn"] + 1, tau=_from_link())
    result = _simplex(
        key=KEY,
        data={
            "probabilities": list(PROBABILITIES),
            "seed": view.seed,
            "tau": turn["tau"],
            "turn": turn["turn"],
        },
        on_released_change=lambda: None,
    )
    if result.released is not None and result.released["turn"] == turn["turn"]:
        turn["tau"] = min(TAUS[1], max(TAUS[0], round(float(result.released["tau"]), 4)))
    url_state.put(SOFTNESS, None if turn["tau"] == USUAL else f"{turn['tau']:g}")


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
