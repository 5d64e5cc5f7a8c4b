"""Every pretrained model, and one that no browser decodes, in the explorer and the ELBO panel that pages share."""

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.ui.app_html import elbo
from ui.explorer import decoder_data, encoder_data
from ui.explorer.encoder import noise_of_terms
from ui.explorer_panel import Place, is_elsewhere
from ui.words import number
from vaemodels import checkpoints
from vaemodels.models import build


def parts() -> None:
    """The two panels of one model, which the session names or holds."""
    import streamlit as st
    import torch

    from ui import elbo_panel, explorer_panel
    from ui.address import url_state
    from ui.images import choice
    from ui.images.splits import dataset_for
    from ui.looks import EXPLORER
    from vaemodels import checkpoints
    from vaemodels.checkpoints import Checkpoint

    url_state.begin_run()
    model = st.session_state.get("built")
    if model is None:
        checkpoint = checkpoints.load(st.session_state["name"])
    else:
        checkpoint = Checkpoint(model, {"dataset": "streetdigits"}, None, torch.float32)
    model = checkpoint.model
    chosen = choice.image_named(f"{dataset_for(checkpoint)}-1", model)
    start, terms = explorer_panel.start_at(model, chosen), elbo_panel.terms_of(model, chosen)
    place = explorer_panel.explorer("page", "a model", checkpoint, key=EXPLORER, start=start)
    explorer_panel.show_z(model, chosen, start, place)
    elbo_panel.elbo_in_a_line(terms, "page")
    elbo_panel.show_elbo(checkpoint, chosen, terms, start.place.label, "draw", 3, "page")
    explorer_panel.encode_drawings(model, "page")
    explorer_panel.publish("a model", checkpoint, "page")
    st.session_state["seen"] = (start, place, terms)
    url_state.write()


@pytest.mark.parametrize("name", checkpoints.pretrained_names())
def test_any_model_is_explored_and_measured(name: str):
    model = checkpoints.load(name).model
    at = AppTest.from_function(parts, default_timeout=60)
    at.session_state["name"] = name
    at.session_state["images"] = "draw"
    at.query_params["z"] = "_".join(["0.5"] * next(iter(model.latent_dims.values())))
    if model.n_labels:
        at.query_params["digit"] = "7"
    at.run()
    assert not at.exception and not at.error and not at.toast
    start, place, terms = at.session_state["seen"]
    assert set(place.z) == {0.5}
    assert place.label == (7 if model.n_labels else None)
    assert start.place.z == pytest.approx(terms.code.tolist(), abs=1e-4)
    assert (start.posterior is not None) == model.has_likelihood
    caption = at.caption[0].value
    assert ("written as 7" in caption) == bool(model.n_labels)
    assert f'data-term="reconstruction">{number(terms.reconstruction)}<' in elbo(at)
    components = {element.proto.component_name for element in at.get("bidi_component")}
    assert {"vaelab_explorer", "vaelab_weights", "vaelab_inference"} <= components
    assert at.query_params["z"] and ("digit" in at.query_params) == bool(model.n_labels)


def test_a_link_s_digit_that_is_none_is_said():
    for name, digit in {"fsvae-digits": "12", "ssvae-digits": "x", "vae-digits": "3"}.items():
        at = AppTest.from_function(parts, default_timeout=60)
        at.session_state["name"] = name
        at.query_params["digit"] = digit
        at.run()
        assert not at.exception
        [toast] = at.toast
        assert toast.value.startswith("The link's digit is not ") and toast.value.endswith(".")
        _, place, _ = at.session_state["seen"]
        assert place is None or place.label == at.session_state["seen"][0].place.label


def test_what_no_browser_decodes_is_decoded_here():
    torch.manual_seed(0)
    settings = {
        "image_shape": (3, 32, 32),
        "likelihood": "gaussian",
        "network": "conv",
        "hidden": (8,),
        "z_dim": 3,
    }
    model = build("fsvae", settings).eval()
    assert "sizes" not in decoder_data(model)["meta"]
    at = AppTest.from_function(parts, default_timeout=60)
    at.session_state["built"] = model
    at.query_params["z"] = "0.5_0.25_-1"
    at.query_params["digit"] = "4"
    at.run()
    assert not at.exception and not at.error
    components = [element.proto.component_name for element in at.get("bidi_component")]
    assert "vaelab_inference" not in components
    [explorer] = [e for e in at.get("bidi_component") if e.proto.component_name == "vaelab_explorer"]
    assert "pixels" in str(explorer.proto)


def test_the_noise_of_the_terms_is_of_every_latent_and_label():
    shapes = {
        "vae-digits": {"z": (64, 10)},
        "ssvae-digits": {"z": (10, 64, 10)},
        "fsvae-digits": {"z": (64, 10)},
        "hvae-digits": {"z": (64, 20), "z2": (64, 2)},
        "ae-2d": {},
    }
    for name, expected in shapes.items():
        model = checkpoints.load(name).model
        noise = noise_of_terms(model, 64)
        assert {latent: tuple(values.shape) for latent, values in noise.items()} == expected
        assert encoder_data(model)["meta"]["draws"] == (64 if expected else 1)


def test_a_place_is_elsewhere_by_its_z_or_its_label():
    start = Place([0.12345, 1.0], 3)
    assert not is_elsewhere(None, start)
    assert not is_elsewhere(Place([0.1235, 1.0], 3), start)  # as an address rounds it
    assert is_elsewhere(Place([0.1235, 1.0], 4), start)
    assert is_elsewhere(Place([0.2, 1.0], 3), start)
    assert not is_elsewhere(Place([0.2], 3), start)  # of another model
