"""A page of nothing but components, for test_components.py and test_interpolation.py."""

import json
import math
from typing import Literal

import streamlit as st
import torch

from tests.browser.component_models import CASES, FIRST, SECOND, image_of, model_of, points
from ui.address.when_quiet import when_quiet
from ui.explorer import (
    End,
    interpolation,
    latent_explorer,
    move_to,
    prior_samples,
    publish_decoder,
    traversals,
)
from ui.images.picker import image_picker, thumbnails
from ui.training.chart import training_chart


def decoders() -> None:
    for case in CASES:
        model = model_of(case)
        z = [0.7, -1.3, 2.1][: model.latent_dims["z"]]
        publish_decoder(model, case, key=f"weights_{case}")
        latent_explorer(case, key=case, z=z, height=120)


def between() -> None:
    noise = st.number_input("noise", 0, 9, 0)
    decoding: Literal["mean", "draw"] = "draw" if st.checkbox("draw") else "mean"
    model = model_of("elu")
    publish_decoder(model, "page", key="weights", points=points(), point_labels=torch.arange(50) % 10)
    released = latent_explorer("page", key="explorer", z=FIRST, show=decoding, seed=noise).z
    st.text(f"released {json.dumps(released)}")
    ends = [End(name, image_of(z), z) for name, z in (("here", FIRST), ("there", SECOND))]
    interpolation("page", key="interpolation", first=ends[0], second=ends[1], show=decoding, seed=noise)
    traversals("page", key="traversals", show=decoding, seed=noise)


def explorer() -> None:
    seed = st.number_input("seed", 0, 9, 0)
    token = st.number_input("token", 0, 9, 0)
    noise = st.number_input("noise", 0, 9, 0)
    show: Literal["mean", "draw"] = "draw" if st.checkbox("draw") else "mean"
    st.button("move", on_click=move_to, args=("explorer", [1.0, -2.0, 0.25]))
    labels = torch.arange(50) % 10
    publish_decoder(model_of("elu", seed), "page", key="weights", points=points(), point_labels=labels)
    if st.checkbox("show", True):
        released = latent_explorer(
            "page",
            key="explorer",
            z=[0.5 * token, 0.0, 0.0],
            occasion=token,
            show=show,
            seed=noise,
        ).z
        st.text(f"released {json.dumps(released)}")
    prior_samples("page", key="samples", rows=2, columns=4, show=show, seed=noise)


def waiting() -> None:
    latent_explorer("nobody", key="explorer")


def picker() -> None:
    selected = st.number_input("selected", 0, 11, 2)
    images = torch.arange(12 * 3 * 5 * 4).remainder(256).to(torch.uint8).view(12, -1)
    labels = torch.arange(12) % 10
    pictures = thumbnails(images, (3, 5, 4), labels)
    index = image_picker(pictures, key="picker", selected=selected, occasion=selected, columns=5)
    st.text(f"picked {index}")


def chart() -> None:
    count = st.number_input("records", 0, 100, 12)
    times = st.number_input("times", 1, 10_000, 1)
    reconstruction = [times * (80.0 + 463.0 * math.exp(-2 * i)) for i in range(count)]
    series: dict[str, list[float]] = {
        "epoch": list(range(count)),
        "train_reconstruction": reconstruction,
        "train_kl_z": [20.0 + i for i in range(count)],
        "heldout_reconstruction": [
            value + 1 if i % 2 else math.nan for i, value in enumerate(reconstruction)
        ],
        "heldout_kl_z": [21.0 + i if i % 2 else math.nan for i in range(count)],
    }
    training_chart({"one": series}, key="chart")


def runs() -> None:
    """A semi-supervised run, and one on a bound, whose records hold the terms of the ELBO on held-out images alone."""
    terms = {"reconstruction": 120.0, "kl_z": 8.0, "kl_y": 2.25}
    semi_supervised: dict[str, list[float]] = {"epoch": [1, 2, 3], "train_classification": [2.0, 1.0, 0.5]}
    for part, more in (("train", 0.0), ("heldout", 1.0)):
        semi_supervised |= {f"{part}_{term}": [value + more] * 3 for term, value in terms.items()}
    semi_supervised["heldout_classification"] = [math.nan] * 3
    bound: dict[str, list[float]] = {
        "epoch": [1, 2],
        "train_bound": [-99.0, -95.0],
        "heldout_bound": [-98.0, -94.0],
    }
    for term, value in {"reconstruction": 130.0, "kl_z": 9.0}.items():
        bound |= {f"train_{term}": [math.nan] * 2, f"heldout_{term}": [value] * 2}
    training_chart({"mine-1": semi_supervised, "mine-2": bound}, key="chart", height=420)


def together() -> None:
    """What reports once the visitor rests, and controls beside it: all in fragments of their own, but for one."""
    presses: dict[str, int] = st.session_state.setdefault("presses", {})

    def button(label: str) -> None:
        if st.button(label):
            presses[label] = presses.get(label, 0) + 1
        st.text(f"{label} was pressed {presses.get(label, 0)} times")

    @st.fragment
    def rests() -> None:
        when_quiet(lambda: None, occasion="once", key="quiet")

    @st.fragment
    def chosen() -> None:
        st.text(f"Chosen: {st.checkbox('choose')}")

    rests()
    chosen()
    st.fragment(button)("first")
    st.fragment(button)("second")
    st.text(f"Chosen on the page: {st.checkbox('whole page')}")


st.set_page_config(layout="wide")
st.caption("Components")
PARTS = [decoders, explorer, between, waiting, picker, chart, runs, together]
{part.__name__: part for part in PARTS}[st.query_params["show"]]()
