"""What a visitor made of a mixture: the component they chose, the means they moved; kept, and in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import streamlit as st

from ui.address import url_state
from vaemodels.errors import UsageError
from vaemodels.mixture import GaussianMixture

KEY = "gmvae-mixture"
MEMORY = "_gmvae_memory"
PARAMETERS = frozenset({"component", "moved", "behind", "dims"})
REACH = 1_000.0  # of a coordinate that a mean is moved to

Behind = Literal["mixture", "standard", "aggregate"]
BEHIND: tuple[Behind, ...] = get_args(Behind)


class Mixture(NamedTuple):
    """The `component` chosen, from 0; the means `moved`; the density `behind` and the two dimensions of the plane.

    `axes` is None for the model's own dimensions.
    """

    component: int = 0
    moved: Mapping[int, Sequence[float]] = {}
    behind: Behind = "mixture"
    axes: list[int] | None = None


@dataclass
class _Memory:
    """What a session keeps; what the browser told before the last `turn` is out of date.

    Until a visitor has `picked` a component, it is the image's own.
    """

    model: str = ""
    shown: Mixture = field(default_factory=Mixture)
    picked: bool = False
    turn: int = 0
    moved: dict[str, Mapping[int, Sequence[float]]] = field(
        default_factory=dict
    )  # by model, for when it is back


def current(name: str, prior: GaussianMixture, own: int, in_link: bool) -> tuple[Mixture, int]:
    """What the visitor made of the mixture of the model `name`, and the turn to be told with it.

    `own` is the image's most probable component, shown while none was picked. In training it stays what it was.
    """
    memory: _Memory = st.session_state.setdefault(MEMORY, _Memory())
    count, z_dim = prior.means.shape
    _take_told(memory)
    if in_link and url_state.decides(KEY):
        component = _component(count)
        memory.picked = component is not None
        memory.shown = Mixture(
            own if component is None else component, _moved(count, z_dim), _behind(), _axes(z_dim)
        )
        memory.turn += 1
    elif memory.model != name:
        memory.moved[memory.model] = memory.shown.moved
        memory.picked = memory.picked and memory.shown.component < count
        memory.shown = Mixture(
            memory.shown.component if memory.picked else own,
            memory.moved.get(name, {}) if in_link else {},
            memory.shown.behind,
        )
        memory.turn += 1
    elif in_link and not memory.picked and memory.shown.component != own:
        memory.shown = memory.shown._replace(component=own)
        memory.turn += 1
    memory.model = name
    return memory.shown, memory.turn


def chosen_now() -> Mixture:
    """What the visitor made of the mixture on the page, for what is drawn below it."""
    memory: _Memory = st.session_state.setdefault(MEMORY, _Memory())
    return memory.shown


def told(in_link: bool) -> Mixture:
    """The same, once the browser has been heard; to be called after the mixture is drawn.

    Of a model in training no mean is moved, as the weights change under it.
    """
    memory: _Memory = st.session_state[MEMORY]
    _take_told(memory)
    if not in_link:
        memory.shown = memory.shown._replace(moved={})
    return memory.shown


def to_address(mixture: Mixture) -> None:
    """Keep it in the address, the component once one was picked."""
    memory: _Memory = st.session_state[MEMORY]
    moved = ",".join(f"{i + 1}_{url_state.z_to_text(mean)}" for i, mean in sorted(mixture.moved.items()))
    url_state.put("component", str(mixture.component + 1) if memory.picked else None)
    url_state.put("moved", moved or None)
    url_state.put("behind", None if mixture.behind == BEHIND[0] else mixture.behind)
    url_state.put("dims", None if mixture.axes is None else url_state.axes_to_text(mixture.axes))


def _take_told(memory: _Memory) -> None:
    state = st.session_state.get(KEY) or {}
    told: Mapping[str, Any] | None = state.get("told")
    if told is not None and told["turn"] == memory.turn:
        moved = {int(i): url_state.rounded(mean) for i, mean in told["moved"].items()}
        memory.shown = Mixture(int(told["component"]), moved, told["behind"], told["axes"])
        memory.picked = True


def _component(count: int) -> int | None:
    text = url_state.get("component")
    if text is None:
        return None
    if text.isdecimal() and len(text) < 5 and 1 <= int(text) <= count:
        return int(text) - 1
    url_state.note(f"The link's component is none of the model's {count:,}; showing the image's own instead.")
    return None


def _moved(count: int, z_dim: int) -> dict[int, list[float]]:
    text = url_state.get("moved")
    moved: dict[int, list[float]] = {}
    try:
        for part in text.split(",") if text else []:
            number, _, mean = part.partition("_")
            values = url_state.z_from_text(mean, z_dim)
            if not (number.isdecimal() and len(number) < 5 and 1 <= int(number) <= count):
                raise UsageError("no such component")
            if max(map(abs, values)) > REACH:
                raise UsageError("out of reach")
            moved[int(number) - 1] = values
    except UsageError:
        url_state.note(
            "The link's moved means are not this model's components with their coordinates; all means are as trained."
        )
        return {}
    return moved


def _behind() -> Behind:
    wanted = url_state.get("behind")
    for behind in BEHIND:
        if behind == wanted:
            return behind
    if wanted is not None:
        url_state.note("The link asks for a density that is not here; showing the prior's.")
    return BEHIND[0]


def _axes(z_dim: int) -> list[int] | None:
    text = url_state.get("dims")
    try:
        return None if text is None else url_state.axes_from_text(text, z_dim)
    except UsageError as error:
        url_state.note(str(error))
        return None
