"""Three charts of variance over k, with a k that is dragged in each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from ui.address import url_state
from ui.address.component_value import component_value
from ui.components.assets import component
from ui.gradients.clouds import KS, Toy, put
from vaemodels.errors import UsageError

KEY = "gradients-overk"
AT = "ks"  # in the address: the k of each chart
_MEMORY = "_gradients_ks"
USUAL = {"square": 0.0, "cos": 1.0, "exp": 1.0}
_overk = component("vaelab_overk", Path(__file__).with_name("overk"))

Curve = Sequence[tuple[float, float, float]]  # (k, variance pathwise, variance of the score function)


def over_k(toy: Toy, curves: Mapping[str, Curve], notes: Mapping[str, str]) -> None:
    """The charts of `curves` by cost, each with a sentence below it; each k that is let go of goes into the address."""
    at = component_value(KEY, _MEMORY, USUAL, _from_link)
    result = _overk(
        key=KEY,
        data={
            "toy": toy._asdict(),
            "at": at.value,
            "turn": at.turn,
            "curves": {cost: _columns(curve) for cost, curve in curves.items()},
            "notes": notes,
        },
        on_released_change=lambda: None,
        on_shown_change=lambda: _show_above(toy),
    )
    if at.is_told_by(result.released):
        at.value = {cost: within(cost, float(result.released["at"][cost])) for cost in USUAL}
    url_state.put(AT, None if at.value == USUAL else url_state.z_to_text(list(at.value.values())))


def _columns(curve: Curve) -> dict[str, list[float]]:
    ks, path, score = zip(*curve, strict=True)
    return {"ks": list(ks), "pathwise": list(path), "score": list(score)}


def within(cost: str, k: float) -> float:
    """A k brought into its cost's range."""
    least, most = KS[cost]
    return min(most, max(least, round(k, 2)))


def _show_above(toy: Toy) -> None:
    """Put the chart's cost and k into the picture of draws."""
    shown = st.session_state[KEY]["shown"]
    put(toy._replace(cost=shown["cost"], k=within(shown["cost"], float(shown["k"]))))


def _from_link() -> dict[str, float]:
    text = url_state.get(AT)
    if text is None:
        return USUAL
    try:
        ks = dict(zip(USUAL, url_state.z_from_text(text, len(USUAL)), strict=True))
    except UsageError:
        ks = {}
    if not ks or any(k != within(cost, k) for cost, k in ks.items()):
        url_state.note(
            "The link’s ks are not three numbers in the charts’ ranges, such as 0_1_1; showing those instead."
        )
        return USUAL
    return ks
