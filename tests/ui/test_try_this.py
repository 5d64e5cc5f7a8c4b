"""Each experiment's observation, computed from the model and the image that its button sets."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor
from torch.distributions import Independent

from tests.ui.app_html import elbo
from ui import try_this
from ui.images.choice import image_named
from ui.looks import autoencoder as autoencoder_look
from ui.try_this import possible
from ui.vae.experiments import EXPERIMENTS
from ui.vae.page import LOOKS
from vaemodels import checkpoints, data
from vaemodels.data import binarize
from vaemodels.evaluation import ImageTerms, image_terms
from vaemodels.models import Model
from vaemodels.networks import VARIANCE_FLOOR, sample_pixels

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}
THERE = [
    experiment for experiment in EXPERIMENTS if experiment.state["model"] in checkpoints.pretrained_names()
]
PARAMETERS = {"model", "images", "image", "show", "seed", "look", "to", "line", "z"}


def model_of(name: str) -> Model:
    """The model of an experiment."""
    return checkpoints.load(str(NAMES[name].state["model"])).model


def image_of(name: str, model: Model, parameter: str = "image") -> Tensor:
    """An image that the experiment's state names, as `model` takes it."""
    return image_named(str(NAMES[name].state[parameter]), model).x


def terms_of(name: str, model: Model) -> ImageTerms:
    return image_terms(model, image_of(name, model))


def codes(model: Model) -> Tensor:
    """The codes of the built-in test images."""
    with torch.no_grad():
        return model.embed(binarize(data.load("digits", "test").images, "static"))


@torch.no_grad()
def walk() -> None:
    model = model_of("walk")
    ends = torch.stack(
        [model.embed(image_of("walk", model, which).unsqueeze(0))[0] for which in ("image", "to")]
    )

    def grey(pixels: Tensor) -> int:
        return int(((pixels > 0.2) & (pixels < 0.8)).sum())

    halfway, fade = model.decode(ends.mean(0)).mean, model.decode(ends).mean.mean(0)
    assert grey(halfway) < 0.8 * grey(fade)
    labels = [image_named(str(NAMES["walk"].state[which]), model).label for which in ("image", "to")]
    assert f"from a {labels[0]} to a {labels[1]}" in NAMES["walk"].do


@torch.no_grad()
def draw() -> None:
    model = model_of("draw")
    likelihood = model.decode(model.embed(image_of("draw", model).unsqueeze(0)))
    assert isinstance(likelihood, Independent)
    mean = likelihood.mean[0]
    draws = torch.cat([sample_pixels(likelihood, torch.Generator().manual_seed(seed)) for seed in range(5)])
    differ = (draws.unsqueeze(0) != draws.unsqueeze(1)).float().sum((0, 1))
    assert float(differ.sum()) > 0
    grey = (mean > 0.05) & (mean < 0.95)
    assert float(differ[grey].sum() / differ.sum()) > 0.9
    stroke = mean > 0.95
    assert min(float(x[stroke].mean()) for x in draws) > 0.9


@torch.no_grad()
def unused() -> None:
    model = model_of("unused")
    kl = terms_of("unused", model).kl_by_dimension["z"]
    assert f"{kl[2]:.2f}" == "0.00"
    z = model.embed(image_of("unused", model).unsqueeze(0)).repeat(7, 1)

    def change(dimension: int) -> float:
        moved = z.clone()
        moved[:, dimension] = torch.linspace(-3, 3, 7)
        decoded = model.decode(moved).mean
        return float((decoded.amax(0) - decoded.amin(0)).sum())

    assert change(2) < 0.05 * change(9)


def beta() -> None:
    kl = terms_of("beta", model_of("beta")).kl_by_dimension["z"]
    usual = terms_of("beta", checkpoints.load("vae").model).kl_by_dimension["z"]
    assert int((kl < 0.1).sum()) >= 2
    assert float(usual.min()) > 0.5


def unseen() -> None:
    terms = terms_of("unseen", model_of("unseen"))
    result = checkpoints.read_card("vae")["evaluation"]
    assert terms.nelbo > 2 * result["nelbo"]
    surplus = terms.nelbo - result["nelbo"]
    assert terms.reconstruction - result["reconstruction"] > 0.95 * surplus
    assert terms.kl_total < 1.1 * result["kl"]["z"]


def autoencoder() -> None:
    inside = (codes(model_of("autoencoder")).norm(dim=1) < 2).float().mean()
    assert float(inside) <= 0.2
    # Of a standard normal in two dimensions, 1 − exp(−2²/2).
    assert round(100 * (1 - float(torch.exp(torch.tensor(-2.0))))) == 86


def gap() -> None:
    state = NAMES["gap"].state
    worst = {}
    for name in ("ae-2d", "vae-2d"):
        model = checkpoints.load(name).model
        chosen = image_named(str(state["image"]), model)
        ends = autoencoder_look.ends_of_line(model, chosen.x, "digits", int(state["line"]))
        worst[name] = autoencoder_look.worst_fit(model, autoencoder_look.points_on_line(ends), "digits")
    assert worst["ae-2d"] - worst["vae-2d"] > 100
    assert f"from a {chosen.label} to a {state['line']}" in NAMES["gap"].do


@torch.no_grad()
def reconstruction() -> None:
    model = model_of("reconstruction")
    assert float(codes(model).abs().max()) > 20
    q = model.encode(image_of("reconstruction", model).unsqueeze(0))["z"]
    assert q.stddev.max().item() == pytest.approx(VARIANCE_FLOOR**0.5)
    alone, both = (checkpoints.read_card(name)["evaluation"]["kl"]["z"] for name in ("vae-2d-rec", "vae-2d"))
    assert 35 < alone / both < 45


OBSERVATIONS: dict[str, Callable[[], None]] = {
    check.__name__: check for check in (walk, draw, unused, beta, unseen, autoencoder, gap, reconstruction)
}


@pytest.mark.parametrize("name", NAMES)
def test_the_observation_is_what_the_models_compute(name):
    OBSERVATIONS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_is_two_short_sentences_and_a_state(name):
    experiment = NAMES[name]
    assert experiment.do.endswith(".")
    assert experiment.look_for.endswith(".")
    assert len(re.findall(r"[.!?](\s|$)", experiment.look_for)) == 1
    assert experiment.state.keys() <= PARAMETERS
    assert experiment.state["look"] in LOOKS


def page() -> AppTest:
    """The page with a button for each experiment, in place of the browser's."""
    at = AppTest.from_function(page_with_buttons, default_timeout=120)
    at.query_params["model"] = "vae-2d"
    return at.run()


def page_with_buttons() -> None:
    import runpy
    from pathlib import Path
    from unittest.mock import patch

    import streamlit as st

    import ui
    from ui.navigation import enter
    from ui.try_this import set_up
    from ui.vae.experiments import EXPERIMENTS
    from ui.vae.page import VAE

    for experiment in EXPERIMENTS:
        st.button(experiment.name, on_click=set_up, args=(experiment, VAE.parameters))
    enter()
    with patch("ui.frame.where_next"):  # no other page is known to an app of one
        runpy.run_path(str(Path(ui.__file__).parents[1] / "pages" / "vae.py"))


@pytest.mark.parametrize("experiment", THERE, ids=lambda experiment: experiment.name)
def test_its_button_sets_the_controls_and_says_what_to_look_for(experiment):
    at = page()
    at.number_input(key="seed").set_value(4).run()
    [button] = [button for button in at.button if button.label == experiment.name]
    button.click().run()
    assert not at.exception
    assert not at.toast
    assert at.selectbox(key="model").value == experiment.state["model"]
    assert at.session_state["look"] == experiment.state["look"]
    assert at.session_state["show"] == experiment.state.get("show", "mean")
    assert at.number_input(key="seed").value == 4  # what it does not name stays
    place = str(experiment.state["image"]).removeprefix("digits-")
    assert f"digits test image {place}" in elbo(at)
    told = [text for text in at.markdown if experiment.look_for in text.value]
    assert len(told) == 1
    [done] = [button for button in at.button if button.label == "Done"]
    done.click().run()
    assert not [text for text in at.markdown if experiment.look_for in text.value]


def test_what_to_look_for_in_a_look_goes_with_the_look_and_comes_back_with_it():
    at = page()
    [about] = [experiment for experiment in THERE if experiment.name == "walk"]
    [button] = [button for button in at.button if button.label == about.name]
    button.click().run()
    for look, times in (("pairs", 0), (about.state["look"], 1)):
        at.session_state["look"] = look
        at.run()
        assert len([text for text in at.markdown if about.look_for in text.value]) == times


def test_experiments_without_their_model_are_left_out():
    assert (
        possible(EXPERIMENTS, [str(experiment.state["model"]) for experiment in EXPERIMENTS]) == EXPERIMENTS
    )
    left = [experiment.name for experiment in possible(EXPERIMENTS, ["vae"])]
    assert left == ["unseen"]
    of_any_model = replace(EXPERIMENTS[0], state={"look": "samples"})
    assert possible([of_any_model], []) == [of_any_model]


def test_the_page_shows_those_whose_model_is_there(monkeypatch):
    shown: list[str] = []
    names = [name for name in checkpoints.pretrained_names() if name != "vae-digits"]
    monkeypatch.setattr(checkpoints, "pretrained_names", lambda: names)
    monkeypatch.setattr(
        try_this, "try_this", lambda experiments, parameters: shown.extend(one.name for one in experiments)
    )
    page()
    assert shown == [one.name for one in EXPERIMENTS if one.state["model"] != "vae-digits"]
