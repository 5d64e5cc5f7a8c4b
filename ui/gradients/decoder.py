"""A real decoder: the gradient of a reconstruction for the parameters of q, by three estimators."""

import streamlit as st
import torch

from ui import models
from ui.address import url_state
from ui.gradients.numbers import draws_needed, figures
from ui.images.choice import image_named
from ui.images.figures import figure, row
from ui.looks.view import View
from ui.tables import table
from vaemodels import data
from vaemodels.analysis import reconstruction_gradients
from vaemodels.analysis.reconstruction_gradients import NAMES, Compared
from vaemodels.pictures import grid

PLACE, MODEL = "place", "decoder"  # in the address: of the test image, and of the model
MODEL_WIDTH = 420
DRAWS = 2_000


def compared(name: str, key: str, seed: int) -> Compared:
    """The estimators on one image of one model, computed once: for all visitors, or of one's own model for oneself."""
    return (_own if name in models.own() else _pretrained)(name, key, seed)


def _compared(name: str, key: str, seed: int) -> Compared:
    model = models.get(name).model
    return reconstruction_gradients.compare(model, image_named(key, model).x, DRAWS, seed)


_pretrained = st.cache_resource(max_entries=64, show_spinner="Drawing gradients…")(_compared)
_own = st.cache_resource(scope="session", max_entries=8, show_spinner="Drawing gradients…")(_compared)


def render(view: View) -> None:
    """An image, and how much each estimator scatters for each parameter of its q."""
    st.markdown(
        "**What the trick is worth in a VAE.** E over q of −log p(x|z), the reconstruction, has a gradient for each "
        "parameter of q. Its height, over a hundred nats, goes into every score-function gradient; a baseline takes "
        "most of it away, and the path through the decoder needs none."
    )
    which, where = st.columns([3, 2], gap="large")
    with which:
        titles = models.titles(models.names(("vae",), view.model.config.image_shape, 2))
        name = url_state.selectbox("Decoder", MODEL, titles, view.name, width=MODEL_WIDTH)
    model = models.get(name).model
    with where:
        last = len(data.load("digits", "test").images) - 1
        place = url_state.whole_number("Test image", PLACE, 0, last, 0, help="Of the built-in digits.")
    side, numbers = st.columns([1, 4], gap="large")
    with side:
        chosen = image_named(f"digits-{place}", model)
        shape = model.config.image_shape
        with torch.no_grad():
            again = model.reconstruct(chosen.x.unsqueeze(0))
        st.html(
            row(
                [
                    figure(grid(chosen.x.unsqueeze(0), shape, 1), chosen.caption, "x"),
                    figure(grid(again, shape, 1), "Its reconstruction, the mean of p(x|z)", "mean of p(x|μ)"),
                ]
            )
        )
    found = compared(name, f"digits-{place}", view.seed)
    with numbers:
        rows = []
        for i, parameter in enumerate(NAMES):
            exact = found.exact[i].item()
            cells = [figures(exact)]
            for of in (found.pathwise, found.with_baseline, found.score):
                variance = of.variance[i].item()
                cells += [figures(variance**0.5), draws_needed(variance, exact)]
            rows.append((parameter, *cells))
        table(
            "Gradients of the reconstruction for each parameter of q",
            ("for", "exact", "pathwise sd", "draws", "score, baseline sd", "draws", "score sd", "draws"),
            rows,
        )
        ratio = (found.score.variance / found.pathwise.variance).sqrt()
        helped = (found.score.variance / found.with_baseline.variance).sqrt()
        st.caption(
            f"Model {name}, {chosen.caption}. sd: standard deviation of one gradient, in nats, over "
            f"{DRAWS:,} draws, "
            f"seed {view.seed}; draws: how many have a mean with a signal-to-noise ratio of 1. Exact: Gauss–Hermite "
            f"quadrature over 40 × 40 nodes of q, whose mean cost is the baseline. Without a baseline the score "
            f"function "
            f"scatters {ratio.min():,.0f} to {ratio.max():,.0f} times as much as the pathwise gradient; the "
            f"baseline takes "
            f"off a factor of {helped.min():,.1f} to {helped.max():,.1f}."
        )
