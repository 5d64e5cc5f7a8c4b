"""Home: what VAE Lab is, a model to touch at once, and where to go from there."""

import streamlit as st

from ui import models, vae_page
from ui.explorer import latent_explorer, publish_decoder
from ui.navigation import header

SLOT = "home"

header("VAE Lab")
st.markdown(
    "A variational autoencoder learns to write digits it has never seen. Below is one that was trained to squeeze "
    "every image into **two numbers**: drag in the plane, and its decoder draws what those two numbers mean."
)
name = vae_page.default_model(["vae-2d", "vae-2d-digits"])
checkpoint = models.get(name)
publish_decoder(checkpoint.model, SLOT, key="home-decoder")
latent_explorer(SLOT, key="home-explorer", z=[0.0, 0.0], **vae_page.encoded_digits(name, checkpoint))
st.caption(models.describe(checkpoint.card))

st.subheader("Where to start", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    st.page_link("pages/vae.py", label="**VAE and β-VAE**", icon=":material/scatter_plot:")
    st.markdown(
        "Pick a digit and see its ELBO taken apart, pixel by pixel and dimension by dimension. "
        "Then train a model of your own and watch its latent space form."
    )
with right:
    st.markdown(
        "| model | what it changes |\n|---|---|\n"
        "| **Autoencoder** | one point an image, no prior: nothing says what lies between the points |\n"
        "| **VAE** | a Gaussian q(z\\|x) an image, held close to N(0, I): the space fills, and it can be sampled |\n"
        "| **β-VAE** | the KL weighs β times as much: fewer dimensions carry information, images blur |"
    )
