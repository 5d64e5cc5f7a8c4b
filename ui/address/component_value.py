"""What a component is set to, as the address and the visitor decide in turn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeGuard, TypeVar

import streamlit as st

from ui.address import url_state

Value = TypeVar("Value")


@dataclass
class ComponentValue(Generic[Value]):
    """What a session keeps of a component's value; what its browser told before the last `turn` is out of date."""

    value: Value
    turn: int = 0

    def put(self, value: Value) -> None:
        """Have the component show `value`, whatever it tells of the one before."""
        self.value, self.turn = value, self.turn + 1

    def is_told_by(self, told: Mapping[str, Any] | None) -> TypeGuard[Mapping[str, Any]]:
        """Whether the browser told this, and of the value that it was given last: `told` holds the turn it knew."""
        return told is not None and told["turn"] == self.turn


def component_value(
    key: str, memory: str, usual: Value, from_address: Callable[[], Value]
) -> ComponentValue[Value]:
    """The value of the component `key`, not yet drawn in this run, which the session keeps under `memory`.

    It is `usual` at first, and `from_address` whenever the address decides.
    """
    kept: ComponentValue[Value] = st.session_state.setdefault(memory, ComponentValue(usual))
    if url_state.decides(key):
        kept.put(from_address())
    return kept
