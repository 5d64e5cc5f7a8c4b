"""The looks at one model: pairs, one image fifty times, the test set's latents, units and collapse."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import streamlit as st
import torch
from plotly.graph_objects import Figure
from streamlit.runtime.caching import cache_resource_api
from streamlit.testing.v1 import AppTest
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from ui.looks import cloud, pairs, units
from vaemodels import checkpoints, data
from vaemodels.analysis.latent_space import principal_plane
from vaemodels.data import binarize
from vaemodels.evaluation import active_units, image_terms

VAES = ["vae", "vae-2d", "vae-digits", "vae-2d-digits"]
MODELS = [*VAES, "ae-2d"]


@pytest.fixture(autouse=True)
def _no_mnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    st.cache_resource.clear()
    data.load.cache_clear()
    yield
    data.load.cache_clear()


def one_look() -> None:
    """A page of one explorer and one look, as AppTest runs it."""
    import streamlit as st

    from ui import models
    from ui.explorer import latent_explorer
    from ui.images.choice import Chosen
    from ui.images.splits import model_input
    from ui.looks import EXPLORER, View
    from ui.vae.page import LOOKS
    from vaemodels import data

    name = st.session_state["name"]
    checkpoint = models.get(name)
    x = model_input("digits", checkpoint.model, 4)
    grey = data.load("digits", "test").images[4] / 255
    view = View(
        name, checkpoint, Chosen("digits-4", "a digit", x, 4, grey), st.session_state["show"], 3, "vae"
    )
    st.session_state["explored"] = latent_explorer("vae", key=EXPLORER).z
    LOOKS[st.session_state["look"]].render(view)


Open = Callable[..., AppTest]


@pytest.fixture
def open_look() -> Open:
    """`open_look(look, name, **query)`: the look, drawn for a model."""

    def go(look: str, name: str, show: str = "mean", **query: str) -> AppTest:
        at = AppTest.from_function(one_look, default_timeout=60)
        at.session_state["look"], at.session_state["name"], at.session_state["show"] = look, name, show
        at.query_params.update(query)
        at.run()
        assert not at.exception
        assert not at.error
        return at

    return go


def digits() -> Tensor:
    return binarize(data.load("digits", "test").images, "static")


def figures(at: AppTest) -> list[Figure]:
    return [Figure(json.loads(chart.proto.spec)) for chart in at.get("plotly_chart")]


def array(values: Any) -> np.ndarray[Any, Any]:
    """What a chart's trace holds, which plotly may have sent as base64."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return np.array(values)


def points(trace: Any) -> np.ndarray[Any, Any]:
    return np.stack([array(trace.x), array(trace.y)], axis=1)


def html(at: AppTest) -> str:
    return "".join(element.proto.body for element in at.get("html"))


def captions(at: AppTest) -> str:
    return " ".join(caption.value for caption in at.caption)


@pytest.mark.parametrize("show", ["mean", "draw"])
@pytest.mark.parametrize(
    ("look", "name"),
    [
        *product(["pairs", "cloud", "latents"], MODELS),
        *(("units", name) for name in VAES),  # an autoencoder has no KL
    ],
)
def test_every_look_says_what_it_shows_of_every_model(open_look: Open, look, name, show):
    at = open_look(look, name, show)
    assert "built-in digits" in captions(at) or look == "cloud"
    for chart in at.get("plotly_chart"):
        assert chart.proto.alt.endswith(".")
        assert len(chart.proto.spec) < 60_000
    assert all(alt.strip() for alt in re.findall('alt="(.*?)"', html(at)))


# ---- pairs


@torch.no_grad()
@pytest.mark.parametrize("name", ["vae-digits", "ae-2d"])
def test_the_numbers_under_pairs_are_the_elbos_of_the_images(open_look: Open, name):
    model = checkpoints.load(name).model
    x = digits()[: pairs.IMAGES]
    nats = torch.tensor([image_terms(model, image).nelbo for image in x])  # as beside the explorer
    at = open_look("pairs", name)
    shown = re.findall(r'title="test image (\d+)">(?:<b>)?([\d.]+)(?:</b> (\w+))?<', html(at))
    assert [(int(i), float(value)) for i, value, _ in shown] == [
        (i, round(value, 1)) for i, value in enumerate(nats.tolist())
    ]
    assert {mark: int(i) for i, _, mark in shown if mark} == {
        "best": int(nats.argmin()),
        "worst": int(nats.argmax()),
    }
    stderr = nats.std() / pairs.IMAGES**0.5
    assert f"{nats.mean():.1f} ± {stderr:.1f}" in captions(at).replace(pairs.NO_BREAK, " ")
    assert html(at).count("<img") == 2


# ---- one image, fifty times


@torch.no_grad()
def test_fifty_draws_come_from_the_posterior():
    model = checkpoints.load("vae-digits").model
    x = digits()[4]
    posterior = model.encode(x.unsqueeze(0))["z"]
    z = torch.cat([cloud.draws_of_z(model, x, seed) for seed in range(100)])
    standard = (z - posterior.mean) / posterior.stddev
    assert standard.mean(0).abs().max().item() < 5 / len(z) ** 0.5
    assert standard.std(0).sub(1).abs().max().item() < 5 / (2 * len(z)) ** 0.5
    assert torch.equal(cloud.draws_of_z(model, x, 3), cloud.draws_of_z(model, x, 3))
    assert not torch.equal(cloud.draws_of_z(model, x, 3), cloud.draws_of_z(model, x, 4))


@torch.no_grad()
def test_an_autoencoder_gives_one_dot_fifty_times():
    model = checkpoints.load("ae-2d").model
    z = cloud.draws_of_z(model, digits()[4], seed=3)
    assert z.shape == (50, 2)
    assert torch.equal(z, model.embed(digits()[4:5]).expand(50, -1))


@torch.no_grad()
@pytest.mark.parametrize("name", ["vae-digits", "vae-2d-digits", "ae-2d"])
def test_the_cloud_shows_the_draws_and_its_ellipses(open_look: Open, name):
    model = checkpoints.load(name).model
    z = cloud.draws_of_z(model, digits()[4], seed=3)
    plane = principal_plane(model.embed(digits()))
    [chart] = figures(open_look("cloud", name))
    [dots] = [trace for trace in chart.data if trace.customdata is not None]
    expected = plane.coordinates(z) if model.has_likelihood else plane.coordinates(z)[:1]
    np.testing.assert_allclose(points(dots), expected.numpy(), atol=1e-3)
    outlines = [points(trace) for trace in chart.data if trace.mode == "lines"]
    if not model.has_likelihood:
        assert outlines == []
        return
    posterior = model.encode(digits()[4:5])["z"]
    centre = plane.coordinates(posterior.mean)[0].numpy()
    covariance = (plane.directions @ posterior.stddev[0].square().diag() @ plane.directions.T).numpy()
    for sigmas, outline in enumerate(outlines, 1):
        away = outline - centre
        distance = (away @ np.linalg.inv(covariance) * away).sum(1) ** 0.5
        np.testing.assert_allclose(distance, sigmas, rtol=0.02)


def test_a_typed_draw_goes_to_the_explorer(open_look: Open):
    at = open_look("cloud", "vae-digits")
    at.number_input(key="drawn").set_value(12).run()
    z = cloud.draws_of_z(checkpoints.load("vae-digits").model, digits()[4], seed=3)
    assert at.session_state["explored"] == pytest.approx(z[11].tolist())
    assert at.query_params["drawn"] == "12"
    assert "Decoded draw 12" in html(at)


# ---- the test set's latents


@torch.no_grad()
@pytest.mark.parametrize("name", ["vae-digits", "vae-2d-digits", "ae-2d"])
def test_every_latent_lies_where_the_encoder_puts_its_image(open_look: Open, name):
    model = checkpoints.load(name).model
    labels = data.load("digits", "test").labels
    means = model.embed(digits())
    expected = principal_plane(means).coordinates(means).numpy()
    at = open_look("latents", name)
    [chart] = figures(at)
    places: list[int] = []
    for digit, trace in enumerate(chart.data[:10]):
        assert trace.text == str(digit)
        here = array(trace.customdata)
        assert set(labels[here.tolist()].tolist()) == {digit}
        np.testing.assert_allclose(points(trace), expected[here], atol=0.006)
        places += here.tolist()
    assert sorted(places) == list(range(len(labels)))
    np.testing.assert_allclose(points(chart.data[10]), expected[4:5], atol=1e-3)
    circles = {shape.x1 for shape in chart.layout.shapes}
    assert circles == ({1, 2} if model.has_likelihood else set())
    if means.shape[1] > 2:
        centred = means.numpy() - means.numpy().mean(0)
        variances = np.linalg.svd(centred, compute_uv=False) ** 2
        assert f"{variances[:2].sum() / variances.sum():.0%} of the variance" in captions(at)


def test_a_typed_image_goes_to_the_explorer_and_gets_a_ring(open_look: Open):
    at = open_look("latents", "vae-digits")
    at.number_input(key="latent").set_value(17).run()
    z = checkpoints.load("vae-digits").model.embed(digits()[17:18])[0]
    assert at.session_state["explored"] == pytest.approx(z.tolist(), abs=1e-5)  # in a batch, or by itself
    assert "Test image 17, a " in html(at)
    [chart] = figures(at)
    assert chart.data[-1].marker.symbol == "diamond-open"


def test_digits_can_be_left_out(open_look: Open):
    at = open_look("latents", "vae-digits", only="3")
    [chart] = figures(at)
    assert [trace.text for trace in chart.data[:-1]] == ["3"]


@pytest.mark.parametrize("rubbish", ["abc", "-1", "300", "1e9", "3.5", ""])
def test_rubbish_in_the_address_leaves_the_looks_usable(open_look: Open, rubbish):
    at = open_look("latents", "vae-digits", latent=rubbish, only=rubbish)
    assert at.number_input(key="latent").value in (None, *range(300))
    at = open_look("cloud", "vae-digits", drawn=rubbish, closeup=rubbish)
    assert at.number_input(key="drawn").value in (None, *range(1, 51))
    open_look("units", "vae-digits", sorted=rubbish)


def test_an_image_picked_among_more_is_forgotten(open_look: Open):
    at = open_look("latents", "vae-digits")
    at.session_state["latent"] = 1500
    at.run()
    assert not at.exception
    assert at.number_input(key="latent").value is None


def test_own_models_of_one_name_are_each_visitors_own(monkeypatch):
    dimensions = []
    for visitor in ("vae-digits", "vae-2d-digits"):
        monkeypatch.setattr(cache_resource_api, "get_session_id_or_throw", lambda visitor=visitor: visitor)
        at = AppTest.from_function(one_look, default_timeout=60)
        at.session_state["look"], at.session_state["name"], at.session_state["show"] = (
            "units",
            "mine-1",
            "mean",
        )
        at.session_state["own_models"] = {"mine-1": (checkpoints.load(visitor), b"")}
        at.run()
        assert not at.exception
        dimensions.append(len(figures(at)[0].data[0].text))
    assert dimensions == [10, 2]


# ---- units and collapse


@torch.no_grad()
@pytest.mark.parametrize("name", ["vae-digits", "vae-2d-digits"])
def test_the_bars_are_the_mean_kl_of_each_dimension(open_look: Open, name):
    model = checkpoints.load(name).model
    posterior = model.encode(digits())["z"]
    kl = kl_divergence(cast(Independent, posterior).base_dist, Normal(0.0, 1.0)).mean(0).numpy()
    at = open_look("units", name)
    bars = figures(at)[0].data[0]
    np.testing.assert_allclose(array(bars.x), np.sort(kl)[::-1], atol=1e-4)
    active = active_units(posterior.mean)
    assert f"{active} of {len(kl)} dimensions are active" in captions(at)
    assert sum("collapsed" in text for text in bars.text) == len(kl) - active
    said = re.search(r"Σ = ([\d.]+) ±", captions(at))
    assert said is not None
    assert float(said[1]) == pytest.approx(kl.sum(), abs=0.051)

    at.toggle(key="sorted").set_value(False).run()
    np.testing.assert_allclose(array(figures(at)[0].data[0].x), kl, atol=1e-4)
    posterior_of_chosen = figures(at)[1].data[-1]
    np.testing.assert_allclose(posterior_of_chosen.x, posterior.mean[4].numpy(), atol=1e-4)
    np.testing.assert_allclose(posterior_of_chosen.error_x.array, posterior.stddev[4].numpy(), atol=1e-4)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gmvae-10-digits", "a mixture does not factorise over them"),
        ("hvae-digits", "the prior, an average over the level above, does not factorise over them"),
    ],
)
def test_why_there_is_no_kl_of_a_dimension(open_look: Open, name, reason):
    assert f"no sum over dimensions here, as {reason}." in captions(open_look("units", name))


def text_without_markup(active: list[bool]) -> Any:
    return units.collapse_sentence(torch.tensor(active), torch.full((len(active),), 0.004)).replace("*", "")


def test_collapse_is_told_with_the_models_numbers():
    assert text_without_markup([True] * 3).startswith("None of the 3 dimensions has collapsed.")
    assert text_without_markup([True, False]).startswith("1 of 2 dimensions has collapsed (z₂): ")
    assert "at 0.01 nats in all" in text_without_markup([True, False, False])
    assert text_without_markup([False, False]).startswith("All 2 dimensions have collapsed: ")
