"""What this variant changes, beside the VAE that a visitor knows, and what to be careful about."""

import streamlit as st

IN_SHORT = (
    "**Two levels of latents**: z2 ~ N(0, I), then z1 ~ p(z1|z2), and the image from z1 alone. "
    "Each row holds one z2: the image of the mean m(z2), then eight draws of z1. **Drag A in the plane**: what its row "
    "does together, z2 decides; what differs from column to column it leaves open."
)


def from_vae_to_here() -> None:
    """The derivation, folded away."""
    with st.expander("From the VAE to this model", icon=":material/functions:", key="hvae-story"):
        was, now = st.columns(2, gap="large")
        with was:
            st.markdown("**The VAE** holds every image’s z to one prior, N(0, I).")
            st.latex(r"\log p(x) \ge \mathbb E_{q(z|x)}[\log p(x|z)] - \mathrm{KL}(q(z|x) \,\|\, p(z))")
        with now:
            st.markdown("**This model** lets a second latent choose the prior of the first.")
            st.latex(
                r"\log p(x) \ge \mathbb E_q\!\left[\log p(x|z_1) - \log\frac{q(z_1|x)}{p(z_1|z_2)}"
                r" - \log\frac{q(z_2|\cdot)}{p(z_2)}\right]"
            )
        st.markdown(
            "- z2 is inferred from z1, **bottom-up** q(z1|x) q(z2|z1), or beside it, **in parallel** q(z1|x) q(z2|x).\n"
            "- Each level answers for its own prior: KL_z1 against p(z1|z2), KL_z2 against N(0, I). Bottom-up KL_z1 is "
            "E_q[log q(z1|x) − log p(z1|z2)], no divergence, as z2 was drawn knowing z1: it can be negative.\n"
            "- Any two-level model is also a one-level one, with the prior p(z1) = ∫ p(z1|z2) p(z2) dz2, a mixture "
            "without end. A better ELBO may show no more than that this prior fits better. **That z2 holds the coarse "
            "and z1 the fine features is another claim**, which the ELBO doesn’t make (Zhao et al. 2017): look at what "
            "each level holds, below."
        )
