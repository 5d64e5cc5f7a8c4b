"""Every model of pretrained/ in the parts that pages share, and every look that fits its kind."""

import json
from collections.abc import Iterator

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from ui import frame, models
from ui.images.splits import dataset_for, model_inputs
from ui.kinds import KINDS
from ui.looks.encoded import encoded_pretrained
from ui.page import Page
from vaemodels import checkpoints, data
from vaemodels.evaluation import image_terms
from vaemodels.models import MODELS

NAMES = checkpoints.pretrained_names()


@pytest.fixture(autouse=True, scope="module")
def _no_mnist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("VAELAB_DATA", str(tmp_path_factory.mktemp("data")))
        st.cache_resource.clear()
        data.load.cache_clear()
        yield
    data.load.cache_clear()


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_its_line_its_terms_its_equations_and_its_codes(name: str):
    checkpoint = checkpoints.load(name)
    model, card = checkpoint.model, checkpoint.card
    assert models.titles([name])[name].startswith(f"{name} · ")
    assert models.describe(card).startswith(models.title(card))

    dataset = dataset_for(checkpoint)
    images, labels = model_inputs(dataset, model, 1)
    x, y = images[0], labels[0] if model.needs_labels else None
    terms = image_terms(model, x, y)
    assert set(terms.kl) == (
        set(model.latent_dims) | ({"y"} if model.n_labels and not model.needs_labels else set())
        if terms.kl
        else set()
    )
    assert bool(terms.kl) == model.has_likelihood
    assert torch.tensor([terms.nelbo, terms.reconstruction, *terms.kl.values()]).isfinite().all()

    for equation in KINDS[model.name].equations(model, x, y):
        assert equation.title and equation.symbols
        assert "nan" not in equation.numbers and "inf" not in equation.numbers

    codes = encoded_pretrained(name, checkpoint)
    shape = (len(data.load(dataset, "test").labels), next(iter(model.latent_dims.values())))
    assert codes.mean.shape == shape
    torch.testing.assert_close(codes.mean[0], terms.code, atol=1e-4, rtol=1e-4)
    assert (codes.std is not None) == model.has_likelihood
    assert codes.std is None or codes.std.shape == shape
    assert (codes.y is not None) == (model.n_labels > 0)
    if codes.kl is not None and model.kl_is_exact and not model.n_labels:
        assert codes.kl[0].sum().item() == pytest.approx(terms.kl_total, abs=1e-2)


def every_look() -> None:
    """One page of all looks that any model can be taken at; the explorer writes a 3 where there are labels."""
    import streamlit as st

    from ui import models
    from ui.explorer import latent_explorer
    from ui.images.choice import Chosen
    from ui.images.splits import dataset_for, model_input
    from ui.looks import EXPLORER, View
    from ui.vae.page import LOOKS
    from vaemodels import data

    name = st.session_state["name"]
    checkpoint = models.get(name)
    model, dataset = checkpoint.model, dataset_for(checkpoint)
    images, labels = data.load(dataset, "test")
    known = int(labels[4]) if st.session_state["known"] else None
    chosen = Chosen(f"{dataset}-4", "a digit", model_input(dataset, model, 4), known, images[4] / 255)
    label = 3 if model.n_labels else None
    view = View(name, checkpoint, chosen, st.session_state["show"], 3, "page", label)
    st.session_state["explored"] = latent_explorer("page", key=EXPLORER).z
    for look in st.session_state["looks"]:
        if LOOKS[look].fits(model):
            LOOKS[look].render(view)


# What the densities of a model's latent are drawn before, by its prior; an autoencoder has none.
PRIORS = {
    "vae-digits": "dotted, the prior N(0, 1)",
    "ae-2d": "",
    "gmvae-10-digits": "dotted, the prior, a mixture",
    "ssvae-digits": "dotted, the prior N(0, 1)",
    "fsvae-digits": "dotted, the prior N(0, 1)",
    "hvae-digits": "dotted, the prior p(z1), from 10,000 draws",
    "fsvae-streetdigits": "dotted, the prior N(0, 1)",
}
LOOKS = ["samples", "pairs", "interpolate", "traversal", "cloud", "latents", "units"]


@pytest.mark.parametrize(("name", "prior"), PRIORS.items(), ids=PRIORS)
def test_every_look_that_fits_a_kind_is_drawn(name: str, prior: str):
    model = checkpoints.load(name).model
    [z_dim, *_] = model.latent_dims.values()
    at = AppTest.from_function(every_look, default_timeout=60)
    for key, value in {"name": name, "looks": LOOKS, "show": "mean", "known": True}.items():
        at.session_state[key] = value
    at.run()
    assert not at.exception and not at.error
    charts = [chart.proto for chart in at.get("plotly_chart")]
    assert all(chart.alt.endswith(".") and len(chart.spec) < 150_000 for chart in charts)
    captions = " ".join(caption.value for caption in at.caption)
    assert prior in captions
    assert ("its −ELBO(x|y) in nats" in captions) == model.needs_labels
    if not model.has_likelihood:
        assert len(charts) == 2
        return
    *_, bars, densities = (json.loads(chart.spec) for chart in charts)
    by_kl = "mixture" not in prior and "p(z1)" not in prior
    assert bars["layout"]["xaxis"]["title"]["text"] == ("mean KL, nats" if by_kl else "variance of the mean")
    assert len(densities["data"]) == 2 * min(z_dim, 16) + 1

    # Draws instead of means; a test image; and one of the fifty goes to the explorer, of an image of unknown label.
    for key, value in {"show": "draw", "known": False, "latent": 17}.items():
        at.session_state[key] = value
    at.number_input(key="drawn").set_value(12).run()
    assert not at.exception and not at.error
    assert len(at.session_state["explored"]) == z_dim


@pytest.mark.parametrize("kind", MODELS)
def test_a_page_of_any_kind_has_a_model_to_open_with(monkeypatch: pytest.MonkeyPatch, kind: str):
    monkeypatch.setattr(st, "session_state", {})
    page = Page("pages/any.py", "Any", (kind,), ())
    name = frame.first_model(page)
    assert checkpoints.read_card(name)["model"] == kind


def choice_of_all() -> None:
    import streamlit as st

    from ui import frame
    from ui.page import Page
    from vaemodels.models import MODELS

    page = Page("pages/any.py", "Any", tuple(MODELS), ("hvae",), parts={"model": "choice of model"})
    st.session_state["chosen"] = frame.choose_model(page)


def test_a_page_of_all_kinds_offers_every_model():
    at = AppTest.from_function(choice_of_all, default_timeout=60).run()
    assert not at.exception
    assert at.session_state["chosen"] == "hvae"
    assert len(at.selectbox(key="model").options) == len(NAMES)
    for name in ("fsvae-streetdigits", "gmvae", "ssvae-classifier"):
        at.selectbox(key="model").set_value(name).run()
        assert not at.exception
        assert at.session_state["chosen"] == name
