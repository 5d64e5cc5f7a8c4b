"""Test images above their reconstructions, each with its −ELBO, the best and the worst of them marked."""

import streamlit as st
import torch

from ui import words
from ui.images.decoded import decoded
from ui.images.figures import figure
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.looks.view import View
from vaemodels.evaluation import estimate, image_terms
from vaemodels.pictures import grid

IMAGES = 16
COLUMNS = 8  # to a block: two blocks stand side by side on a desk, one above the other on a phone
NO_BREAK = "\u00a0"


def render(view: View) -> None:
    """The first test images and what the decoder makes of their codes."""
    model = view.model
    dataset = dataset_for(view.checkpoint)
    x, labels = model_inputs(dataset, model, IMAGES)
    with torch.no_grad():
        reconstructions = decoded(model, model.embed(x), view.show, view.seed)
    terms = [image_terms(model, image) for image in x]
    nats = torch.tensor([of_image.nelbo for of_image in terms])
    mean = estimate(nats)
    if model.has_likelihood:
        below = "one draw from p(x|z)" if view.show == "draw" else "the mean E[x|z]"
        below, measure = f"{below} at z = μ(x)", f"its −ELBO in nats, the mean of {terms[0].draws} draws of z"
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


def _number(i: int, nats: float, mark: str | None) -> str:
    value = words.number(nats)
    if mark is None:
        return f'<li title="test image {i}">{value}</li>'
    return f'<li class="lab-{mark}" title="test image {i}"><b>{value}</b> {mark}</li>'
