"""The VAE page's own, as Python runs it."""

import pytest
from streamlit.testing.v1 import AppTest

from vaemodels import checkpoints, jobs
from vaemodels.data import mnist
from vaemodels.errors import LabError


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
        ({"t_rate": 1e9, "t_z": 3}, "“Learning rate” goes from"),
    ],
    ids=str,
)
def test_wrong_settings_give_one_sentence_and_start_nothing(visit, settings, problem):
    at = visit("pages/vae.py")
    for key, value in settings.items():
        field = at.text_input(key=key) if isinstance(value, str) else at.number_input(key=key)
        field.set_value(value)
    start_training(at)
    assert problem in sentence(at)
    assert "vaelab_training_chart" not in components(at)
    # What was typed is still there to be mended.
    for key, value in settings.items():
        assert at.session_state[key] == value


def test_the_form_is_filled_from_the_address_and_rubbish_in_it_counts_for_nothing(visit):
    at = visit(
        "pages/vae.py", t_model="Autoencoder", t_z="5", t_hidden="30, 20", t_rate="banana", t_batch="many"
    )
    assert not at.exception
    assert at.selectbox(key="t_model").value == "ae"
    assert at.number_input(key="t_z").value == 5
    assert at.text_input(key="t_hidden").value == "30, 20"
    assert at.number_input(key="t_rate").value == 0.001
    assert at.number_input(key="t_batch").value == 50


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
    assert [expander.label for expander in at.expander] == ["The ELBO in numbers"]
    assert not at.latex
    at.session_state["in-numbers"] = True
    at.run()
    assert not at.exception
    assert any(r"\mathrm{ELBO}" in formula.value for formula in at.latex)
