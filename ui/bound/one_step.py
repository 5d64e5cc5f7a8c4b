"""One training step in slow motion: encode, draw, decode, score, back."""

import streamlit as st
from torch import Tensor

from ui import words
from ui.address import url_state
from ui.images.figures import figure
from ui.looks.view import View
from ui.words import number
from vaemodels.analysis.one_step import RATE, one_step
from vaemodels.pictures import picture

STAGES = {"1": "1 encode", "2": "2 draw", "3": "3 decode", "4": "4 score", "5": "5 back"}


def render(view: View) -> None:
    """The stages up to the chosen one, with what each computes for this image and this seed."""
    stage = int(url_state.segmented("Stages of a step", "stage", STAGES, "1", label_visibility="collapsed"))
    step = one_step(view.model, view.chosen.x, view.seed)
    shape = view.model.config.image_shape
    pictures = [figure(picture(view.chosen.x, shape), f"The image: {view.chosen.caption}", "x")]
    lines = [
        f"**Encode**: q(z|x) has the mean {words.point(step.mean)} and the widths {words.point(step.std)}."
    ]
    if stage >= 2:
        lines.append(
            f"**Draw**: z = μ + σ ε with ε = ({_pair(step.noise)}) gives {words.point(step.z)}. Through "
            "this sum the gradient reaches μ and σ."
        )
    if stage >= 3:
        pictures.append(figure(picture(step.decoded, shape), "The decoded image at z", "E[x|z]"))
        lines.append("**Decode**: every pixel gets its probability, the picture on the right.")
    if stage >= 4:
        lines.append(
            f"**Score**: −log p(x|z) = :blue[**{number(step.reconstruction, 2)}**], "
            f"KL = :orange[**{number(step.kl, 2)}**]; the loss of this draw is "
            f":green[**{number(step.before, 2)}**] nats."
        )
    if stage >= 5:
        parts = ", ".join(f"{part} {length:.1f}" for part, length in step.gradient.items())
        change = round(step.after, 2) - round(step.before, 2)  # of the numbers as they are read
        lines.append(
            f"**Back**: the gradient’s length is {parts}. A step of the length {RATE:g} against it makes the loss of "
            f"the same draw :green[**{number(step.after, 2)}**] nats, {number(change, 2)}."
        )
    images, text = st.columns([1, 3], gap="medium")
    images.html(f'<div class="lab-row">{"".join(pictures)}</div>')
    text.markdown("\n\n".join(lines))
    st.caption("One image and one draw; another seed gives another draw. The model itself stays as it is.")


def _pair(values: Tensor) -> str:
    """The entries of `[z_dim]` without their names."""
    return ", ".join(number(value, 2) for value in values.tolist())
