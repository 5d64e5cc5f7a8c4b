"""Where links, experiments and buttons lead: the part of the page that they speak of."""

import json

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT
from ui import lead
from ui.vae.page import EXPERIMENTS, STARTS, VARIANTS


def open_page(**query: str) -> AppTest:
    """The VAE page as one comes to it by a link."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params.update(query)
    at = at.switch_page("pages/vae.py").run()
    assert not at.exception
    return at


def led(at: AppTest) -> dict[str, object]:
    """What the browser is told: the part to lead to, and how many times there was one."""
    [found] = [one for one in at.get("bidi_component") if one.proto.component_name == "vaelab_lead"]
    told: dict[str, object] = json.loads(found.proto.json)
    return told


def test_a_link_leads_once_and_its_part_leaves_the_address():
    at = open_page(**lead.query({"look": "pairs"}, "looks"))
    assert led(at) == {"part": "looks", "focus": "looks", "count": 1}
    assert lead.PARAMETER not in at.query_params
    assert at.query_params["look"] == "pairs"
    at.number_input(key="seed").set_value(3).run()
    assert led(at) == {"part": "looks", "focus": "looks", "count": 1}  # the browser has led there already


def test_who_opens_the_page_by_itself_is_led_nowhere():
    assert led(open_page()) == {"part": "", "focus": "", "count": 0}


def test_what_is_about_a_look_leads_to_the_looks():
    assert all(start.at == "looks" for start in STARTS if "look" in start.state)
    assert all(experiment.state["look"] for experiment in EXPERIMENTS if experiment.at == "looks")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    queries = [link.proto.query_string for link in at.get("page_link")]
    for variant in VARIANTS:
        if variant.look:
            assert f"model={variant.name}&look={variant.look}&at=looks" in queries
    assert "look=beta&at=looks" in queries
