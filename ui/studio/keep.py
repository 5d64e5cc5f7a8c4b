"""The models that came of a visit's runs: what they write, and how they leave and come back."""

from collections.abc import Collection, Sequence

import streamlit as st
import torch

from ui import models
from ui.components.changing_html import changing_html
from ui.images.decoded import Decoding, decoded, montage
from ui.page import Page
from ui.training.own_models import own_models
from ui.training.run import panel
from vaemodels.checkpoints import Card

ROWS, COLUMNS = 2, 16


def models_of_the_visit(pages: Sequence[Page], kinds: Collection[str], show: Decoding, seed: int) -> None:
    """The newest model's samples; all models with what can be done with them, on those of the `pages` about such."""

    def offer(name: str, card: Card) -> None:
        for page in pages:
            if page.takes(card["model"]) and name in models.names(page.kinds, page.image_shape, page.z_dim):
                st.page_link(page.file, label=f"→ {page.title}", query_params={"model": name})

    if not models.own():
        st.caption(
            "Each run leaves a model here, to download, to train on, and to use on the page about its kind."
        )
    else:
        _samples(next(reversed(models.own())), show, seed)
    st.fragment(own_models)(panel(), kinds, None, offer)


@torch.no_grad()
def _samples(name: str, show: Decoding, seed: int) -> None:
    checkpoint = models.get(name)
    model = checkpoint.model
    if not model.has_likelihood:
        st.caption(f"{name} is an autoencoder: it has no p(z) to sample from.")
        return
    n = ROWS * COLUMNS
    generator = torch.Generator().manual_seed(seed)
    z = model.sample_prior(n, generator)
    label = torch.arange(n) % model.n_labels if model.n_labels else None
    pixels = decoded(model, z, show, seed, label)
    shape = tuple(model.config.image_shape)
    changing_html(
        montage(
            pixels,
            shape,
            COLUMNS,
            f"{n} samples of {name}",
            f"{n} samples of {name}: z ~ p(z), {'x ~ p(x|z)' if show == 'draw' else 'E[x|z]'}, seed {seed}.",
        ),
        key="studio-samples",
    )
