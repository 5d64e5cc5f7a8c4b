"""stl by hand: a q of width σ over a posterior N(0, 1), and how much each estimate of its gradient scatters."""

from pathlib import Path

import streamlit as st

from ui.address import url_state
from ui.address.component_value import component_value
from ui.components.assets import component
from ui.looks.view import View
from vaemodels.errors import UsageError

KEY = "iwae-by-hand"
SIGMA = "sigma"  # in the address
LOW, HIGH, USUAL = 0.2, 2.0, 0.5
_MEMORY = "_iwae_sigma"
_by_hand = component("vaelab_by_hand", Path(__file__).with_name("by_hand"))


def render(view: View) -> None:
    """The picture with its handle; what it is set to goes into the address."""
    st.markdown(
        "Why leaving out a term can help. The posterior is N(0, 1), and q = N(0, σ²) has the right mean already: "
        "its gradient for the mean should be **zero**. The ordinary estimate is −σε, which scatters by σ however good "
        "q is. stl leaves out the score of q, which is zero on average: what is left is (1/σ − σ)ε, and at σ = 1, "
        "where q is the posterior, it does not scatter at all."
    )
    sigma = component_value(KEY, _MEMORY, USUAL, _from_link)
    result = _by_hand(
        key=KEY,
        data={"sigma": sigma.value, "turn": sigma.turn, "low": LOW, "high": HIGH, "seed": view.seed},
        on_released_change=lambda: None,
    )
    if sigma.is_told_by(result.released):
        sigma.value = min(HIGH, max(LOW, round(float(result.released["sigma"]), 2)))
    url_state.put(SIGMA, None if sigma.value == USUAL else f"{sigma.value:g}")
    st.caption(
        "One draw of z, K = 1, where stl is unbiased. With more draws, weighted, the score no longer averages out: "
        "that is stl’s bias in the table under “Signal and noise”. dreg mends it."
    )


def _from_link() -> float:
    text = url_state.get(SIGMA)
    return USUAL if text is None else sigma_of(text)


def sigma_of(text: str) -> float:
    """The σ that a link sets.

    Raises:
        UsageError: unless it is a number from `LOW` to `HIGH`.
    """
    refusal = UsageError(
        f"The link's sigma is not a number from {LOW:g} to {HIGH:g}; using {USUAL:g} instead."
    )
    try:
        [sigma] = url_state.z_from_text(text, 1)
    except UsageError:
        raise refusal from None
    if not LOW <= sigma <= HIGH:
        raise refusal
    return sigma
