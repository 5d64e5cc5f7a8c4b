"""Home: a model to touch at once, what each variant changes, and where to start."""

import streamlit as st

from ui import models, url_state, vae_page
from ui.explorer import prior_samples
from ui.navigation import header
from ui.variants import VARIANTS, table

SLOT = "home"
VAE_PAGE = "pages/vae.py"
STARTS = [
    (
        "Take one image's ELBO apart",
        {},
        "Reconstruction and KL in nats, pixel by pixel and dimension by dimension.",
    ),
    ("Draw a digit of your own", {"images": "draw"}, "See where the encoder puts it, and what comes back."),
    (
        "Walk from one digit to another",
        {"look": "interpolate"},
        "The straight line between two codes, decoded.",
    ),
    ("Turn β up and down", {"look": "beta"}, "What a model pays in reconstruction for a smaller KL."),
]
START = [1.0, -0.7]  # somewhere legible

with st.container(horizontal=True, vertical_alignment="bottom", key="head"):
    header("VAE Lab")
    name = vae_page.default_model(["vae-2d", "vae-2d-digits"])
    checkpoint = models.get(name)
    shown, seed = vae_page.choose_decoding(checkpoint.model)
st.markdown(
    "A variational autoencoder learns to write digits it has never seen. This one squeezes every image into **two "
    "numbers**: drag in the plane, and its decoder draws what those two numbers mean."
)


@st.fragment
def touch() -> None:
    """The explorer; where it is let go of goes into the address."""
    vae_page.explorer(SLOT, key="home-explorer", start=START, shown=shown, seed=seed)
    url_state.write_when_quiet()


explorer, beside = st.columns([7, 4], gap="large")
with explorer:
    touch()
    st.caption(models.describe(checkpoint.card))
with beside:
    st.header("Where to start", anchor=False)
    for label, query, about in STARTS:
        with st.container(gap=None):
            st.page_link(VAE_PAGE, label=f"**{label}** →", query_params=query)
            st.caption(about)
prior_samples(
    SLOT,
    key="home-samples",
    rows=1,
    columns=16,
    show=shown,
    seed=seed,
    about="Draws z ~ N(0, I), decoded in your browser. Choose one to carry its z to the plane above.",
)
st.header("What each variant changes", anchor=False)
table(VARIANTS, VAE_PAGE)
vae_page.publish(name, checkpoint, SLOT)
url_state.write()
