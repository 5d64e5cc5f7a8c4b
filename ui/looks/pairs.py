"""Test images above their reconstructions, each with its −ELBO, the best and the worst of them marked."""

import streamlit as st
import torch
from torch import Tensor

from ui import words
from ui.images.decoded import decoded
from ui.images.figures import figure
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.looks.symbols import symbols
from ui.looks.view import View
from vaemodels.analysis.latent_space import encode
from vaemodels.evaluation import estimate, image_terms
from vaemodels.models import Model
from vaemodels.pictures import grid

IMAGES = 16
COLUMNS = 8  # to a block: two blocks stand side by side on a desk, one above the other on a phone
DRAWS = 64  # of z an image
KEPT = "_pairs"
NO_BREAK = "\u00a0"


def render(view: View) -> None:
    """The first test images and what the decoder makes of their codes."""
    model = view.model
    dataset = dataset_for(view.checkpoint)
    x, labels = model_inputs(dataset, model, IMAGES)
    codes, symbol = encode(model, x, labels), symbols(model)
    reconstructions = decoded(model, codes.mean, view.show, view.seed, codes.y)
    nats = _nelbos(model, dataset, x, labels)
    mean = estimate(nats)
    if model.has_likelihood:
        below = f"one draw from {symbol.likelihood}" if view.show == "draw" else f"the mean {symbol.mean}"
        below = f"{below} at {symbol.latent} = {symbol.code}"
        nelbo = "−ELBO(x|y)" if model.needs_labels else "−ELBO"
        measure = f"its {nelbo} in nats, the mean of {DRAWS} draws of {symbol.latent}"
    else:
        below, measure = "f(g(x))", "its reconstruction error in nats; an autoencoder has no ELBO"
    st.caption(
        f"Above, {words.test_images(dataset, len(x), binarization(model))}; below, {below}. Under each, {measure}. "
        f"On average **{words.plus_minus(mean.mean, mean.stderr).replace(' ', NO_BREAK)}**."
    )
    marks = {int(nats.argmin()): "best", int(nats.argmax()): "worst"}
    blocks = "".join(
        "<div>"
        + figure(
            grid(torch.cat([x[block], reconstructions[block]]), model.config.image_shape, COLUMNS),
            f"Digits {', '.join(map(str, labels[block].tolist()))}, and below each its reconstruction",
            "",
        )
        + f"<ol>{''.join(_number(i, nats[i].item(), marks.get(i)) for i in block.tolist())}</ol></div>"
        for block in torch.arange(len(x)).split(COLUMNS)
    )
    st.html(f'<div class="lab-pairs">{blocks}</div>')


def _nelbos(model: Model, dataset: str, x: Tensor, labels: Tensor) -> Tensor:
    """−ELBO of each image `[n]`, kept for the runs of controls that change neither images nor model."""
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] is not model or kept[1] != dataset:
        of_images = [
            image_terms(model, image, label if model.needs_labels else None, DRAWS).nelbo
            for image, label in zip(x, labels, strict=True)
        ]
        kept = st.session_state[KEPT] = (model, dataset, torch.tensor(of_images))
    nats: Tensor = kept[2]
    return nats


def _number(i: int, nats: float, mark: str | None) -> str:
    value = words.number(nats)
    if mark is None:
        return f'<li title="test image {i}">{value}</li>'
    return f'<li class="lab-{mark}" title="test image {i}"><b>{value}</b> {mark}</li>'
