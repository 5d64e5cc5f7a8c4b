"""The tour: each step opens in the state that it speaks of, and what it says is computed or read off its page."""

import re
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT
from tests.pages.test_every_page import html_of
from ui.all_pages import PAGES
from ui.compare.measured import group_key
from ui.fsvae.experiments import EXPERIMENTS as STYLES
from ui.gmvae.experiments import EXPERIMENTS as GROUPS
from ui.gradients.experiments import EXPERIMENTS as GRADIENTS
from ui.home.lesson import LESSON, LOCAL
from ui.hvae.experiments import EXPERIMENTS as LEVELS
from ui.iwae.experiments import EXPERIMENTS as BOUNDS
from ui.next_pages import NEXT, following
from ui.ssvae.experiments import EXPERIMENTS as LABELS
from ui.tour import STEPS
from ui.tour.bar import PARAMETER
from ui.vae.experiments import EXPERIMENTS as CODES
from vaemodels import checkpoints
from vaemodels.analysis.comparable import Card, group_of, row

OF_SLOT = {page.slot: page for page in PAGES}
COMMON = {"model", "images", "image", "show", "seed", "look"}


def come(slot: str, **query: str) -> AppTest:
    """A page as a link opens it."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params.update(query)
    return at.switch_page(OF_SLOT[slot].file).run()


def told(at: AppTest) -> str:
    """All words on the page."""
    kinds = (at.markdown, at.caption, at.header, at.title)
    return html_of(at) + "".join(str(one.value) for elements in kinds for one in elements)


# What each step's sentence names, as its page says it; a component's own words are the browser test's.
NAMED = {
    1: ["two numbers"],
    2: ["a 6", "KL(q ‖ p)"],
    3: ["straight line between the two codes"],
    4: ["a 3"],
    5: ["Two answers from the same draws"],
    6: ["distortion", "rate", "the loss it was trained with"],
    7: ["GMVAE, 10 dimensions, 10 components"],
    8: ["L₁ is the ELBO"],
    9: ["classifier’s", "a 5"],
    10: ["every column below is one style"],
    11: ["**Drag A in the plane**"],
    12: ["It bounds log p(x|y)", "fsvae-digits"],
}


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_a_steps_link_opens_its_page_in_its_state(number):
    step = STEPS[number - 1]
    page = OF_SLOT[step.page]
    assert step.state.keys() <= {*COMMON, *page.parameters, "group", "draws"}
    assert step.state.get("model", "vae") in checkpoints.pretrained_names()
    assert step.state.get("look") in {None, *page.looks}
    at = come(step.page, **step.state, tour=str(number))
    assert not at.exception and not at.error
    assert [toast.value for toast in at.toast] == []
    [bar] = [text.value for text in at.markdown if text.value.startswith(f"**{number} of {len(STEPS)} · ")]
    assert step.do in bar and step.look_for in bar
    texts = told(at)
    assert [words for words in NAMED[number] if words not in texts] == []


def same_as(name: str, experiments, *but: str) -> dict[str, object]:
    """The state of an experiment, whose observation has a test of its own, without some parameters."""
    [state] = [one.state for one in experiments if one.name == name]
    return {key: str(value) for key, value in state.items() if key not in but}


def test_what_a_step_says_is_what_an_experiment_of_the_same_state_is_held_to():
    for number, name, experiments in [
        (3, "walk", CODES),
        (5, "path", GRADIENTS),
        (7, "sixes", GROUPS),
        (8, "gain", BOUNDS),
        (9, "differ", LABELS),
        (10, "lean", STYLES),
        (11, "sevens", LEVELS),
    ]:
        assert STEPS[number - 1].state == same_as(name, experiments), number


def test_the_rates_of_two_betas_are_those_of_a_step():
    high, low = (row(checkpoints.read_card(name)).rate for name in ("vae-beta10", "vae-beta0.25"))
    assert f"falls to {high:.1f} nats, then rises to {low:.1f}" in STEPS[5].look_for


def test_a_models_place_depends_on_the_bound_as_a_step_says():
    cards = map(checkpoints.read_card, checkpoints.pretrained_names())
    rows = {card["name"]: row(card) for card in cards if _key(card) == STEPS[11].state["group"]}
    by_elbo = sorted(rows, key=lambda name: rows[name].nelbo.mean)
    by_many = sorted(rows, key=lambda name: -rows[name].bounds[100].mean)
    assert by_elbo.index("iwae-k50-digits") == len(rows) - 2
    assert by_many.index("iwae-k50-digits") == 2


def _key(card: Card) -> str | None:
    group = group_of(card)
    return None if group is None else group_key(group)


def test_a_step_that_is_not_on_the_page_is_told_and_passed_over():
    for asked in ("4", "0", "99", "x"):
        at = come("vae", tour=asked)
        assert ["step of the tour" in toast.value for toast in at.toast] == [True]
        assert PARAMETER not in at.query_params
        assert not [button for button in at.button if button.label == "Leave"]


def test_home_starts_the_tour():
    at = come("home")
    at.button(key="take_tour").click().run()
    assert at.query_params[PARAMETER] == "1"
    assert at.button(key="tour_back").disabled
    at.button(key="tour_next").click().run()
    at.switch_page("pages/home.py").run()  # by the menu
    assert PARAMETER not in at.query_params
    assert [button for button in at.button if button.label == f"Go on with step 2 of {len(STEPS)}"]


def test_the_tour_goes_on_and_back_and_is_left_and_taken_up_again():
    at = come("vae", **STEPS[1].state, tour="2")
    at.number_input(key="seed").set_value(7).run()
    at.button(key="tour_next").click().run()  # another state of the same page
    assert at.session_state["look"] == "interpolate"
    assert at.number_input(key="seed").value == 0  # the step's state is all of the page's
    at.button(key="tour_back").click().run()
    assert at.session_state["look"] == "samples"
    assert at.query_params[PARAMETER] == "2"
    at.button(key="tour_leave").click().run()
    assert PARAMETER not in at.query_params
    assert at.query_params["model"] == "vae-digits"  # the page stays as it is
    at.switch_page("pages/home.py").run()
    [resume] = [button for button in at.button if button.label == f"Go on with step 2 of {len(STEPS)}"]
    resume.click().run()
    assert at.title[0].value == "VAE and β-VAE"
    assert at.query_params[PARAMETER] == "2"


def test_every_page_but_home_leads_on_to_others_that_are_there():
    assert NEXT.keys() == {page.slot for page in PAGES[1:]} | (NEXT.keys() - OF_SLOT.keys())
    for page in PAGES[1:]:
        found = following(page.slot, PAGES)
        assert 1 <= len(found) <= 2
        assert all(question.endswith((".", "?")) for _, question in found)


def test_the_lessons_links_open_without_a_warning():
    text = LESSON.read_text(encoding="utf-8")
    links = re.findall(rf"{LOCAL}/(\w+)\?([^)]+)\)", text)
    assert len(links) >= 9
    for slot, query in links:
        at = come(slot, **dict(parse_qsl(query)))
        assert not at.exception and not at.error
        assert [toast.value for toast in at.toast] == []
        assert "model" not in dict(parse_qsl(query)) or at.session_state["model"] in query


def test_home_opens_the_lesson_with_links_to_this_server():
    at = come("home")
    [offered] = [button for button in at.button if "sixty minutes" in button.label]
    offered.click().run()
    [lesson] = [text.value for text in at.markdown if "Ten questions" in text.value]
    assert "](/bound?model=vae-2d-digits" in lesson
    assert LOCAL not in lesson
