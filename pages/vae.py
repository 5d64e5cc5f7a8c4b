"""The VAE and the β-VAE: pick an image, read its ELBO, move through the latent space, train one."""

import streamlit as st

from ui import elbo_panel, explorer_panel, frame, models, try_this
from ui.address import url_state
from ui.explorer import publish_decoder
from ui.images import choice
from ui.looks import EXPLORER, View, closer_look
from ui.source import source
from ui.training.panel import is_followed, training_panel
from ui.vae.page import VAE
from vaemodels.models import Model

head = frame.begin(VAE)
st.caption(models.describe(head.checkpoint.card))
experiments = frame.experiments_of(VAE)
try_this.current(experiments, {try_this.TOP, *head.hide})


@st.fragment
def explore() -> None:
    """One image: its latent code, its reconstruction, the terms of its ELBO; then a closer look."""
    pick, explorer, elbo = frame.main_columns(head.hide)
    with pick:
        chosen = choice.pick_image(head.checkpoint)
    terms = elbo_panel.terms_of(head.model, chosen)
    start: list[float] = terms.code.tolist()
    if "elbo" not in head.hide:
        with pick:
            elbo_panel.elbo_in_a_line(terms)
    with elbo:
        elbo_panel.show_elbo(head.checkpoint, chosen, terms, head.show, head.seed)
        elbo_panel.in_numbers(head.model, chosen)
    with explorer:
        z = explorer_panel.explorer(
            VAE.slot,
            head.name,
            head.checkpoint,
            key=EXPLORER,
            start=start,
            occasion=f"{head.name}/{chosen.key}",
            show=head.show,
            seed=head.seed,
        )
        if is_followed():
            st.info("This is the model in training, below; the terms beside it are those of the chosen one.")
        else:
            explorer_panel.show_z(head.model, chosen, start, z)
    if "looks" not in head.hide:
        with st.container(key="looks"):
            try_this.current(experiments, {"looks"})
            closer_look(View(head.name, head.checkpoint, chosen, head.show, head.seed, VAE.slot), VAE.looks)
    if "source" not in head.hide:
        source(head.model)
    url_state.write_when_quiet()


def show(live: Model | None) -> None:
    """Give the explorer and the samples the model in training, else the chosen one."""
    if live is None:
        explorer_panel.publish(head.name, head.checkpoint, VAE.slot)
    else:
        publish_decoder(live, VAE.slot, key=f"{VAE.slot}-decoder")


explore()

if "train" in head.hide:
    explorer_panel.publish(head.name, head.checkpoint, VAE.slot)
else:
    st.header("Train one yourself", anchor=False)
    training_panel(VAE.kinds, show)
frame.end(head)
