"""One image through several models, with one noise."""

import streamlit as st
import torch

from ui import models, words
from ui.address import url_state
from ui.images.choice import Chosen, for_model, told
from ui.images.decoded import Decoding, decoded
from ui.images.figures import figure
from ui.looks.encoded import encode
from vaemodels.checkpoints import Checkpoint
from vaemodels.evaluation import image_terms
from vaemodels.pictures import picture

ONE_A_KIND = ("vae", "ae-2d", "gmvae", "iwae-k50", "ssvae", "fsvae", "hvae")
PARAMETER = "with"
MOST = 8
DIMENSIONS = 512  # of the one ε, as many as a latent can have


def choose_row(names: list[str]) -> list[str]:
    """The models of the row, kept in the address; one a kind unless the visitor says otherwise."""
    default = [name for name in ONE_A_KIND if name in names]
    if url_state.decides(PARAMETER):
        wanted = (url_state.get(PARAMETER) or "").split("_")
        known = [name for name in dict.fromkeys(wanted) if name in names][:MOST]
        if url_state.get(PARAMETER) and not known:
            url_state.note("The link asks for models that are not here; showing one of each kind instead.")
        st.session_state[PARAMETER] = known or default
    chosen: list[str] = st.multiselect("Models side by side", names, key=PARAMETER, max_selections=MOST)
    url_state.put(PARAMETER, None if chosen in ([], default) else "_".join(chosen))
    return chosen or default


def show_row(names: list[str], chosen: Chosen, show: Decoding, seed: int) -> None:
    """Each model's reconstruction of the image, with its −ELBO and terms."""
    figures = [_figure(name, models.get(name), chosen, show, seed) for name in names]
    st.html(f'<div class="lab-row">{"".join(figures)}</div>')
    st.caption(
        "One noise through all: with draws, z = μ + σε with the first dimensions of one ε as far as a model has them, "
        "and one noise for the pixels. The terms are means of 64 draws of z, in nats, of this one image."
    )


def _figure(name: str, checkpoint: Checkpoint, chosen: Chosen, show: Decoding, seed: int) -> str:
    model = checkpoint.model
    x = for_model(chosen, model)
    label = told(model, chosen)
    codes = encode(model, x.unsqueeze(0), None if label is None else label.unsqueeze(0))
    z = codes.mean
    if show == "draw" and codes.std is not None:
        noise = torch.randn(DIMENSIONS, generator=torch.Generator().manual_seed(seed))
        z = z + codes.std * noise[: z.shape[-1]]
    way: Decoding = show if model.has_likelihood else "mean"
    image = picture(decoded(model, z, way, seed, codes.y)[0], tuple(model.config.image_shape))
    terms = image_terms(model, x, label)
    error = words.number(terms.reconstruction)
    if not model.has_likelihood:
        text = f"{name}: no likelihood; reconstruction error {error}"
    else:
        bound = "−ELBO(x|y)" if terms.label_is_given else "−ELBO"
        text = f"{name}: {bound} {words.number(terms.nelbo)} = {error} + KL {words.number(terms.kl_total)}"
    return figure(image, f"The image as {name} gives it back", text)
