"""The page of the bound, as Python runs it."""

import json
import re
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch.distributions import MultivariateNormal

from ui.bound.experiments import EXPERIMENTS
from ui.bound.page import LOOKS
from ui.bound.push import KEY
from ui.bound.side_by_side import Terms, in_words
from ui.images.choice import image_named
from vaemodels import amortisation, checkpoints
from vaemodels.analysis.gaps import bound_terms, encoder_q
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.evaluation import image_terms

PAGE = "pages/bound.py"


def pushed(at: AppTest) -> dict[str, Any]:
    """What the page tells its plane."""
    [proto] = [e.proto for e in at.get("bidi_component") if e.proto.component_name == "vaelab_push"]
    data: dict[str, Any] = json.loads(proto.mixed.json if proto.HasField("mixed") else proto.json)
    return data


def release(at: AppTest, q: list[float], family: str = "diagonal") -> AppTest:
    """The browser's part: q is let go of."""
    at.session_state[KEY] = {"released": {"q": q, "family": family, "occasion": pushed(at)["occasion"]}}
    return at.run()


def test_only_models_with_two_latents_are_offered(visit):
    at = visit(PAGE)
    names = [option.split(" · ")[0] for option in at.selectbox(key="model").options]
    assert names[0] == "vae-2d" and "gmvae-2d" in names
    assert all(checkpoints.read_card(name)["config"]["z_dim"] == 2 for name in names)


def test_q_begins_at_the_encoders(visit):
    at = visit(PAGE, model="vae-2d-digits")
    model = checkpoints.load("vae-2d-digits").model
    terms = image_terms(model, image_named("digits-0", model).x)
    assert pushed(at)["encoder"]["mean"] == pytest.approx(terms.code.tolist(), abs=1e-5)
    assert pushed(at)["q"] is None


def test_a_q_that_was_let_go_of_is_in_the_address_and_a_link_opens_it(visit):
    at = release(visit(PAGE, model="vae-2d-digits"), [0.5, -0.25, 0.1, 0.2, 0.3], "full")
    assert not at.exception
    assert at.query_params["q"] == "0.5_-0.25_0.1_0.2_0.3"
    assert at.query_params["family"] == "full"
    opened = visit(PAGE, **dict(at.query_params))
    assert not opened.toast
    assert pushed(opened)["q"] == [0.5, -0.25, 0.1, 0.2, 0.3]
    assert pushed(opened)["family"] == "full"


def test_another_image_or_model_begins_at_its_encoders_q_again(visit):
    at = release(visit(PAGE, model="vae-2d-digits"), [0.5, -0.25, 0.1, 0.2, 0.0])
    at.selectbox(key="model").set_value("gmvae-2d").run()
    assert pushed(at)["q"] is None
    assert "q" not in at.query_params


def page_with_buttons() -> None:
    from tests.pages.buttons import with_buttons
    from ui.bound.page import BOUND

    with_buttons(BOUND)


def test_an_experiment_begins_at_the_encoders_q_whatever_the_one_before_left():
    at = AppTest.from_function(page_with_buttons, default_timeout=120).run()
    for experiment in EXPERIMENTS:
        [button] = [button for button in at.button if button.label == experiment.name]
        button.click().run()
        assert not at.exception and not at.toast
        assert pushed(at)["q"] is None
        assert pushed(at)["family"] == experiment.state["family"]
        assert "q" not in at.query_params
        at = release(at, [0.5, -0.25, 0.1, 0.2, 0.0], "isotropic")
        assert at.query_params["family"] == "isotropic"


@pytest.mark.parametrize("q", ["banana", "1_2", "0_0_0_0_0", "9999_0_1_1_0", "0_0_1_99_0"])
def test_a_link_with_an_impossible_q_says_so(visit, q):
    at = visit(PAGE, q=q, family="round")
    assert not at.exception
    assert len(at.toast) == 2
    assert pushed(at)["q"] is None and pushed(at)["family"] == "diagonal"


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_shows_numbers_and_no_error(visit, look):
    at = visit(PAGE, model="vae-2d-digits", look=look)
    assert not at.exception and not at.error
    assert all(chart.proto.alt for chart in at.get("plotly_chart"))


def test_the_splits_of_the_stored_run_differ_by_less_than_one_and_a_half_standard_errors():
    for record in amortisation.load()["snapshots"]:
        for part in ("amortisation", "approximation"):
            learned, held_out = record["train"][part], record["held_out"][part]
            error = (learned["stderr"] ** 2 + held_out["stderr"] ** 2) ** 0.5
            assert abs(learned["mean"] - held_out["mean"]) < 1.5 * error


def test_surgery_says_where_the_images_are_not_those_that_a_model_learned(visit):
    at = visit(PAGE, model="vae-2d-digits", look="surgery")
    shown = " ".join(str(element.proto) for element in at.get("html"))
    assert shown.count("it learned MNIST") >= 2


def numbers_in(text: str) -> list[float]:
    """The numbers of a text, in their order."""
    return [float(found.replace("−", "-")) for found in re.findall(r"[−]?\d+\.\d+", text)]


def test_jensens_draws_are_of_the_q_that_was_let_go_of(visit):
    at = release(visit(PAGE, model="vae-2d-digits", look="jensen"), [1.4, -1.3, 0.3, 0.2, 0.0])
    [said] = [element.value for element in at.markdown if "mean of logs" in element.value]
    elbo, bound = numbers_in(said)[:2]
    model = checkpoints.load("vae-2d-digits").model
    x = image_named("digits-0", model).x
    q = MultivariateNormal(
        torch.tensor([1.4, -1.3]).double(), torch.diag(torch.tensor([0.3, 0.2]).double() ** 2)
    )
    terms = bound_terms(model, x, q, exact_posterior(model, x))
    assert elbo == pytest.approx(terms.elbo, abs=0.15)  # 5,000 draws that spread by some 2 nats
    assert bound == pytest.approx(terms.log_p, abs=0.15)
    assert terms.gap > 1


def test_beside_log_p_stands_the_bound_by_quadrature_which_no_draw_puts_above_it(visit):
    at = visit(PAGE, model="vae-2d-digits", look="beside")
    at.toggle(key="bound-beside").set_value(True).run()
    assert not at.exception
    shown = [str(e.proto.body) for e in at.get("html") if "−log p(x)" in str(e.proto.body)]
    found = [numbers_in(re.sub("<[^>]*>", " ", one)) for one in shown]
    assert len(found) == 6
    assert all(nelbo >= evidence for nelbo, _, _, evidence in found)
    model = checkpoints.load("vae-2d-digits").model
    x = image_named("digits-0", model).x
    terms = bound_terms(model, x, encoder_q(model, x), exact_posterior(model, x))
    assert found[0] == pytest.approx([-terms.elbo, terms.reconstruction, terms.kl, -terms.log_p], abs=0.06)
    assert any("more than the chosen image’s" in element.value for element in at.markdown)


def test_the_blank_canvas_is_said_to_be_likely_only_where_it_is():
    noise = Terms(800.0, 795.0, 5.0, 700.0)
    found = dict.fromkeys(("its pixels shuffled", "fair coins"), noise)
    found |= {
        "the chosen image": Terms(91.0, 84.0, 7.0, 90.8),
        "blank": Terms(1_155_488.1, 155_496.2, 999_991.9, 44.2),
    }
    likely = in_words(found)
    assert "1,155,488" in likely and "44.2, fewer than the chosen image’s 90.8" in likely
    unlikely = in_words(found | {"blank": Terms(202.7, 201.8, 0.9, 173.8)})
    assert "173.8, more than the chosen image’s 90.8" in unlikely and "28.9 are the gap" in unlikely
    unknown = in_words({name: one._replace(evidence=None) for name, one in found.items()})
    assert "fewer" not in unknown and "more than" not in unknown
