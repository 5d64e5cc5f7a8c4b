"""The Gradients page as Python runs it: each look with its words, links, and what is let go of."""

import pytest

from ui.gradients.clouds import KEY, USUAL
from ui.gradients.page import LOOKS

PAGE = "pages/gradients.py"


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_opens_and_its_charts_have_words(visit, look: str) -> None:
    at = visit(PAGE, look=look)
    assert not at.exception and not at.error
    assert all(any(digit.isdigit() for digit in chart.proto.alt) for chart in at.get("plotly_chart"))
    drawn = {element.proto.component_name for element in at.get("bidi_component")}
    tables = any("<table" in html.proto.body for html in at.get("html"))
    assert at.get("plotly_chart") or tables or "vaelab_simplex" in drawn


def test_what_is_let_go_of_goes_into_the_address_and_comes_back(visit) -> None:
    at = visit(PAGE)
    assert "toy" not in at.query_params
    told = {**USUAL._asdict(), "cost": "cos", "k": 5.0, "turn": 1}
    at.session_state[KEY] = {"released": told}
    at.run()
    assert not at.exception
    assert at.query_params["toy"] == "normal_cos_1_1_5"


def test_a_toy_of_rubbish_is_passed_over_in_a_sentence(visit) -> None:
    at = visit(PAGE, toy="normal_cos_1_1_99")
    assert next(str(toast.value) for toast in at.toast).startswith("The link's toy is not")
    assert "toy" not in at.query_params
