"""What a link asks for is what the page shows; what can't be read gives the default and a sentence."""

import json
import random
import string
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import streamlit as st
import torch
from hypothesis import given
from hypothesis import strategies as some
from streamlit.runtime.context_util import maybe_add_page_path, maybe_trim_page_path
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

from tests.rubbish import RUBBISH
from tests.ui.app_html import elbo
from ui.address import url_state
from ui.address.share_link import link, page_url
from ui.navigation import PATHS
from ui.vae.page import LOOKS, VAE
from vaemodels.errors import UsageError

ROOT = Path(__file__).parents[2]
HOME = "pages/home.py"
COORDINATES = some.floats(-99, 99)


@given(some.lists(COORDINATES, min_size=1, max_size=512))
def test_z_comes_back_as_the_page_that_wrote_it_took_it(z):
    text = url_state.z_to_text(z)
    assert url_state.z_from_text(text, len(z)) == url_state.rounded(z) == pytest.approx(z, abs=0.00005 + 1e-9)
    assert len(text) <= url_state.MAX_LENGTH


def test_z_has_no_more_decimals_than_it_needs():
    assert url_state.z_to_text([0.31, -1.2, 0, -0.00001, 1234.56789]) == "0.31_-1.2_0_0_1234.5679"


@given(some.integers(3, 512), some.data())
def test_axes_come_back(z_dim, data):
    axes = data.draw(some.lists(some.integers(0, z_dim - 1), min_size=2, max_size=2, unique=True))
    assert url_state.axes_from_text(url_state.axes_to_text(axes), z_dim) == axes


@pytest.mark.parametrize(
    ("text", "z_dim"),
    [("3", 10), ("3_3", 10), ("0_1", 10), ("1_11", 10), ("1_2_3", 10), ("1_x", 10), ("1_2", 2)],
)
def test_what_is_no_choice_of_two_axes_gives_a_sentence(text, z_dim):
    with pytest.raises(UsageError, match=r"axes are not two dimensions .*\.$"):
        url_state.axes_from_text(text, z_dim)


@given(some.text(max_size=60) | some.from_regex(r"[-0-9._e]{0,30}"), some.integers(1, 12))
def test_any_text_is_a_point_of_that_many_numbers_or_a_sentence(text, z_dim):
    try:
        z = url_state.z_from_text(text, z_dim)
    except UsageError as error:
        assert str(error).endswith(".")
    else:
        assert len(z) == z_dim


TEXTS = some.text(min_size=1, max_size=20)


@pytest.mark.parametrize("app", ["http://127.0.0.1:8501", "https://example.org/labs/gm"])
@pytest.mark.parametrize("path", PATHS)
def test_a_link_leads_to_its_own_page_whatever_other_its_address_ends_like(app: str, path: str):
    pages = {"": {"url_pathname": ""}} | {other: {"url_pathname": other} for other in PATHS}
    manager: Any = SimpleNamespace(get_pages=lambda: pages, current_page_script_hash=path)
    told = maybe_add_page_path(maybe_trim_page_path(f"{app}/{path}", manager), manager)
    assert page_url(told, path, PATHS) == f"{app}/{path}"


@given(some.dictionaries(TEXTS, TEXTS, max_size=5), some.sets(some.sampled_from(list(VAE.parts))))
def test_a_shared_link_carries_the_state_and_what_to_leave_out(state, hide):
    state = {name: value for name, value in state.items() if name != "hide"}
    asked = dict(
        parse_qsl(urlsplit(link("https://example.org/vae", {**state, "hide": "old"}, sorted(hide))).query)
    )
    assert asked.pop("hide", "") == ",".join(sorted(hide))
    assert asked == state


def open_page(page: str = "pages/vae.py", **query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params.update(query)
    return at.switch_page(page).run()


def sentences(at: AppTest) -> list[str]:
    """What the page says of the link; sentences all, and no traceback beside them."""
    assert not at.exception
    assert not at.error
    assert len(at.title) == 1
    texts = [str(toast.value) for toast in at.toast]
    for text in texts:
        assert text.endswith(".")
        assert "\n" not in text
    return texts


def test_a_link_sets_every_control():
    at = open_page(model="vae-digits", show="draw", seed="7", look="traversal", image="digits-12")
    assert sentences(at) == []
    assert at.selectbox(key="model").value == "vae-digits"
    assert at.session_state["show"] == "draw"
    assert at.number_input(key="seed").value == 7
    assert at.session_state["look"] == "traversal"
    assert "digits test image 12" in elbo(at)
    assert at.query_params["image"] == "digits-12"


def test_what_is_changed_by_hand_is_in_the_address_and_defaults_are_not():
    at = open_page()
    assert at.query_params == {}
    at.number_input(key="seed").set_value(3).run()
    at.selectbox(key="model").set_value("vae-digits").run()
    assert at.query_params["seed"] == "3"
    at.number_input(key="seed").set_value(0).run()
    assert "seed" not in at.query_params


def test_a_page_come_to_from_another_has_its_choices_made():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert at.session_state["show"] == "mean"
    at.switch_page("pages/vae.py").run()
    assert at.session_state["show"] == "mean"
    assert at.session_state["seed"] == 0


def test_a_page_come_back_to_is_as_it_was_left():
    left = {"model": "vae-2d-digits", "show": "draw", "seed": "7", "look": "cloud", "image": "digits-12"}
    at = open_page(**left)
    at.query_params.clear()
    at.switch_page(HOME).run()
    assert at.session_state["show"] == "mean"
    at.query_params.clear()
    at.switch_page("pages/vae.py").run()
    assert dict(at.query_params) == left
    assert at.session_state["show"] == "draw"
    assert at.session_state["look"] == "cloud"
    assert at.selectbox(key="model").value == "vae-2d-digits"


def test_z_of_a_link_is_where_the_explorer_starts():
    z = [0.31, -1.2]
    at = open_page(model="vae-2d-digits", z=url_state.z_to_text(z))
    assert sentences(at) == []
    assert at.session_state["_explorer_memory"]["left"] == (z, None)
    assert any("Your z reconstructs" in caption.value for caption in at.caption)
    # Another model has another latent space.
    at.selectbox(key="model").set_value("vae-digits").run()
    assert "z" not in at.query_params
    assert at.session_state["_explorer_memory"]["left"] is None


def test_the_numbers_of_a_z_are_those_that_a_link_to_it_shows():
    at = open_page(model="vae-digits")
    z = torch.randn(10, generator=torch.Generator().manual_seed(3)).tolist()
    memory = at.session_state["_explorer_memory"]
    at.session_state["explorer"] = {
        "released": {"z": z, "label": 0, "occasion": f"{memory['moves']}/{memory['occasion']}"}
    }
    at.run()
    [said] = [caption.value for caption in at.caption if "Your z reconstructs" in caption.value]
    again = open_page(model="vae-digits", z=at.query_params["z"])
    assert said in [caption.value for caption in again.caption]
    assert len(at.query_params["z"]) <= 80


@pytest.mark.parametrize(("text", "expected"), [("500_-0.3", [3.5, -0.3]), ("-9999_9", [-3.5, 3.5])])
def test_z_beyond_the_sliders_is_brought_back_to_them_with_a_sentence(text, expected):
    at = open_page(model="vae-2d-digits", z=text)
    [said] = sentences(at)
    assert (
        said == "The link's z lies beyond the sliders, which end at ±3.5; it is brought back to their ends."
    )
    assert at.session_state["_explorer_memory"]["left"] == (expected, None)


def test_a_z_as_far_out_as_the_codes_are_is_left_alone():
    at = open_page(model="vae-2d-rec", z="9_-8")
    assert sentences(at) == []
    assert at.session_state["_explorer_memory"]["left"] == ([9, -8], None)


def test_what_is_too_long_is_passed_over_with_a_sentence():
    at = open_page(model="vae-digits", z="_".join(["0.5"] * 5_000))
    [said] = sentences(at)
    assert said.startswith("The link's z has 19,999 characters")
    assert at.query_params == {"model": "vae-digits"}


def plane_of(at: AppTest, key: str = "explorer") -> dict[str, object]:
    """What the browser is asked to show on the plane."""
    [data] = [
        json.loads(element.proto.json)
        for element in at.get("bidi_component")
        if element.proto.component_name == "vaelab_explorer"
    ]
    assert data["key"] == key
    return data["plane"]


def test_a_link_opens_the_plane_that_its_sender_saw():
    at = open_page(model="vae-digits")
    assert plane_of(at) == {"axes": None, "background": "manifold", "turn": plane_of(at)["turn"]}
    told = {"axes": [2, 5], "background": "digits", "turn": plane_of(at)["turn"]}
    at.session_state["explorer"] = {"plane": told}
    at.run()
    assert at.query_params == {"model": "vae-digits", "axes": "3_6", "background": "digits"}
    again = open_page(**at.query_params)
    assert sentences(again) == []
    assert (plane_of(again)["axes"], plane_of(again)["background"]) == ([2, 5], "digits")


def test_another_model_starts_from_its_own_axes_unless_the_link_names_some():
    at = open_page(model="vae-digits", axes="3_6", background="plain")
    at.selectbox(key="model").set_value("vae").run()
    assert plane_of(at)["axes"] is None
    assert at.query_params == {"background": "plain"}
    assert plane_of(open_page(model="vae", axes="3_6"))["axes"] == [2, 5]


@pytest.mark.parametrize("query", [{"axes": "3_11"}, {"axes": "sideways"}, {"background": "stripes"}])
def test_a_plane_that_is_not_there_gives_the_usual_one_and_a_sentence(query):
    at = open_page(model="vae-digits", **query)
    assert len(sentences(at)) == 1
    assert (plane_of(at)["axes"], plane_of(at)["background"]) == (None, "manifold")


def test_all_that_one_run_changes_is_one_message_to_the_browser(monkeypatch):
    at = open_page(
        model="vae-digits", z=url_state.z_to_text([0.5] * 10), axes="3_6", image="digits-3", show="draw"
    )
    sent: list[str] = []
    tell = QueryParams._send_query_param_msg

    def noted(query: QueryParams) -> None:
        sent.append(str(query))
        tell(query)

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", noted)
    at.selectbox(key="model").set_value("vae-2d-digits").run()
    assert at.query_params == {"model": "vae-2d-digits", "image": "digits-3", "show": "draw"}
    assert len(sent) == 1


def test_a_private_model_gives_the_usual_one_and_the_reason():
    [text] = sentences(open_page(model="mine-1"))
    assert (
        text
        == "The model mine-1 belongs to whoever trained it and is kept in their tab; showing vae instead."
    )


def test_an_unknown_model_gives_the_usual_one_and_a_sentence():
    at = open_page(model="vae-beta1000")
    [text] = sentences(at)
    assert "showing vae instead" in text
    assert at.selectbox(key="model").value == "vae"


def test_an_autoencoder_has_nothing_to_draw():
    at = open_page(model="ae-2d", show="draw")
    assert sentences(at) == []
    [control] = [control for control in at.get("button_group") if control.proto.label == "Decoded images"]
    assert control.proto.disabled
    assert "no p(x|z)" in control.proto.help
    assert "f(g(x))" in elbo(at)


def names_in_use(at: AppTest) -> list[str]:
    """Everything the page keeps a value of under a name that an address could give too."""
    return [
        name
        for name in at.session_state
        if name[:1] in string.ascii_lowercase and all(c in string.ascii_letters + "_-" for c in name)
    ]


ALWAYS = ["model", "image", "images", "z", "show", "seed", "look", "hide", "try", "to"]


@pytest.mark.parametrize("look", LOOKS)
def test_rubbish_in_a_look_s_own_settings_is_passed_over(look):
    names = [*ALWAYS, *names_in_use(open_page(look=look, model="vae-2d-digits"))]
    choose = random.Random(look)
    query = {name: choose.choice(RUBBISH) for name in names if choose.random() < 0.7}
    sentences(open_page(**{**query, "look": look}))


@pytest.mark.parametrize("rubbish", ["nonsense", "1_2_3", "nan_nan"])
def test_rubbish_on_the_first_page(rubbish):
    [text] = sentences(open_page(HOME, z=rubbish))
    assert "2 numbers" in text


@pytest.fixture(autouse=True, scope="module")
def _clean() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
