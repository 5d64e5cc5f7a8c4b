"""KL by level of what a model has learned, of a visitor's image, of noise and of a blank canvas."""

import plotly.graph_objects as go
import streamlit as st
import torch

from ui import charts
from ui.hvae.facts import facts, two_level
from ui.looks.view import View
from vaemodels.analysis.levels import kl_by_level
from vaemodels.evaluation import Estimate, estimate

DRAWS = 64  # of the latents of one image
NOISE_IMAGES = 200
ERROR_ROOM = 60  # widths of an m along the chart


def measured(view: View) -> dict[str, dict[str, Estimate]]:
    """By kind of input the KL of each level: over images where there are many, else over draws of one."""
    model = two_level(view.checkpoint)
    dim = view.chosen.x.numel()
    generator = torch.Generator().manual_seed(view.seed)
    noise = (torch.rand(NOISE_IMAGES, dim, generator=generator) < 0.5).float()

    def of(images: torch.Tensor) -> dict[str, Estimate]:
        return {level: estimate(kl) for level, kl in kl_by_level(model, images).items()}

    return {
        "test images": facts(view.name, view.checkpoint).kl,
        "this image": of(view.chosen.x.expand(DRAWS, -1)),
        "noise": of(noise),
        "blank canvas": of(torch.zeros(DRAWS, dim)),
    }


def render(view: View) -> None:
    """A bar for each kind of input, of the two levels' KL."""
    found, colours = measured(view), charts.colours()
    top = max(kl.mean for kls in found.values() for kl in kls.values())
    names = list(found)[::-1]
    figure = go.Figure(
        [
            go.Bar(
                x=[found[name][level].mean for name in names],
                y=names,
                orientation="h",
                name=f"KL of {level}",
                marker_color=colours[f"kl_{level}"],
                error_x={"array": [found[name][level].stderr for name in names], "color": colours["ink"]},
                text=[_clear_of_error(found[name][level], top) for name in names],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{x:.1f} nats<extra></extra>",
            )
            for level in ("z2", "z1")
        ]
    )
    figure.update_layout(barmode="group", legend={"traceorder": "reversed"})
    figure.update_xaxes(
        title="nats", range=[min(0.0, *(k.mean for v in found.values() for k in v.values())), 1.15 * top]
    )
    said = "; ".join(f"{name} z1 {kl['z1'].mean:.1f}, z2 {kl['z2'].mean:.1f}" for name, kl in found.items())
    st.markdown(
        "**What does an image cost at each level?** The one above, noise and a blank canvas beside digits."
    )
    charts.show(figure, "hvae-inputs", f"KL by level in nats: {said}", height=330)
    st.caption(
        f"Test images: {facts(view.name, view.checkpoint).measured_on}, ± standard error over images. This image, "
        f"{view.chosen.caption}, and the blank canvas: means of {DRAWS} draws of z1 and z2. Noise: "
        f"{NOISE_IMAGES} images "
        "of fair coins. A KL is what q costs against the prior, not how likely an image is: an encoder was never asked "
        "about noise, and need not find it strange at either level."
    )


def _clear_of_error(kl: Estimate, top: float) -> str:
    """A bar's number, after as much room as its error's bar takes where `top` is the longest of the bars."""
    room = 1 + round(ERROR_ROOM * kl.stderr / top)
    return "\u2003" * room + f"{kl.mean:.1f}"
