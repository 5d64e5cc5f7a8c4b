"""Home: a model to touch at once, and where to go from there."""

import streamlit as st

from ui import models, vae_page
from ui.explorer import latent_explorer
from ui.navigation import header

SLOT = "home"
START = [1.0, -0.7]  # somewhere legible
VARIANTS = [
    ("ae-2d", "Autoencoder", "One point per image and no prior: nothing says what lies between the points."),
    (
        "vae-2d",
        "VAE",
        "One Gaussian q(z|x) per image, held close to N(0, I): the space fills, and can be sampled.",
    ),
    ("vae", "VAE, ten dimensions", "Room for more than a plane can show: sharper images and a better ELBO."),
    (
        "vae-digits",
        "VAE on small data",
        "The same on 1,297 digits that come with the app: train your own in seconds.",
    ),
]

header("VAE Lab")
st.markdown(
    "A variational autoencoder learns to write digits it has never seen. This one squeezes every image into **two "
    "numbers**: drag in the plane, and its decoder draws what those two numbers mean."
)
st.page_link("pages/vae.py", label="Take one image's ELBO apart →")
touch, start = st.columns([7, 4], gap="large")
with touch:
    name = vae_page.default_model(["vae-2d", "vae-2d-digits"])
    checkpoint = models.get(name)
    latent_explorer(SLOT, key="home-explorer", z=START)
    st.caption(models.describe(checkpoint.card))
with start:
    st.subheader("What each variant changes", anchor=False)
    for variant, title, change in VARIANTS:
        if variant in models.names({"vae", "ae"}):
            with st.container(gap=None):
                st.page_link("pages/vae.py", label=f"**{title}** →", query_params={"model": variant})
                st.caption(change)
vae_page.publish(name, checkpoint, SLOT)
