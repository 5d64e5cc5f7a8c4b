"""The Gradients page as Python runs it: each look with its words, links, and what is let go of."""

import pytest

from ui.gradients import overk, simplex
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
    assert at.get("plotly_chart") or tables or drawn & {"vaelab_simplex", "vaelab_overk"}


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


SETTINGS = {
    "k": {"toy": "gumbel_exp_0_0.01_10_scale", "ks": "-3_10_0"},
    "simplex": {"softness": "0.01"},
    "discrete": {"bits": "3", "theta": "0.8", "tau": "0.01", "loo": "1"},
    "decoder": {"decoder": "vae-2d-rec", "place": "3"},
    "draws": {"toy": "normal_square_1_0.01_0_scale"},
}


@pytest.mark.parametrize("look", SETTINGS)
def test_a_link_keeps_a_looks_settings_and_extremes_are_no_error(visit, look: str) -> None:
    sent = SETTINGS[look] | ({} if look == "k" else {"look": look})
    at = visit(PAGE, **sent)
    assert not at.exception and not at.error and not at.toast
    assert dict(at.query_params) == sent
    shown = " ".join(str(part.value) for part in (*at.markdown, *at.caption))
    assert "nan" not in shown.split() and "inf" not in shown.split()


def test_ks_and_the_temperature_go_into_the_address_and_rubbish_is_passed_over(visit) -> None:
    at = visit(PAGE)
    told = {"at": {"square": -1.5, "cos": 1.06, "exp": 99.0}, "turn": 1}
    at.session_state[overk.KEY] = {"released": told}
    at.run()
    assert at.query_params["ks"] == "-1.5_1.06_10"
    at = visit(PAGE, look="simplex")
    at.session_state[simplex.KEY] = {"released": {"tau": 0.1, "turn": 1}}
    at.run()
    assert at.query_params["softness"] == "0.1"
    for query in ({"ks": "1_2_11"}, {"ks": "x"}, {"look": "simplex", "softness": "0"}):
        at = visit(PAGE, **query)
        [toast] = at.toast
        assert str(toast.value).startswith("The link’s") and str(toast.value).endswith(".")


def test_there_is_no_choice_between_mean_and_draw_where_nothing_follows_it(visit) -> None:
    at = visit(PAGE, show="draw")
    assert "show" not in at.session_state and at.number_input(key="seed").value == 0
