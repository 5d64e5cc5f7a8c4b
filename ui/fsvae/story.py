"""What this variant changes, beside the VAE that a visitor knows."""

import streamlit as st

IN_SHORT = (
    "This conditional VAE is **told which digit** it looks at, and which one to write. So z is left with the "
    "hand: every column below is one style z ~ N(0, I), every row a digit y. Choose a column, drag its number in "
    "the plane, and its ten digits follow. Its ELBO(x|y) bounds log p(x|y): don’t compare it with a VAE’s."
)


def of_one_image(is_drawn: bool) -> str:
    """What is to be seen of one image, which a visitor may draw or can only choose."""
    found = (
        "told which digit it is, the encoder finds its style μ(x, y), and the row below the large picture writes that "
        "as all ten."
    )
    if not is_drawn:
        return f"Choose an image: {found}"
    return f"Draw a digit: {found} All of it follows your pen; a manifold on the plane alone waits until you lift it."


def from_vae_to_here() -> None:
    """The derivation, folded away."""
    with st.expander("From the VAE to this model", icon=":material/functions:", key="fsvae-story"):
        was, now = st.columns(2, gap="large")
        with was:
            st.markdown("**The VAE** explains an image by z alone, so z has to hold the digit and the hand.")
            st.latex(r"\log p(x) \ge \mathbb E_{q(z|x)}[\log p(x|z)] - \mathrm{KL}(q(z|x) \,\|\, p(z))")
        with now:
            st.markdown(
                "**This model** has y, one-hot, as a further input of encoder and decoder; nothing else changes."
            )
            st.latex(
                r"\log p(x|y) \ge \mathbb E_{q(z|x, y)}[\log p(x|y, z)] - \mathrm{KL}(q(z|x, y) \,\|\, p(z))"
            )
        st.markdown(
            "- The prior p(z) is the same for every y: under the model **style and digit are independent**, "
            "and one z goes with all ten labels. That is why a column is one hand.\n- A z that repeats y "
            "buys nothing, since the decoder knows y, and costs KL: training drives the digit out of z. “Is "
            "the digit in z?” measures how far.\n- The bound is on log p(x|y). It says nothing of log p(x) "
            "by itself: see “What is bounded”."
        )
