"""The VAE page's own, as Python runs it."""

import copy
import json
import time
from typing import Any

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from tests.ui.app_html import elbo
from ui.explorer import decoder_data
from ui.images.choice import image_named
from ui.training.run import Panel
from vaemodels import checkpoints, jobs, runs
from vaemodels.checkpoints import Checkpoint
from vaemodels.data import mnist
from vaemodels.errors import LabError
from vaemodels.evaluation import image_terms
from vaemodels.jobs import Job
from vaemodels.models import Model, VAEConfig
from vaemodels.training_config import TrainingConfig


def components(at: AppTest) -> set[str]:
    return {element.proto.component_name for element in at.get("bidi_component")}


def start_training(at: AppTest) -> AppTest:
    [button] = [button for button in at.button if button.label == "Start training"]
    return button.click().run()


def sentence(at: AppTest) -> str:
    """The one error on the page; a sentence, not a traceback."""
    assert not at.exception
    [error] = at.error
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("name", ["vae-gaussian", "vae-2d-digits", "ae-2d"])
def test_a_model_of_every_kind_can_be_chosen(visit, name):
    at = visit("pages/vae.py")
    at.selectbox(key="model").set_value(name).run()
    assert not at.exception
    assert not at.error
    titles = {"mnist": "MNIST", "digits": "built-in digits"}
    assert f"trained on {titles[checkpoints.read_card(name)['dataset']]}" in at.caption[0].value


def test_an_experiment_that_is_none_is_said(visit):
    at = visit("pages/vae.py", **{"try": "zzz"})
    assert not at.exception
    [toast] = at.toast
    assert toast.value.startswith("The link asks for an experiment that is not on this page")
    assert "try" not in at.query_params
    assert not visit("pages/vae.py", **{"try": "walk", "model": "vae-digits"}).toast


def test_only_digits_are_offered_where_there_is_nothing_else(visit):
    at = visit("pages/vae.py")
    assert at.selectbox(key="t_images").options == ["digits"]
    assert any(button.label.startswith("Fetch MNIST (") for button in at.button)


@pytest.mark.usefixtures("changed_files")
def test_mnist_that_is_no_longer_whole_gives_a_sentence(visit, tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for file in (*mnist.IMAGES.values(), *mnist.LABELS.values()):
        with (folder / file.name).open("wb") as empty:
            empty.truncate(file.size)  # the right size, and nothing but zeros
    at = visit("pages/vae.py")
    assert "fetch them again" in sentence(at)
    assert any(button.label.startswith("Fetch MNIST (") for button in at.button)
    assert not visit("pages/home.py").exception


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"t_hidden": "128, many"}, "whole numbers separated by commas"),
        ({"t_rate": "1000000000", "t_z": "3"}, "“Learning rate” goes from"),
    ],
    ids=str,
)
def test_wrong_settings_give_one_sentence_and_start_nothing(visit, settings, problem):
    at = visit("pages/vae.py")
    for key, value in settings.items():
        at.text_input(key=key).set_value(value)
    start_training(at)
    assert problem in sentence(at)
    assert "vaelab_training_chart" not in components(at)
    # What was typed is still there to be mended, and in the address.
    for key, value in settings.items():
        assert at.text_input(key=key).value == value
        assert at.query_params[key] == value


def test_all_wrong_settings_are_said_at_once_and_no_text_is_taken_for_more(visit):
    at = visit("pages/vae.py")
    for key, value in {"t_z": "1e3", "t_epochs": "999999999", "t_hidden": "![](//a)"}.items():
        at.text_input(key=key).set_value(value)
    start_training(at)
    [error] = at.error
    assert error.value.count("\n- ") == 2
    assert "999,999,999 is outside" in error.value
    assert "![" not in error.value


def test_the_form_is_filled_from_the_address_and_rubbish_in_it_counts_for_nothing(visit):
    at = visit(
        "pages/vae.py", t_model="Autoencoder", t_z="5", t_hidden="30, 20", t_rate="banana", t_batch="many"
    )
    assert not at.exception
    assert at.selectbox(key="t_model").value == "ae"
    assert at.text_input(key="t_z").value == "5"
    assert at.text_input(key="t_hidden").value == "30, 20"
    assert at.text_input(key="t_rate").value == "0.03"
    assert at.text_input(key="t_batch").value == "100"
    assert len(at.toast) == 2


def test_a_warm_up_longer_than_the_run_is_remarked_before_it_begins(visit):
    at = visit("pages/vae.py", t_warmup="99999", t_epochs="3")
    assert any("outlasts the run of 3" in caption.value for caption in at.caption)


def test_no_scheduler_there_gives_a_sentence(visit, monkeypatch):
    def connect(address: str) -> None:
        raise LabError(f"No scheduler answers at {address}; start one there.")

    monkeypatch.setenv("VAELAB_SCHEDULER", "tcp://127.0.0.1:1")
    monkeypatch.setattr(jobs, "connect", connect)
    at = visit("pages/vae.py")
    start_training(at)
    assert "No scheduler answers at tcp://127.0.0.1:1" in sentence(at)


def test_an_address_that_names_no_model_opens_the_usual_one(visit):
    at = visit("pages/vae.py", model="mine-99")
    assert not at.exception
    assert at.selectbox(key="model").value in checkpoints.pretrained_names()


def test_what_was_put_in_the_address_outlives_a_run_that_set_out_before_the_browser_heard_of_it(
    visit,
) -> None:
    at = visit("pages/vae.py", show="draw")
    at.number_input(key="seed").set_value(7).run()
    assert at.query_params["seed"] == "7"
    del at.query_params["seed"]
    at.query_params["show"] = "draw"
    at.run()
    assert at.query_params["seed"] == "7"
    assert at.query_params["show"] == "draw"
    assert at.number_input(key="seed").value == 7


def test_the_look_at_beta_is_about_the_models_beta_and_chooses_the_model(visit):
    at = visit("pages/vae.py", model="vae-beta4", look="beta", beta="10")
    assert at.session_state["beta"] == "4"
    assert "beta" not in at.query_params
    at.selectbox(key="model").set_value("vae-beta2").run()
    assert at.session_state["beta"] == "2"
    at.button_group(key="beta").set_value("10").run()
    assert not at.exception
    assert at.selectbox(key="model").value == "vae-beta10"
    assert at.session_state["beta"] == "10"


def test_a_beta_chosen_beside_another_model_is_offered_to_the_page(visit):
    at = visit("pages/vae.py", model="vae-2d", look="beta", beta="4")
    assert at.session_state["beta"] == "4"
    assert at.selectbox(key="model").value == "vae-2d"
    at.button(key="use-vae-beta4").click().run()
    assert not at.exception
    assert at.selectbox(key="model").value == "vae-beta4"


@pytest.mark.parametrize(
    ("look", "compared"),
    [
        ("planes", ["vae-2d-rec", "vae-2d-kl", "vae-2d"]),
        ("autoencoder", ["ae-2d", "vae-2d"]),
        ("decoders", ["vae", "vae-gaussian"]),
    ],
)
def test_a_look_that_compares_models_says_which_is_the_pages_and_offers_the_others(visit, look, compared):
    at = visit("pages/vae.py", model=compared[0], look=look)
    [own] = [text.value for text in at.markdown if text.value.endswith(", the page’s model")]
    assert f" · {compared[0]}," in own
    assert {button.key for button in at.button if str(button.key).startswith("use-")} == {
        f"use-{name}" for name in compared[1:]
    }
    at.button(key=f"use-{compared[-1]}").click().run()
    assert at.selectbox(key="model").value == compared[-1]


def test_the_elbo_in_numbers_has_a_place_of_its_own(visit):
    at = visit("pages/vae.py")
    assert [expander.label for expander in at.expander] == ["The ELBO in numbers", "More settings"]
    assert not at.latex
    at.session_state["in-numbers"] = True
    at.run()
    assert not at.exception
    assert any(r"\mathrm{ELBO}" in formula.value for formula in at.latex)


def in_training(at: AppTest) -> tuple[Panel, Job]:
    """Give the visitor a run under way, without a cluster: their panel, and the run."""
    run, card = runs.new("mine", "vae", VAEConfig(z_dim=3, hidden=(8,)), TrainingConfig(epochs=9))
    record = {"epoch": 2.5, "seconds": 5.0} | {
        part: {"reconstruction": 200.0, "kl_z": 3.0} for part in ("train", "held_out")
    }
    job = Job(client=None, checkpoint=b"", started=True, heard=time.monotonic())  # type: ignore[arg-type]
    job.records, job.latest = [record], runs.latest(run, card)
    panel: Panel = at.session_state["training_panel"]
    panel.job, panel.title, panel.epochs = job, "VAE, 3 dimensions, on built-in digits", 9
    return panel, job


def data_of(at: AppTest, component: str) -> list[Any]:
    """What the page tells the components of that name."""
    found = [e.proto for e in at.get("bidi_component") if e.proto.component_name == component]
    return [json.loads(proto.mixed.json if proto.HasField("mixed") else proto.json) for proto in found]


def shows(at: AppTest, checkpoint: Checkpoint) -> None:
    """All of the page shows that model: the explorer, at the image's code; the ELBO; the decoder in the browser."""
    assert not at.exception
    model = checkpoint.model
    terms = image_terms(model, image_named("digits-0", model).x)
    [explorer], [weights] = data_of(at, "vaelab_explorer"), data_of(at, "vaelab_weights")
    assert explorer["z"] == pytest.approx(terms.code.tolist(), abs=1e-5)
    assert weights["meta"]["version"] == decoder_data(model)["meta"]["version"]
    assert f'data-term="nelbo">{terms.nelbo:.1f}<' in elbo(at)


def test_all_of_the_page_shows_the_model_in_training_and_says_so(visit):
    at = visit("pages/vae.py", model="vae-digits", look="units")
    panel, job = in_training(at)
    at.run()
    assert panel.live is not None
    shows(at, panel.live)
    assert at.caption[0].value.startswith("**The model in training, below**: VAE, 3 dimensions")
    assert any("of 3 dimensions are active" in caption.value for caption in at.caption)
    before = panel.live
    job.latest = checkpoints.dumps(other(before), before.card, torch.float32)
    at.run()
    assert panel.live is not before
    shows(at, panel.live)

    at.toggle(key="follow").set_value(False).run()
    shows(at, checkpoints.load("vae-digits"))
    at.toggle(key="follow").set_value(True).run()
    shows(at, panel.live)
    at.selectbox(key="model").set_value("vae-2d-digits").run()  # who chooses a model wants to see that
    shows(at, checkpoints.load("vae-2d-digits"))
    assert at.caption[0].value.startswith("VAE, 2 dimensions, trained on")


def other(checkpoint: Checkpoint) -> Model:
    """Its model, having learned something."""
    model = copy.deepcopy(checkpoint.model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)
    return model


@pytest.mark.parametrize("followed", [True, False])
def test_a_page_that_showed_the_model_in_training_goes_on_with_what_came_of_it(visit, followed):
    at = visit("pages/vae.py", model="vae-digits")
    _, job = in_training(at)
    at.run()
    at.toggle(key="follow").set_value(followed).run()
    job.file = job.latest
    at.run()
    assert at.selectbox(key="model").value == ("mine-1" if followed else "vae-digits")
    shows(at, at.session_state["own_models"]["mine-1"][0] if followed else checkpoints.load("vae-digits"))


def test_a_model_is_trained_on_for_as_many_epochs_as_the_form_says_and_deleted_ones_come_back(visit):
    at = visit("pages/vae.py", model="vae-digits", t_epochs="600")
    _, job = in_training(at)
    job.file = job.latest
    at.run()
    labels = [button.label for button in at.button]
    assert "Train on for 600 epochs" in labels
    at.button(key="delete-mine-1").click().run()
    assert "Train on for 600 epochs" not in [button.label for button in at.button]
    at.button(key="undo-delete").click().run()
    assert [button.label for button in at.button] == labels


def test_that_the_workers_are_being_started_is_said_in_the_place_of_the_form(visit, monkeypatch):
    said: list[str] = []

    def connect(address: str) -> None:
        raise LabError("No scheduler answers; start one.")

    monkeypatch.setenv("VAELAB_SCHEDULER", "tcp://127.0.0.1:1")
    monkeypatch.setattr(jobs, "connect", connect)
    monkeypatch.setattr(st, "progress", lambda value, text: said.append(text))
    at = visit("pages/vae.py")
    start_training(at)
    assert said == ["Starting the training workers…"]
    assert not at.get("spinner")
