"""The GMVAE page's own, as Python runs it."""

import copy
import json
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.small import TRAIN, VALIDATION
from ui.gmvae.choice import KEY
from vaemodels import checkpoints, data, presets, runs
from vaemodels.analysis.mixtures import occupancy
from vaemodels.data import binarize
from vaemodels.models import GMVAE, GMVAEConfig
from vaemodels.training import fit

PAGE = "pages/gmvae.py"
MODEL = "gmvae-10-digits"


def mixture(at: AppTest) -> dict[str, Any]:
    """What the page's centre is told."""
    [found] = [one for one in at.get("bidi_component") if one.proto.component_name == "vaelab_mixture"]
    told: dict[str, Any] = json.loads(found.proto.mixed.json)
    return told


def let_go(at: AppTest, **changes: Any) -> AppTest:
    """The browser's part: it tells what a visitor made of the mixture, and the page runs."""
    now = mixture(at)
    told = {name: now[name] for name in ("component", "moved", "behind", "axes", "turn")} | changes
    at.session_state[KEY] = {"told": told}
    return at.run()


def texts(at: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*at.markdown, *at.caption, *at.header))


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def start_training(at: AppTest) -> AppTest:
    [button] = [button for button in at.button if button.label == "Start training"]
    return button.click().run()


def test_a_component_that_is_picked_is_what_the_page_is_about_and_stays_in_its_link(visit):
    at = let_go(visit(PAGE, model=MODEL), component=4)
    assert not at.exception
    assert "Around component 5" in [header.value for header in at.header]
    assert at.query_params["component"] == "5"
    assert "Component 5" in html(at)  # the images that it holds
    opened = visit(PAGE, **dict(at.query_params))
    assert mixture(opened)["component"] == 4
    assert not opened.toast
    # Another model with fewer components has no such one.
    at.selectbox(key="model").set_value("gmvae-2d").run()
    assert mixture(at)["component"] == 4
    assert at.query_params["model"] == "gmvae-2d"


def test_until_a_component_is_picked_it_is_the_images_own(visit):
    at = visit(PAGE, model="gmvae-10", images="digits", image="digits-0")
    assert mixture(at)["component"] == 2  # a group of sixes for this 6
    assert "component" not in at.query_params
    other = visit(PAGE, model="gmvae-10", images="digits", image="digits-1")
    model = checkpoints.load("gmvae-10").model
    assert isinstance(model, GMVAE)
    with torch.no_grad():
        q = model.encode(binarize(data.load("digits", "test").images, "static")[1:2])["z"]
        own = int(model.prior().responsibilities(q.sample((1000,))[:, 0]).mean(0).argmax())
    assert mixture(other)["component"] == own != 2
    assert f"Around component {own + 1}" in [header.value for header in other.header]


def test_the_first_component_is_in_the_address_once_it_is_picked(visit):
    at = let_go(visit(PAGE, model="gmvae-10", images="digits", image="digits-0"), component=6)
    assert at.query_params["component"] == "7"
    assert let_go(at, component=0).query_params["component"] == "1"
    # Another image moves no component that was picked.
    at.session_state["images"] = "draw"
    assert mixture(at.run())["component"] == 0
    assert at.query_params["component"] == "1"


def test_what_moving_a_mean_does_to_the_test_images_is_what_torch_computes(visit):
    at = visit(PAGE, model="gmvae-2d")
    assert "Drag an image in the plane" in texts(at)
    at = let_go(at, component=9, moved={"9": [8.0, -8.0]})
    assert at.query_params["moved"] == "10_8_-8"
    model = checkpoints.load("gmvae-2d").model
    assert isinstance(model, GMVAE)
    split = data.load("digits", "test")
    with torch.no_grad():
        q = model.encode(binarize(split.images, "static"))["z"]
        trained = occupancy(model.prior(), q.mean, q.stddev, split.labels).kl.mean().item()
        moved = copy.deepcopy(model)
        moved.prior_mean[9] = torch.tensor([8.0, -8.0])
        after = occupancy(moved.prior(), q.mean, q.stddev, split.labels).kl.mean().item()
    assert after > trained
    assert f"is **{after:.2f} nats** on average, as trained {trained:.2f}" in texts(at)
    about = "all 300 test images of the built-in digits (static binarisation)"
    assert about in texts(at)
    assert "The terms here are **as trained**" in texts(at)
    # What the component holds is counted under the prior as it was moved.
    held = occupancy(moved.prior(), q.mean, q.stddev, split.labels)
    assert mixture(at)["about"] == f"{about}, with 1 mean moved"
    assert f"Counted here: {about}, with 1 mean moved" in texts(at)
    assert held.table[9].sum() == 0
    assert "Component 10 is the most probable one of **none**" in texts(at)

    opened = visit(PAGE, **dict(at.query_params))
    assert mixture(opened)["moved"] == {"9": [8.0, -8.0]}
    # Whoever looks at another model and comes back finds what they moved.
    at.selectbox(key="model").set_value(MODEL).run()
    assert mixture(at)["moved"] == {} and "moved" not in at.query_params
    at.selectbox(key="model").set_value("gmvae-2d").run()
    assert mixture(at)["moved"] == {"9": [8.0, -8.0]}


def test_what_the_browser_told_before_the_last_link_is_passed_over(visit):
    at = let_go(visit(PAGE, model=MODEL), component=4)
    old = mixture(at)["turn"] - 1
    at = let_go(at, component=7, turn=old)
    assert at.query_params["component"] == "5"


SENTENCES = {
    "component": "component is none of the model's 10",
    "moved": "moved means are not",
    "behind": "a density that is not here",
    "dims": "axes are not two dimensions",
}


@pytest.mark.parametrize(
    ("component", "moved", "dims"),
    [
        ("1000000000", "3_1e999", "1_99"),
        ("-3", "99_" + "_".join(["1"] * 10), "3_3"),
        ("abc", "2_" + "_".join(["5000"] * 10), "x"),
        ("0", "1_0.5", "0_1"),
        ("banana", "xx", "9_9"),
    ],
)
def test_rubbish_in_the_address_is_one_sentence_each(visit, component, moved, dims):
    query = {"component": component, "moved": moved, "behind": "nothing", "dims": dims}
    at = visit(PAGE, model=MODEL, **query)
    assert not at.exception and not at.error
    told_of = [str(toast.value) for toast in at.toast]
    assert len(told_of) == len(query)
    for name, value in query.items():
        [sentence] = [text for text in told_of if SENTENCES[name] in text]
        assert sentence.endswith(".")
        assert len(value) < 4 or value not in sentence
    told = mixture(at)
    assert (told["component"], told["moved"], told["behind"], told["axes"]) == (0, {}, "mixture", None)
    assert query.keys().isdisjoint(at.query_params)


def test_a_model_of_another_kind_is_one_sentence(visit):
    at = visit(PAGE, model="vae-digits")
    [toast] = at.toast
    assert "asks for a model that is not on this page" in toast.value
    assert at.selectbox(key="model").value == "gmvae-10"


@pytest.mark.parametrize("components", ["0", "1000000000"])
def test_a_number_of_components_that_makes_no_sense_is_one_sentence(visit, components):
    at = visit(PAGE, model=MODEL)
    at.text_input(key="t_components").set_value(components)
    start_training(at)
    assert not at.exception
    [error] = at.error
    assert "omponents" in error.value
    assert error.value.endswith(".") and "\n" not in error.value
    assert at.text_input(key="t_components").value == components


@pytest.mark.parametrize("look", ["occupancy", "draws", "beside"])
def test_a_look_has_its_numbers_with_what_they_were_measured_on(visit, look):
    at = visit(PAGE, model=MODEL, look=look)
    assert not at.exception
    assert all(chart.proto.alt for chart in at.get("plotly_chart"))
    measured = "test images of the built-in digits"
    assert measured in texts(at) + html(at)
    if look == "occupancy":
        assert "recorded from now on" in texts(at)
        assert "Dark: component 1, the chosen one" in texts(at)
    if look == "beside":
        card = checkpoints.read_card(MODEL)
        assert f"{card['evaluation']['nelbo']:.1f} ± " in html(at)


def own_model() -> bytes:
    """A finished run's file, its history with the course of occupancy."""
    config = presets.get(MODEL).training
    run, card = runs.new("mine", "gmvae", GMVAEConfig(z_dim=2, hidden=(16,), components=5), config)
    run.config = type(config)(dataset="digits", epochs=3, batch_size=50)
    for _ in fit(run, TRAIN, VALIDATION):
        pass
    return runs.dumps(run, card)


def test_a_visitors_own_model_shows_how_its_components_shared_out_the_images(visit):
    at = visit(PAGE, model=MODEL, look="occupancy")
    file = own_model()
    at.session_state["own_names"] = {"mine-1": ""}
    at.session_state["own_models"] = {"mine-1": (checkpoints.loads(file), file)}
    at.session_state["wanted_model"] = "mine-1"
    at.run()
    assert not at.exception
    assert at.selectbox(key="model").value == "mine-1"
    [alt] = [
        chart.proto.alt for chart in at.get("plotly_chart") if chart.proto.alt.startswith("Components in use")
    ]
    last = checkpoints.loads(file).card["history"][-1]["components_in_use"]
    assert "over 3 epochs" in alt and f"{last:.1f} after epoch 3" in alt


def test_parts_that_a_link_leaves_out_leave_the_page_whole(visit):
    at = visit(PAGE, model=MODEL, hide="around,elbo,looks,pick,source,train")
    assert not at.exception and not at.toast
    assert mixture(at)["component"] == 0
    assert "Train one yourself" not in [header.value for header in at.header]
