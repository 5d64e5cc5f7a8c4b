"""One image's ELBO on a page: its pictures, the formula with its numbers, the KL by dimension."""

import streamlit as st
import torch

from ui.components.changing_html import changing_html
from ui.images.choice import Chosen, is_of_other_images
from ui.images.decoded import Decoding, decoded
from ui.images.figures import figure, heat, readable, row
from ui.images.splits import binarization
from ui.kinds import KINDS
from ui.terms import formula, in_a_line, per_dimension
from vaemodels.checkpoints import Checkpoint
from vaemodels.evaluation import ImageTerms, image_terms
from vaemodels.models import Model
from vaemodels.pictures import picture

TOP_PIXEL_NATS = 3.0
KL_SCALE_NATS = 5.0
OTHER_IMAGES = (
    '<div class="lab-note lab-aside">The model learned other images: expect more nats on these.</div>'
)


def show_elbo(checkpoint: Checkpoint, chosen: Chosen, terms: ImageTerms, show: Decoding, seed: int) -> None:
    """The image, its reconstruction and where it misses; the formula with its numbers; the KL by dimension."""
    model = checkpoint.model
    black_and_white = binarization(model) == "static"
    shape = model.config.image_shape
    density = terms.per_pixel.min() < 0  # of a pixel, above 1
    scale = f"{'black ≤ 0, ' if density else ''}white ≥ {TOP_PIXEL_NATS:g}"
    if show == "draw":
        shown, how = decoded(model, terms.code.unsqueeze(0), "draw", seed)[0], "a draw at μ(x)"
    else:
        shown, how = terms.mean, "mean at μ(x)" if model.has_likelihood else "f(g(x))"
    changing_html(
        '<div class="lab-pictures">'
        + row(
            [
                figure(
                    picture(chosen.x, shape),
                    f"The image: {chosen.caption}",
                    "x, binarised" if black_and_white else "x",
                ),
                figure(
                    picture(shown, shape),
                    "Its reconstruction",
                    how,
                ),
            ]
        )
        + readable(
            heat(terms.per_pixel, shape, TOP_PIXEL_NATS),
            terms.per_pixel,
            shape,
            "nats",
            f"Nats at each pixel, {terms.per_pixel.sum():.0f} in all",
            f"nats a pixel, {scale}",
        )
        + "</div>"
        + formula(terms)
        + (OTHER_IMAGES if is_of_other_images(chosen, checkpoint) else "")
        + "".join(
            per_dimension(values, max(KL_SCALE_NATS, values.max().item()))
            for values in terms.kl_by_dimension.values()
        ),
        key="elbo",
    )


def elbo_in_a_line(terms: ImageTerms) -> None:
    """The terms again, where the ELBO's column stands below the explorer: style.css shows them there alone."""
    with st.container(key="elbo-line"):
        st.html(in_a_line(terms))


def in_numbers(model: Model, chosen: Chosen) -> None:
    """The model's equations, each with the numbers of the chosen image in it, worked out only when asked for."""
    title = "The ELBO in numbers" if model.has_likelihood else "The error in numbers"
    place = st.expander(title, icon=":material/functions:", key="in-numbers", on_change="rerun")
    if not place.open:
        return
    label = None if chosen.label is None else torch.tensor(chosen.label)
    with place:
        for equation in KINDS[model.name].equations(model, chosen.x, label):
            st.caption(equation.title)
            st.latex(equation.symbols, width="stretch")
            st.latex(equation.numbers, width="stretch")


def terms_of(model: Model, chosen: Chosen) -> ImageTerms:
    """The terms of the image, kept for the runs of controls that change neither it nor the model."""
    kept = st.session_state.get("_terms")
    if kept is None or kept[0] is not model or kept[1] != chosen.key:
        kept = st.session_state["_terms"] = (model, chosen.key, image_terms(model, chosen.x))
    terms: ImageTerms = kept[2]
    return terms
