"""What each variant changes, as rows that lead to it."""

from collections.abc import Sequence
from html import escape

import streamlit as st
import torch

from ui import models
from ui.images.decoded import Decoding, decoded
from ui.images.figures import figure
from ui.lead import query
from ui.page import Page, Variant
from vaemodels import checkpoints
from vaemodels.analysis.priors import prior_kind
from vaemodels.pictures import grid

SAMPLES = 8


def table(pages: Sequence[Page], show: Decoding, seed: int) -> None:
    """A row for each of the pages' variants that is there: a link to it; what it changes; what it samples."""
    what = "mean for draws of z" if show == "mean" else "draws of x for draws of z"
    st.caption(
        f"z has ten dimensions but where a row says otherwise. On the right, each decoder’s {what} from its prior, "
        f"seed {seed}: of N(0, I) the same z for all of as many dimensions."
    )
    with st.container(key="variants", gap="xsmall"):
        for page in pages:
            names = models.names(page.kinds, page.image_shape)
            for variant in page.variants:
                if variant.name in names:
                    _row(variant, page, show, seed)


def _row(variant: Variant, page: Page, show: Decoding, seed: int) -> None:
    title, changes = st.columns([3, 13], vertical_alignment="center", gap="small")
    title.page_link(page.file, label=f"**{variant.title}** →", query_params=_query(variant))
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
    changes.html(f'<div class="lab-variant">{cells}{_samples(variant.name, variant.title, show, seed)}</div>')


def _query(variant: Variant) -> dict[str, str]:
    """Its model on the page, at the look that shows what sets it apart."""
    if not variant.look:
        return {"model": variant.name}
    return query({"model": variant.name, "look": variant.look}, "looks")


@st.cache_data(max_entries=256, show_spinner=False)
@torch.no_grad()
def _samples(name: str, title: str, show: Decoding, seed: int) -> str:
    """Decoded draws from the prior, of the same noise for every model; one digit after the other if it knows labels."""
    model = checkpoints.load(name).model  # of which only the picture is kept
    z = model.sample_prior(SAMPLES, torch.Generator(model.device).manual_seed(seed))
    y = torch.arange(SAMPLES) % model.n_labels if model.n_labels else None
    picture = grid(decoded(model, z, show, seed, y).clamp(0, 1), model.config.image_shape, SAMPLES)
    prior = "N(0, I)" if prior_kind(model) in ("standard", "none") else "its prior"
    return figure(picture, f"{SAMPLES} images that {title} decodes from draws of {prior}", "")
