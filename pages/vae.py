"""The VAE and the β-VAE: pick an image, read its ELBO, move through the latent space, train one."""

import streamlit as st

from ui import image_choice, models, share, try_this, url_state, vae_page
from ui.explorer import publish_decoder
from ui.looks import EXPLORER, View, closer_look
from ui.navigation import header
from ui.source import source
from ui.training_panel import is_followed, training_panel
from ui.vae_experiments import EXPERIMENTS
from vaemodels.models import Model

KINDS = {"vae", "ae"}
SLOT = "vae"

with st.container(horizontal=True, vertical_alignment="bottom", key="head"):
    header("VAE and β-VAE")
    hide = share.hidden()
    with share.part("model", hide):
        name = vae_page.choose_model(KINDS)
    checkpoint = models.get(name)
    share.share(list(share.PARTS))
    with share.part("show", hide):
        shown, seed = vae_page.choose_decoding(checkpoint.model)
st.caption(models.describe(checkpoint.card))
experiments = try_this.possible(EXPERIMENTS, models.names(KINDS))
try_this.current(experiments)


@st.fragment
def explore() -> None:
    """One image: its latent code, its reconstruction, the terms of its ELBO; then a closer look."""
    pick, explorer, elbo = vae_page.main_columns(hide)
    with pick:
        chosen = image_choice.pick_image(checkpoint)
    terms = vae_page.terms_of(checkpoint.model, chosen)
    start: list[float] = terms.code.tolist()
    with elbo:
        vae_page.show_elbo(checkpoint, chosen, terms, shown, seed)
    with explorer:
        z = vae_page.explorer(
            SLOT,
            key=EXPLORER,
            start=start,
            token=f"{name}/{chosen.key}",
            shown=shown,
            seed=seed,
        )
        if is_followed():
            st.info("This is the model in training, below; the terms beside it are those of the chosen one.")
        else:
            vae_page.show_z(checkpoint.model, chosen, start, z)
    if "looks" not in hide:
        closer_look(View(name, checkpoint, chosen, shown, seed, SLOT))
    if "source" not in hide:
        source(checkpoint.model, chosen)
    url_state.write_when_quiet()


def show(live: Model | None) -> None:
    """Give the explorer and the samples the model in training, else the chosen one."""
    if live is None:
        vae_page.publish(name, checkpoint, SLOT)
    else:
        publish_decoder(live, SLOT, key=f"{SLOT}-decoder")


explore()

if "train" in hide:
    vae_page.publish(name, checkpoint, SLOT)
else:
    st.header("Train one yourself", anchor=False)
    training_panel(show)
if "try" not in hide:
    try_this.try_this(experiments)
share.show_all(hide)
url_state.write()
