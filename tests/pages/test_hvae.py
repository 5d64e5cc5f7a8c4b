"""The hierarchical VAE page's own, as Python runs it."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.app_html import changing
from ui.hvae import compared, levels
from ui.hvae.page import LOOKS
from vaemodels import checkpoints

PAGE = "pages/hvae.py"
MODEL = "hvae-digits"


def grid_of(at: AppTest) -> dict[str, Any]:
    found = [e.proto for e in at.get("bidi_component") if e.proto.component_name == "vaelab_levels"]
    [proto] = found
    data = proto.mixed.json if proto.HasField("mixed") else proto.json
    return json.loads(data)


def toasts(at: AppTest) -> list[str]:
    assert not at.exception
    assert not at.error
    return [str(toast.value) for toast in at.toast]


def test_it_opens_with_the_grid_and_what_each_level_costs(visit):
    at = visit(PAGE, model=MODEL)
    assert toasts(at) == []
    grid = grid_of(at)
    assert grid["rows"] == grid["drawn"] == levels.drawn_rows(0, 2).tolist()
    quadrants = {(z[0] > 0, z[1] > 0) for z in grid["rows"]}
    assert len(quadrants) == levels.COUNT
    html = "".join([*changing(at), *(element.proto.body for element in at.get("html"))])
    kl = checkpoints.read_card(MODEL)["evaluation"]["kl"]
    assert f"<td>{kl['z1']:.1f} ± " in html and f"<td>{kl['z2']:.2f} ± " in html
    assert "<td>20 of 20</td>" in html and "<td>2 of 2</td>" in html


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"model": "vae"}, "a model that is not on this page"),
        ({"row": "e"}, "row is not a, b, c or d"),
        ({"rows": "1_2~1_2~1_2"}, "rows are not 4 points of 2 numbers"),
        ({"rows": "1_2~1_2~1_2~1_11"}, "rows are not 4 points of 2 numbers"),
        ({"rows": "x"}, "rows are not 4 points of 2 numbers"),
        ({"resampled": "-1"}, "count of draws of z1 is not a number"),
        ({"upper": "1_2"}, "plane of z2 is not two of its 2 dimensions"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said_in_one_sentence(visit, query, sentence):
    [text] = toasts(visit(PAGE, **{"model": MODEL} | query))
    assert sentence in text
    assert text.endswith(".")


def test_the_grid_of_a_link_opens_and_what_the_browser_moves_goes_into_the_address(visit):
    rows = [[-1.5, 0.0], [1.5, 0.25], [0.0, -1.0], [0.5, 2.0]]
    sent = {"model": MODEL, "rows": levels.rows_to_text(rows), "row": "c", "resampled": "7"}
    at = visit(PAGE, **sent)
    grid = grid_of(at)
    assert (grid["rows"], grid["row"], grid["resampled"]) == (rows, 2, 7)
    assert dict(at.query_params) == sent
    told = {"occasion": grid["occasion"], "row": 1, "rows": grid["drawn"], "resampled": 8, "axes": None}
    at.session_state[levels.KEY] = {"grid": told}
    at.run()
    assert dict(at.query_params) == {"model": MODEL, "row": "b", "resampled": "8"}
    at.session_state[levels.KEY] = {"grid": told | {"occasion": "of another grid", "row": 3}}
    at.run()
    assert at.query_params["row"] == "b"


def test_the_switch_of_warm_up_is_about_the_models_and_chooses_the_model(visit):
    at = visit(PAGE, model="hvae-parallel-warm-digits", look="compared", warmup="none")
    assert toasts(at) == []
    assert at.session_state["warmup"] == "warm"
    assert "warmup" not in at.query_params
    for choice, name in (("none", "hvae-parallel-digits"), ("warm", "hvae-parallel-warm-digits")):
        at.button_group(key="warmup").set_value(choice).run()
        assert toasts(at) == []
        assert at.selectbox(key="model").value == name
        assert at.session_state["warmup"] == choice
        kl = checkpoints.read_card(name)["evaluation"]["kl"]["z2"]
        [said] = [text.value for text in at.markdown if text.value.startswith(f"{name}: KL of z2")]
        assert f"**{kl:.2f} ± " in said and f"**{1 + (choice == 'warm')} of 2 units** in use" in said


def test_a_warm_up_chosen_beside_another_model_is_offered_to_the_page(visit):
    at = visit(PAGE, model=MODEL, look="compared", warmup="warm")
    assert at.session_state["warmup"] == "warm"
    assert at.selectbox(key="model").value == MODEL
    at.button(key="use-hvae-parallel-warm-digits").click().run()
    assert toasts(at) == []
    assert at.selectbox(key="model").value == "hvae-parallel-warm-digits"


def test_without_one_of_the_two_there_is_no_switch(visit, monkeypatch):
    monkeypatch.setattr(
        compared, "NAMES", tuple(name for name in compared.NAMES if name != compared.PAIR["warm"])
    )
    at = visit(PAGE, model=MODEL, look="compared")
    assert toasts(at) == []
    assert all(group.key != "warmup" for group in at.button_group)


def test_a_term_that_is_no_divergence_is_said_to_be_none(visit):
    at = visit(PAGE, model=MODEL, look="compared")
    assert toasts(at) == []
    said = [*(element.value for element in at.caption), *(element.value for element in at.markdown)]
    assert sum("E_q[log q(z1|x) − log p(z1|z2)], no divergence" in text for text in said) == 2


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_has_words_for_its_charts(visit, look):
    at = visit(PAGE, model="hvae-parallel-digits", look=look)
    assert toasts(at) == []
    assert all(chart.proto.alt for chart in at.get("plotly_chart"))
