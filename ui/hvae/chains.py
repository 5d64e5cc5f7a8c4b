"""Two ways to draw images: from the top by both levels, and by a chain that never asks z2."""

import streamlit as st
import torch
from torch import Tensor

from ui.hvae.facts import two_level
from ui.images.decoded import decoded, montage
from ui.looks.view import View
from vaemodels.analysis import levels

STEPS = (1, 2, 3, 5, 10, 20, 50, 100)
SAMPLES = 16


def measured(view: View) -> tuple[Tensor, Tensor]:
    """Four starts `[4, dim]`, the chosen image twice and noise twice, and the chain's means at STEPS from each."""
    model, x = two_level(view.checkpoint), view.chosen.x
    generator = torch.Generator().manual_seed(view.seed)
    noise = (torch.rand(2, x.numel(), generator=generator) < 0.5).float()
    starts = torch.cat([x.unsqueeze(0), x.unsqueeze(0), noise])
    means = levels.chain(model, starts, max(STEPS), generator)
    return starts, means[[step - 1 for step in STEPS]]


def render(view: View) -> None:
    """The chain from the chosen image and from noise; ancestral samples below."""
    model = two_level(view.checkpoint)
    starts, means = measured(view)
    st.markdown(
        "**Is z2 needed to draw images?** The chain x → z1 ~ q(z1|x) → x ~ p(x|z1) → … never asks it."
    )
    steps = ", ".join(map(str, STEPS))
    st.html(
        montage(
            torch.cat([starts.unsqueeze(0), means]).transpose(0, 1).flatten(0, 1),
            model.config.image_shape,
            len(STEPS) + 1,
            f"Four chains, a row each: two from {view.chosen.caption}, two from noise; first the start, then the mean "
            f"image after {steps} steps",
            f"The start, then E[x|z1] after {steps} steps.",
            row_labels=["image", "image", "noise", "noise"],
        )
    )
    st.caption(
        "If images stay like digits, q(z1|x) and p(x|z1) alone know what digits look like, and good "
        "samples are no sign "
        "that the upper level was needed (Zhao et al. 2017). What z2 buys is a prior for z1: draws "
        "from the top at once, "
        "below, with no image to start at."
    )
    z1 = model.sample_prior(SAMPLES, torch.Generator(model.device).manual_seed(view.seed))
    shown = "a draw of x each" if view.show == "draw" else "the mean image of each"
    st.html(
        montage(
            decoded(model, z1, view.show, view.seed),
            model.config.image_shape,
            SAMPLES // 2,
            f"{SAMPLES} ancestral samples z2 ~ p(z2), z1 ~ p(z1|z2), {shown}",
            f"Ancestral samples: z2 ~ N(0, I), z1 ~ p(z1|z2), {shown}, seed {view.seed}.",
        )
    )
