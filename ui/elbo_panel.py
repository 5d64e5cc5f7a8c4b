"""One image's ELBO on a page: its pictures, the formula with its numbers, the KL by dimension."""

import streamlit as st
import torch
from torch import Tensor

from ui.images.choice import Chosen, is_of_other_images, told
from ui.images.decoded import Decoding, decoded
from ui.images.figures import figure, heat, readable, row
from ui.images.splits import binarization
from ui.kinds import KINDS
from ui.live_terms import live_terms
from ui.terms import formula, in_a_line, per_dimension
from vaemodels.checkpoints import Checkpoint
from vaemodels.evaluation import ImageTerms, image_terms
from vaemodels.models import Model
from vaemodels.pictures import picture

TOP_PIXEL_NATS = 3.0
KL_SCALE_NATS = 5.0
OTHER_IMAGES = "The model learned other images: expect more nats on these."


def show_elbo(
    checkpoint: Checkpoint,
    chosen: Chosen,
    terms: ImageTerms,
    label: int | None,
    show: Decoding,
    seed: int,
    slot: str,
) -> None:
    """The image, its reconstruction and where it misses; the formula with its numbers; the KL by dimension.

    `label` is the one that the reconstruction is written with, None for a model that writes none. All keeps up with
    what is drawn on the page's `slot`.
    """
    model = checkpoint.model
    if show == "draw":
        y = None if label is None else torch.tensor([label])
        shown, how = decoded(model, terms.code.unsqueeze(0), "draw", seed, y)[0], "a draw at μ(x)"
    else:
        shown, how = terms.mean, "mean at μ(x)" if model.has_likelihood else "f(g(x))"
    live_terms(
        pictures(model, chosen, terms, shown, how)
        + formula(terms)
        + (
            f'<div class="lab-note lab-aside">{OTHER_IMAGES}</div>'
            if is_of_other_images(chosen, checkpoint)
            else ""
        )
        + "".join(
            per_dimension(values, max(KL_SCALE_NATS, values.max().item()), latent)
            for latent, values in terms.kl_by_dimension.items()
        ),
        slot,
        key="elbo",
    )


def pictures(model: Model, chosen: Chosen, terms: ImageTerms, shown: Tensor, how: str) -> str:
    """The image, what is `shown` of its reconstruction and `how`, and where it misses, as HTML for `live_terms`."""
    shape = model.config.image_shape
    density = terms.per_pixel.min() < 0  # of a pixel, above 1
    scale = f"{'black ≤ 0, ' if density else ''}white ≥ {TOP_PIXEL_NATS:g}"
    caption = "x, binarised" if binarization(model) == "static" else "x"
    image = figure(picture(chosen.x, shape), f"The image: {chosen.caption}", caption)
    reconstruction = figure(picture(shown, shape), "Its reconstruction", how)
    misses = readable(
        heat(terms.per_pixel, shape, TOP_PIXEL_NATS),
        terms.per_pixel,
        shape,
        "nats",
        "Nats at each pixel",
        f"nats a pixel, {scale}",
    )
    return (
        f'<div class="lab-pictures">{row([_following("image", image), _following("mean", reconstruction)])}'
        f"{_following('per-pixel', misses)}</div>"
    )


def _following(what: str, figure: str) -> str:
    """A figure's HTML, marked as that of the `live_terms` picture `what`."""
    return figure.replace("<figure", f'<figure data-picture="{what}" data-white="{TOP_PIXEL_NATS:g}"', 1)


def elbo_in_a_line(terms: ImageTerms, slot: str) -> None:
    """The terms again, where the ELBO's column stands below the explorer: style.css shows them there alone."""
    with st.container(key="elbo-line"):
        live_terms(in_a_line(terms), slot, key="elbo-in-a-line")


def in_numbers(model: Model, chosen: Chosen) -> None:
    """The model's equations, each with the numbers of the chosen image in it, worked out only when asked for."""
    title = "The ELBO in numbers" if model.has_likelihood else "The error in numbers"
    place = st.expander(title, icon=":material/functions:", key="in-numbers", on_change="rerun")
    if not place.open:
        return
    with place:
        for equation in KINDS[model.name].equations(model, chosen.x, told(model, chosen)):
            st.caption(equation.title)
            st.latex(equation.symbols, width="stretch")
            st.latex(equation.numbers, width="stretch")


def terms_of(model: Model, chosen: Chosen) -> ImageTerms:
    """The terms of the image, kept for the runs of controls that change neither it, its label nor the model."""
    image = (chosen.key, chosen.label)
    kept = st.session_state.get("_terms")
    if kept is None or kept[0] is not model or kept[1] != image:
        kept = st.session_state["_terms"] = (
            model,
            image,
            image_terms(model, chosen.x, told(model, chosen)),
        )
    terms: ImageTerms = kept[2]
    return terms
