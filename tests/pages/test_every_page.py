"""What every page promises, whatever its story: tried on each by what it says of itself."""

import random
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.rubbish import RUBBISH
from tests.ui.app_html import changing
from ui.all_pages import PAGES
from ui.page import Page
from vaemodels import checkpoints

COMMON = ["model", "images", "image", "show", "seed", "look", "hide", "try", "tour", "z", "digit", "axes"]

pytestmark = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slot)


def components(at: AppTest) -> set[str]:
    return {element.proto.component_name for element in at.get("bidi_component")}


def sentences(at: AppTest) -> list[str]:
    """What the page says of a link: sentences all, with no error and no traceback beside them."""
    assert not at.exception
    assert not at.error
    assert len(at.title) == 1
    texts = [str(toast.value) for toast in at.toast]
    assert all(text.endswith(".") and "\n" not in text for text in texts)
    return texts


def html_of(at: AppTest) -> str:
    """All HTML that the page shows."""
    return "".join([*changing(at), *(element.proto.body for element in at.get("html"))])


def test_it_opens_with_a_model_on_screen_and_words_for_every_picture(visit, page: Page):
    at = visit(page.file)
    assert sentences(at) == []
    pictures = re.findall(r"<img [^>]*>", html_of(at))
    if "model" in page.parts or page is PAGES[0]:  # else the first screen is of no model
        assert "vaelab_weights" in components(at)
        assert {"vaelab_explorer", "vaelab_push"} & components(at)
        assert pictures
    assert components(at)
    assert all(re.search(r'alt="[^"]+"', picture) for picture in pictures)
    assert all(chart.proto.alt for chart in at.get("plotly_chart"))


@pytest.mark.parametrize("seed", range(3))
def test_rubbish_in_its_address_gives_the_defaults_and_sentences(visit, page: Page, seed: int):
    choose = random.Random(seed)
    names = sorted({*COMMON, *page.parameters})
    query = {name: choose.choice(RUBBISH) for name in names}
    at = visit(page.file, **query)
    texts = sentences(at)
    quoted = {value for value in query.values() if len(value) > 3 and not value.isalnum()}
    assert not any(value in text for value in quoted for text in texts)
    assert at.number_input(key="seed").value == 0
    assert at.session_state["show"] == "mean" if page.decoding else "show" not in at.session_state
    at.number_input(key="seed").set_value(5).run()
    assert not at.exception


def test_a_link_opens_what_its_sender_saw(visit, page: Page):
    at = visit(page.file)
    at.number_input(key="seed").set_value(7)
    if page.decoding:
        at.session_state["show"] = "draw"
    at.run()
    sent = dict(at.query_params)
    assert sent["seed"] == "7" and sent.get("show") == ("draw" if page.decoding else None)
    opened = visit(page.file, **sent)
    assert sentences(opened) == []
    assert dict(opened.query_params) == sent
    assert opened.number_input(key="seed").value == 7
    assert not page.decoding or opened.session_state["show"] == "draw"


def test_a_link_can_leave_parts_out_and_nobody_is_locked_out(visit, page: Page):
    if not page.parts:
        pytest.skip("this page has no parts to leave out")
    at = visit(page.file, hide=",".join(page.parts))
    assert sentences(at) == []
    headings = [heading.value for heading in at.header]
    [everything] = [button for button in at.button if button.label == "Show all controls"]
    everything.click().run()
    assert sentences(at) == []
    assert "hide" not in at.query_params
    assert len(at.header) > len(headings)


def test_a_link_for_a_class_shows_just_what_it_should(visit, page: Page):
    left_out = [part for part in ("looks", "train", "try", "source") if part in page.parts]
    if not left_out:
        pytest.skip("this page has no such parts to leave out")
    at = visit(page.file, hide=",".join(left_out))
    assert sentences(at) == []
    headings = {heading.value for heading in at.header}
    assert not headings & {"Try this", "A closer look", "Where next"}
    assert "look" not in at.session_state or "looks" not in left_out
    starts = [button for button in at.button if button.label == "Start training"]
    assert not starts or "train" not in left_out  # the Studio is for training
    assert at.query_params["hide"] == ",".join(left_out)
    whole = {heading.value for heading in visit(page.file).header}
    assert headings < whole and {"Try this", "Where next"} <= whole


def test_the_models_of_its_experiments_starts_and_rows_are_there(page: Page):
    names = checkpoints.pretrained_names()
    assert {variant.name for variant in page.variants} <= set(names)
    assert {experiment.state.get("model", names[0]) for experiment in page.experiments} <= set(names)
    for experiment in page.experiments:
        assert experiment.state.get("look", next(iter(page.looks), None)) in {*page.looks, None}
    for start in page.starts:
        assert start.state.keys() <= {*COMMON, *page.parameters}


# The last: nothing that was computed for the others is remembered after it.
@pytest.mark.usefixtures("changed_files")
def test_without_its_models_it_says_so(visit, monkeypatch, tmp_path, page: Page):
    monkeypatch.setattr(checkpoints, "pretrained_folder", lambda: tmp_path)
    at = visit(page.file)
    assert not at.exception
    [error] = at.error
    assert "pretrained/" in error.value
    assert error.value.endswith(".")
