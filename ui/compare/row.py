"""One image through several models, with one noise."""

from collections.abc import Sequence
from html import escape

import streamlit as st
import torch

from ui import models, words
from ui.address import url_state
from ui.compare.live import follow_the_pen, slot_of
from ui.images.choice import Chosen, for_model, told
from ui.images.decoded import Decoding, decoded
from ui.images.figures import figure
from ui.live_terms import live_terms
from vaemodels.analysis.latent_space import encode
from vaemodels.checkpoints import Checkpoint
from vaemodels.errors import LabError
from vaemodels.evaluation import image_terms
from vaemodels.pictures import picture

ONE_A_KIND = ("vae", "ae-2d", "gmvae", "iwae-k50", "ssvae", "fsvae", "hvae")
PARAMETER = "with"
KEY = "compare-with"
MOST = 8
DIMENSIONS = 512  # of the one ε, as many as a latent can have


def choose_row(names: Sequence[str]) -> list[str]:
    """The models of the row, kept in the address; one a kind unless the visitor says otherwise."""
    default = [name for name in ONE_A_KIND if name in names]
    if url_state.decides(KEY):
        wanted = (url_state.get(PARAMETER) or "").split("_")
        known = [name for name in dict.fromkeys(wanted) if name in names][:MOST]
        if url_state.get(PARAMETER) and not known:
            url_state.note("The link asks for models that are not here; showing one of each kind instead.")
        st.session_state[KEY] = known or default
    else:
        st.session_state[KEY] = [name for name in st.session_state[KEY] if name in names]
    chosen: list[str] = st.multiselect(
        "Models side by side, as many as eight", names, key=KEY, max_selections=MOST
    )
    url_state.put(PARAMETER, None if chosen in ([], default) else "_".join(chosen))
    return chosen or default


def show_row(names: Sequence[str], chosen: Chosen, show: Decoding, seed: int, slot: str) -> None:
    """The image, and what each model gives back of it, with its −ELBO and terms; what is drawn on `slot` at once."""
    seed = seed if show == "draw" else 0
    shape = (1, 28, 28)
    original = figure(picture(chosen.grey, shape), f"The image: {chosen.caption}", "the image")
    about = f'<p data-drawn="your drawing">{escape(chosen.caption)}</p>'
    cells = [f'<div class="lab-cell" data-slot="{slot}">{_live(original, "image")}{about}</div>']
    mine = models.own()
    for name in names:
        try:
            of = _cell_of_own if name in mine else _cell_of_pretrained
            cells.append(of(name, chosen.key, chosen.label, show, seed, chosen))
        except LabError as error:
            cells.append(f'<div class="lab-cell"><p>{escape(name)}: {escape(str(error))}</p></div>')
    # A draw of x has the noise of torch's generator, which the browser does not have.
    follows = st.session_state.get("images") == "draw" and show == "mean"
    slots = [slot, *map(slot_of, names)] if follows else []
    live_terms(f'<div class="lab-through">{"".join(cells)}</div>', *slots, key="compare-row")
    if follows:
        follow_the_pen(names, slot)
    noise = (
        "One noise for all: z = μ + σε, of one ε as many dimensions as a model has, and one noise for the pixels."
        if show == "draw"
        else "Each image is the mean E[x|z] at the mean of q; switch to draws for one ε through all."
    )
    st.caption(
        f"{noise} Terms in nats of this image, means of 64 draws of z{', of fewer while the pen is down' * follows}. "
        "Compare them among those without a remark."
    )


# Computed here but for what is drawn: the weights of seven models are 12 MB, their answers 20 kB. A model's name stands
# for its weights: for all visitors, or within the visit where it is the visitor's own.
def _cell(name: str, key: str, label: int | None, show: Decoding, seed: int, _chosen: Chosen) -> str:
    return cell(name, models.get(name), _chosen, show, seed)


_cell_of_pretrained = st.cache_data(max_entries=512, show_spinner=False)(_cell)
_cell_of_own = st.cache_resource(scope="session", max_entries=32, show_spinner=False)(_cell)


@torch.no_grad()
def cell(name: str, checkpoint: Checkpoint, chosen: Chosen, show: Decoding, seed: int) -> str:
    """One model's answer to the image as HTML: its reconstruction, its terms, and why they are not the others'."""
    model = checkpoint.model
    x, label = for_model(chosen, model), told(model, chosen)
    codes = encode(model, x.unsqueeze(0), None if label is None else label.unsqueeze(0))
    z = codes.mean
    if show == "draw" and codes.std is not None:
        noise = torch.randn(DIMENSIONS, generator=torch.Generator().manual_seed(seed))
        z = z + codes.std * noise[: z.shape[-1]]
    image = picture(decoded(model, z, show, seed, codes.y)[0], tuple(model.config.image_shape))
    terms = image_terms(model, x, label)
    error = f'<span class="lab-rec" data-term="reconstruction">{words.number(terms.reconstruction)}</span>'
    if not model.has_likelihood:
        text, remark = f"error {error}", "no likelihood: bounds nothing"
    else:
        text = (
            f'−ELBO <b class="lab-bound" data-term="nelbo">{words.number(terms.nelbo)}</b><br>= {error} + '
            f'<span class="lab-kl">KL <span data-term="kl">{words.number(terms.kl_total)}</span></span>'
        )
        remark = (
            f"told the label <span data-label>{int(label)}</span>: of p(x|y)" if label is not None else ""
        )
        if getattr(model.config, "likelihood", "bernoulli") != "bernoulli":
            remark = f"a density of grey pixels{', ' + remark if remark else ''}"
    shown = _live(figure(image, f"The image as {name} gives it back", name), "mean")
    remark = f"<br><em>{remark}</em>" if remark else ""
    return f'<div class="lab-cell" data-slot="{slot_of(name)}">{shown}<p>{text}{remark}</p></div>'


def _live(figure: str, what: str) -> str:
    """A figure of which `live_terms` knows what it shows of a drawing."""
    return figure.replace("<figure", f'<figure data-picture="{what}"', 1)
