"""The IWAE page's own, as Python runs it."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.small import make_config
from ui.images.choice import image_named
from ui.iwae import measured, tightening
from vaemodels import checkpoints, race, runs
from vaemodels.analysis import bounds, measure
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.errors import LabError
from vaemodels.models import VAEConfig

KEY = tightening.KEY


def sent(at: AppTest) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page tells the component: plain values, and columns of numbers."""
    [proto] = [e.proto for e in at.get("bidi_component") if e.proto.component_name == "vaelab_tightening"]
    data = json.loads(proto.mixed.json)
    columns = {}
    for name, value in data.items():
        if isinstance(value, dict) and len(value) == 1:
            [reference] = value.values()
            blob = proto.mixed.arrow_blobs.get(reference)
            if blob is not None:
                columns[name] = pa.ipc.open_stream(blob.data).read_all().column(0).to_numpy()
    return data, columns


def ask_for_more(at: AppTest) -> AppTest:
    """What the browser does until all draws are there."""
    data, _ = sent(at)
    at.session_state[KEY] = {"wanted": {"stamp": data["stamp"], "known": data["known"]}}
    return at.run()


def test_the_draws_come_by_and_by_and_are_the_packages(visit):
    at = visit("pages/iwae.py", model="vae-2d-digits", image="digits-3")
    data, columns = sent(at)
    assert data["known"] == len(columns["log_w"]) == tightening.FIRST
    assert not data["complete"] and data["exact"] is None
    model = checkpoints.load("vae-2d-digits").model
    x = image_named("digits-3", model).x
    generator = torch.Generator().manual_seed(0)
    draws = bounds.draw(model, x, tightening.FIRST, generator)
    np.testing.assert_allclose(columns["log_w"], draws.log_w.numpy(), rtol=1e-5)
    for _ in range(10):
        if data["complete"]:
            break
        data, columns = sent(ask_for_more(at))
    assert data["complete"] and len(columns["log_w"]) == bounds.MOST_DRAWS
    while len(draws.log_w) < bounds.MOST_DRAWS:
        more = min(tightening.NEXT, bounds.MOST_DRAWS - len(draws.log_w))
        draws = bounds.joined([draws, bounds.draw(model, x, more, generator)])
    np.testing.assert_allclose(columns["log_w"], draws.log_w.numpy(), rtol=1e-5)
    places = columns["at"]
    assert set(draws.log_w.topk(tightening.LARGEST).indices.tolist()) <= set(places.tolist())
    np.testing.assert_allclose(
        columns["z"].reshape(-1, data["dim"]), draws.z[places.tolist()].numpy(), rtol=1e-5
    )
    assert data["exact"] == pytest.approx(exact_posterior(model, x).log_p)


def test_another_seed_gives_other_draws_and_the_same_gives_the_same(visit):
    at = visit("pages/iwae.py", model="vae-digits")
    first, columns = sent(at)
    at.number_input(key="seed").set_value(1).run()
    second, others = sent(at)
    assert first["stamp"] != second["stamp"] and not np.array_equal(columns["log_w"], others["log_w"])
    at.number_input(key="seed").set_value(0).run()
    np.testing.assert_array_equal(sent(at)[1]["log_w"], columns["log_w"])


@pytest.mark.parametrize("name", ["vae-gaussian", "gmvae-10-digits", "hvae-digits", "vae-streetdigits"])
def test_a_model_of_every_kind_can_be_chosen(visit, name):
    at = visit("pages/iwae.py", model=name)
    assert not at.exception and not at.error and not at.toast
    data, columns = sent(at)
    assert len(columns["z"]) == len(columns["at"]) * data["dim"]
    assert data["dim"] == next(iter(checkpoints.load(name).model.latent_dims.values()))


@pytest.mark.parametrize("name", ["ae-2d", "ssvae-digits", "fsvae-digits"])
def test_a_model_without_a_bound_of_z_alone_is_refused_in_a_sentence(visit, name):
    at = visit("pages/iwae.py", model=name)
    assert not at.exception
    [toast] = at.toast
    assert toast.value.startswith("The link asks for a model that is not on this page")


@pytest.mark.parametrize("draws", ["0", "1000000000", "-5", "1e3", "ten"])
def test_draws_that_are_none_give_a_sentence_and_all_of_them(visit, draws):
    at = visit("pages/iwae.py", model="vae-digits", draws=draws)
    assert not at.exception
    [toast] = at.toast
    assert "from 1 to 5,000" in toast.value
    assert sent(at)[0]["shown"] is None
    assert "draws" not in at.query_params


def test_how_many_draws_are_shown_is_in_the_link(visit):
    at = visit("pages/iwae.py", model="vae-digits", draws="10")
    assert sent(at)[0]["shown"] == 10
    at.session_state[KEY] = {"shown": {"n": 30, "turn": sent(at)[0]["turn"]}}
    at.run()
    assert at.query_params["draws"] == "30"


@pytest.mark.parametrize(("look", "sigma"), [("stl", "9"), ("test", "wide")])
def test_a_sigma_that_is_none_gives_a_sentence_on_whatever_look(visit, look, sigma):
    at = visit("pages/iwae.py", look=look, sigma=sigma)
    assert not at.exception
    [toast] = at.toast
    assert toast.value == "The link's sigma is not a number from 0.2 to 2; using 0.5 instead."
    assert "sigma" not in at.query_params


@pytest.mark.parametrize("look", ["noise", "stl"])
def test_a_choice_that_is_none_gives_a_sentence_and_leaves_the_address(visit, look):
    at = visit("pages/iwae.py", look=look, upto="7", off="7", family="7")
    assert not at.exception
    told = [toast.value.split(" is not one of")[0] for toast in at.toast]
    assert sorted(told) == ["The link's family", "The link's off", "The link's upto"]
    assert at.query_params.keys().isdisjoint({"upto", "off", "family"})


def test_a_look_that_the_model_has_not_gives_a_sentence_and_leaves_the_address(visit):
    at = visit("pages/iwae.py", model="vae-digits", look="implicit")
    assert not at.exception
    [toast] = at.toast
    assert "look=implicit, which is not here" in toast.value
    assert "look" not in at.query_params


def test_the_price_stands_beside_its_own_models_alone(visit):
    for family, alone in (("iwae", True), ("two", False)):
        at = visit("pages/iwae.py", model="vae-digits", look="test", family=family)
        assert any("The price of a tight bound" in element.value for element in at.markdown) == alone


def test_where_the_truth_is_known_it_stands_beside_the_bound(visit):
    worst = measure.load()["models"]["vae-2d"]["evidence"]["worst"]
    for family, there in (("two", True), ("iwae", False)):
        at = visit("pages/iwae.py", model="vae-digits", look="test", family=family)
        said = [element.value for element in at.markdown if "from the truth?" in element.value]
        assert [f"{worst:.1f} at worst** " in text for text in said] == [True] * there


@pytest.mark.parametrize("look", ["test", "race", "noise", "implicit"])
def test_a_look_shows_its_charts_with_their_numbers(visit, look):
    at = visit("pages/iwae.py", model="vae-2d-digits", image="digits-3", look=look)
    assert not at.exception and not at.warning and not at.toast
    alts = " ".join(chart.proto.alt for chart in at.get("plotly_chart"))
    tables = " ".join(element.proto.body for element in at.get("html"))
    if look == "test":
        found = measure.load()["models"]
        for name in ("vae-k1", "iwae-k5", "iwae-k50"):
            assert f"{name} from −{-found[name]['bounds']['1'][0]:.1f} at k = 1" in alts
            assert f"−{-found[name]['bounds']['5000'][0]:.1f} ±" in tables
    elif look == "race":
        last = [run["history"][-1] for run in race.load()["runs"]]
        assert all(f"−{-record['score']:.1f}" in alts for record in last)
        assert all(f"−{-record['held_out']:.1f}" in tables for record in last)
    elif look == "noise":
        assert "generative network as K to the 0.5" in alts and "iwae, encoder as K to the −0.5" in alts
    else:
        assert alts.count("50 draws of the implicit posterior") == 3
        [first] = [chart.proto.alt for chart in at.get("plotly_chart") if "for k = 1 over" in chart.proto.alt]
        divergence = float(first.split("its divergence from the posterior ")[1].removesuffix(" nats."))
        assert divergence == pytest.approx(1.18, abs=0.03)  # log p(x) − ELBO, as ELBO and evidence have it


@pytest.mark.usefixtures("changed_files")
def test_without_what_was_measured_the_looks_say_how_to_measure(visit, monkeypatch):
    def missing() -> None:
        raise LabError("The file can't be read; measure again.")

    monkeypatch.setattr(measured, "_bounds", missing)
    monkeypatch.setattr(measured, "_race", missing)
    for look in ("test", "race", "noise"):
        at = visit("pages/iwae.py", model="vae-digits", look=look)
        assert not at.exception
        [warning] = at.warning
        assert warning.value.endswith(".")


def test_the_visitors_own_models_stand_beside_each_other_by_both_bounds(visit):
    at = visit("pages/iwae.py", model="vae-digits", look="race")
    config = make_config(epochs=1, objective="iwae", k=5)
    run, card = runs.new("mine", "vae", VAEConfig(z_dim=2, hidden=(8,)), config)
    checkpoint = checkpoints.loads(runs.latest(run, card))
    at.session_state["own_models"] = {"mine-1": (checkpoint, b"")}
    at.run()
    assert not at.exception
    own = [element.proto.body for element in at.get("html") if "Your own models" in element.proto.body]
    assert len(own) == 1 and "mine-1" in own[0] and "L₅<" in own[0]
    assert at.selectbox(key="model").value == "vae-digits"


def test_the_form_offers_the_bound_its_k_and_its_estimator_and_refuses_k_out_of_range(visit):
    at = visit("pages/iwae.py", model="vae-digits", t_objective="dreg", t_k="0")
    assert at.selectbox(key="t_objective").value == "dreg"
    for k, words in (("0", "1 to"), ("1000000000", "1 to")):
        at.text_input(key="t_k").set_value(k)
        [button] = [button for button in at.button if button.label == "Start training"]
        button.click().run()
        assert not at.exception
        [error] = at.error
        assert words in error.value or "from 1" in error.value
        assert error.value.endswith(".")
