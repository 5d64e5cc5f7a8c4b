"""Every page as Python runs it, without a browser: no network, no dataset folder."""

import gc
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from vaemodels import checkpoints, data, jobs
from vaemodels.data import mnist
from vaemodels.errors import LabError

ROOT = Path(__file__).parents[2]
PAGES = sorted(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py"))


def is_on_the_page(name: str) -> bool:
    """Whether a pretrained model is a VAE or an autoencoder of pictures like MNIST's."""
    card = checkpoints.read_card(name)
    return card["model"] in ("vae", "ae") and card["config"]["image_shape"] == [1, 28, 28]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing but this machine, and no data but what comes with the package."""

    def refuse(*arguments: object) -> None:
        pytest.fail(f"asked the network for {arguments}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(jobs, "start_local_cluster", refuse)
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    st.cache_data.clear()
    st.cache_resource.clear()
    data.load.cache_clear()
    threads = torch.get_num_threads()
    yield
    # What the app sets for the whole of its process.
    torch.set_num_threads(threads)
    gc.unfreeze()
    gc.enable()


@pytest.fixture
def visit() -> Callable[..., AppTest]:
    """`visit(page)`: the page as it is after its first run, come to by way of the entry point."""

    def go(page: str, **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        at.query_params.update(query)
        at.run()
        return at.switch_page(page).run()

    return go


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


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_a_model_on_screen(visit, page):
    at = visit(page)
    assert not at.exception
    assert not at.error
    assert len(at.title) == 1
    assert {"vaelab_weights", "vaelab_explorer"} <= components(at)


@pytest.mark.parametrize("page", PAGES)
def test_without_its_models_a_page_says_so(visit, monkeypatch, tmp_path, page):
    monkeypatch.setattr(checkpoints, "pretrained_folder", lambda: tmp_path)
    assert "pretrained/" in sentence(visit(page))


@pytest.mark.parametrize("name", [name for name in checkpoints.pretrained_names() if is_on_the_page(name)])
def test_every_model_can_be_chosen(visit, name):
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
        ({"t_hidden": "10000000"}, "1 to 4096 units, not 10000000"),
        ({"t_hidden": ""}, "whole numbers separated by commas"),
        ({"t_hidden": "128, many"}, "whole numbers separated by commas"),
        ({"t_hidden": "8, 8, 8, 8, 8, 8, 8, 8, 8"}, "1 to 8 hidden layers"),
        ({"t_hidden": "4096, 4096, 4096"}, "parameters, more than"),
        ({"t_rate": 1e9}, "“Learning rate” goes from"),
        ({"t_rate": 0.0}, "“Learning rate” goes from"),
        ({"t_z": 0}, "1 to 512 dimensions, not 0"),
        ({"t_z": 10_000_000}, "1 to 512 dimensions, not 10000000"),
        ({"t_epochs": 0}, "“Epochs” goes from"),
        ({"t_epochs": 10**9}, "“Epochs” goes from"),
        ({"t_batch": 0}, "“Batch size” goes from"),
        ({"t_beta": -1.0}, "“β, the weight of the KL” goes from"),
        ({"t_beta": 0.0, "t_rec": 0.0}, "nothing to learn"),
        ({"t_warmup": -1}, "“KL warm-up, epochs” goes from"),
        ({"t_seed": -1}, "“Seed” goes from"),
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
