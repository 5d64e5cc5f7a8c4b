"""What a component is set to: the address decides where it is new, else what the browser told last."""

import pytest
import streamlit as st

from ui.address import url_state
from ui.address.component_value import ComponentValue, component_value


def test_what_was_told_of_an_earlier_value_is_out_of_date():
    kept = ComponentValue(1.0)
    assert kept.is_told_by({"turn": 0}) and not kept.is_told_by(None)
    kept.put(2.0)
    assert kept.value == 2.0
    assert kept.is_told_by({"turn": 1}) and not kept.is_told_by({"turn": 0})


def test_a_value_is_kept_until_the_address_decides(monkeypatch: pytest.MonkeyPatch):
    decides = iter([False, True, False, True])
    monkeypatch.setattr(url_state, "decides", lambda key: next(decides))
    monkeypatch.setattr(st, "session_state", {})
    seen = []
    in_address = iter([3.0, 5.0])
    for _ in range(4):
        kept = component_value("dial", "_dial", 1.0, lambda: next(in_address))
        seen.append((kept.value, kept.turn))
    assert seen == [(1.0, 0), (3.0, 1), (3.0, 1), (5.0, 2)]
