"""What each variant changes, as rows that lead to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st
import torch

from ui import models
from ui.images import figure
from vaemodels.pictures import grid

SAMPLES = 8


@dataclass(frozen=True)
class Variant:
    """A model of pretrained/ and what sets it apart; a part left empty is as in the VAE."""

    name: str
    title: str
    generative: str = ""
    inference: str = ""
    objective: str = ""


VARIANTS = [
    Variant(
        "vae",
        "VAE",
        "z ~ N(0, I), x ~ Bernoulli(f(z))",
        "q(z|x) = N(μ(x), σ²(x))",
        "E[log p(x|z)] − KL(q ‖ p)",
    ),
    Variant(
        "ae-2d",
        "Autoencoder",
        "none: x̂ = f(z), z of 2 dimensions",
        "a point: z = g(x)",
        "reconstruction alone, of a point",
    ),
    Variant("vae-beta0.25", "β-VAE, β = ¼", objective="E[log p(x|z)] − ¼ KL(q ‖ p)"),
    Variant("vae-beta4", "β-VAE, β = 4", objective="E[log p(x|z)] − 4 KL(q ‖ p)"),
    Variant("vae-beta10", "β-VAE, β = 10", objective="E[log p(x|z)] − 10 KL(q ‖ p)"),
    Variant("vae-gaussian", "Gaussian decoder", "x ~ N(f(z), σ²I), on grey pixels"),
    Variant(
        "vae-2d-rec",
        "Reconstruction only",
        "as in the VAE, z of 2 dimensions",
        objective="E[log p(x|z)]: nothing holds q near the prior",
    ),
    Variant(
        "vae-2d-kl",
        "KL only",
        "as in the VAE, z of 2 dimensions",
        objective="−KL(q ‖ p): nothing ties z to x",
    ),
    Variant(
        "vae-digits", "VAE on small data", objective="the same, on 1,297 digits: train your own in seconds"
    ),
]


def table(variants: Sequence[Variant], page: str) -> None:
    """A row for each variant that is there: its name, a link to it on `page`; what it changes; what it samples."""
    names = models.names({"vae", "ae"})
    st.caption(
        "z has ten dimensions but where a row says two. On the right, each decoder’s mean for draws z ~ N(0, I): the "
        "same draws for all of as many dimensions."
    )
    with st.container(key="variants", gap="xsmall"):
        for variant in variants:
            if variant.name in names:
                _row(variant, page)


def _row(variant: Variant, page: str) -> None:
    title, changes = st.columns([3, 13], vertical_alignment="center", gap="small")
    title.page_link(page, label=f"**{variant.title}** →", query_params={"model": variant.name})
    parts = {
        "generative model": variant.generative,
        "inference model": variant.inference,
        "objective": variant.objective,
    }
    cells = "".join(
        f'<span class="lab-changed"><small>{name}</small>{escape(text)}</span>'
        if text
        else f'<span class="lab-same"><small>{name}</small>as in the VAE</span>'
        for name, text in parts.items()
    )
    changes.html(f'<div class="lab-variant">{cells}{_samples(variant.name, variant.title)}</div>')


@st.cache_data(max_entries=32, show_spinner=False)
@torch.no_grad()
def _samples(name: str, title: str) -> str:
    """Decoded draws from N(0, I), of the same noise for every model."""
    model = models.pretrained(name).model
    z = model.sample_prior(SAMPLES, torch.Generator(model.device).manual_seed(0))
    picture = grid(model.decode(z).mean, model.config.image_shape, SAMPLES)
    return figure(picture, f"{SAMPLES} images that {title} decodes from draws of N(0, I)", "")
