"""The first screen: draws that move with a parameter, and two clouds of their gradients."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import streamlit as st

from ui.address import url_state
from ui.address.component_value import ComponentValue, component_value
from ui.components.assets import component
from vaemodels.errors import UsageError

KEY = "gradients-clouds"
TOY = "toy"  # in the address
_MEMORY = "_gradients_toy"
# Names and ranges of the first parameter and of the scale by family, and ranges of k by cost; as in families.js.
NAMES: dict[str, tuple[str, str]] = {
    "normal": ("μ", "σ"),
    "lognormal": ("μ", "σ"),
    "exponential": ("m", ""),
    "gumbel": ("μ", "β"),
}
PARAMETERS: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "normal": ((-3.0, 3.0), (0.01, 2.0)),
    "lognormal": ((-1.0, 1.0), (0.01, 1.0)),
    "exponential": ((0.2, 3.0), (1.0, 1.0)),
    "gumbel": ((-3.0, 3.0), (0.01, 2.0)),
}
KS: dict[str, tuple[float, float]] = {
    "square": (-3.0, 3.0),
    "cos": (0.0, 10.0),
    "exp": (0.0, 10.0),
    "step": (-3.0, 3.0),
}
_clouds = component("vaelab_clouds", Path(__file__).with_name("clouds"))


class Toy(NamedTuple):
    """A distribution with its parameters, a cost with its own, and which of the first two the gradient is for."""

    family: str
    cost: str
    theta: float
    scale: float
    k: float
    wrt: Literal["theta", "scale"] = "theta"

    @property
    def place(self) -> int:
        """The place of the parameter that the gradient is for among those of `estimators`."""
        return 0 if self.wrt == "theta" else 1

    @property
    def name(self) -> str:
        """That parameter's name."""
        return NAMES[self.family][self.place]


USUAL = Toy("normal", "square", 1.0, 1.0, 0.0)


def clouds(seed: int) -> Toy:
    """The picture; what it was set to when it was last let go of, which goes into the address too."""
    toy = component_value(KEY, _MEMORY, USUAL, _from_link)
    result = _clouds(
        key=KEY,
        data={"now": toy.value._asdict(), "turn": toy.turn, "seed": seed},
        on_released_change=lambda: None,
    )
    if toy.is_told_by(result.released):
        toy.value = _within(result.released)
    url_state.put(TOY, None if toy.value == USUAL else text_of(toy.value))
    return toy.value


def current() -> Toy:
    """The toy as it was last let go of."""
    toy: ComponentValue[Toy] = st.session_state.get(_MEMORY, ComponentValue(USUAL))
    return toy.value


def put(toy: Toy) -> None:
    """Let the picture show another toy from its next run on."""
    shown: ComponentValue[Toy] = st.session_state[_MEMORY]
    shown.put(toy)


def text_of(toy: Toy) -> str:
    """What an address holds of a toy: `normal_cos_1_1_5`, and `_scale` behind it for the gradient for the scale."""
    numbers = (f"{value:g}" for value in (toy.theta, toy.scale, toy.k))
    return "_".join([toy.family, toy.cost, *numbers, *(["scale"] if toy.wrt == "scale" else [])])


def toy_of(text: str) -> Toy:
    """The toy that `text_of` wrote.

    Raises:
        UsageError: unless it is a family, a cost, three numbers within their ranges and a parameter of the family.
    """
    plain = text.removesuffix("_scale")
    parts = plain.split("_")
    try:
        family, cost = parts[:2]
        theta, scale, k = url_state.z_from_text("_".join(parts[2:]), 3)
        toy = Toy(family, cost, theta, scale, k, "theta" if plain == text else "scale")
        if toy == _within(toy._asdict()):
            return toy
    except (KeyError, ValueError, UsageError):
        pass
    raise UsageError(
        "The link's toy is not a distribution, a cost and three numbers such as normal_cos_1_1_5; "
        "showing the usual one instead."
    )


def _from_link() -> Toy:
    text = url_state.get(TOY)
    if text is None:
        return USUAL
    try:
        return toy_of(text)
    except UsageError as error:
        url_state.note(str(error))
        return USUAL


def _within(told: Mapping[str, Any]) -> Toy:
    """A toy with its numbers brought into their ranges."""
    (low, high), (narrow, wide) = PARAMETERS[told["family"]]
    least, most = KS[told["cost"]]
    return Toy(
        told["family"],
        told["cost"],
        min(high, max(low, round(float(told["theta"]), 2))),
        min(wide, max(narrow, round(float(told["scale"]), 2))),
        min(most, max(least, round(float(told["k"]), 2))),
        "scale" if told["wrt"] == "scale" and NAMES[told["family"]][1] else "theta",
    )
