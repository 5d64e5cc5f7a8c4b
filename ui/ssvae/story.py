"""What this variant changes, in words."""

import streamlit as st

IN_SHORT = (
    "Only a hundred images have a label; the others still count. **M2 has two latents, the digit y and the style z**, "
    "and infers both: q(y|x) is a classifier, taught by the ELBO of unlabelled images too. Draw a digit: beside each "
    "label stand two answers, the **classifier’s** and that of the **model’s own ten ELBOs**."
)
OF_BARS = (
    "softmax of ELBO(x, y) over y is p(y|x) under the model, but for the gaps of the ten bounds (log p(y) is the same "
    "for all). ELBO(x, y) in nats stands at the right."
)
OF_SUMS = (
    "No label is drawn: the sum over all ten is written out. Where q(y|x) is sure, one row is nearly all of it. "
    "KL(q(y|x) ‖ p(y)), kl_y in the code, is log 10 − H(q): a sure classifier costs 2.30 nats an image, and pays by "
    "the reconstruction."
)
OF_STYLE = "**One z, ten digits**: drag in the plane, and the row writes the same z as each digit."
TRAIN = "Train on few labels yourself"
OF_TRAINING = (
    "“Labelled images” is the number of images that keep their label, spread evenly over the digits; no other label "
    "has any part in training, nor in the choice of the best epoch."
)


def from_vae_to_here() -> None:
    """The derivation, folded away."""
    with st.expander("From the VAE to this model", icon=":material/functions:", key="ssvae-story"):
        known, unknown = st.columns(2, gap="large")
        with known:
            st.markdown("**The label is known**: it is one more thing observed.")
            st.latex(
                r"\log p(x, y) \ge \mathrm{ELBO}(x, y) = \mathbb E_{q(z|x, y)}[\log p(x|y, z)] "
                r"- \mathrm{KL}(q(z|x, y) \,\|\, p(z)) + \log p(y)"
            )
        with unknown:
            st.markdown("**The label is not known**: it is a latent, with its own q.")
            st.latex(
                r"\log p(x) \ge \mathrm{ELBO}(x) = \sum_y q(y|x)\, \mathrm{ELBO}(x, y) + \mathrm{H}(q(y|x))"
            )
        st.markdown(
            "- For given ten ELBOs, ELBO(x) is largest at q(y|x) = softmax of them; any other q(y|x) costs "
            "KL(q(y|x) ‖ softmax) nats. The line under the bars says how many.\n"
            "- The labelled ELBO has no q(y|x) in it, so known labels alone would teach the classifier nothing: "
            "training adds α · (−log q(y|x)) on the labelled images.\n"
            "- The ELBO doesn’t know that latent number 3 should mean a three. Labels name the ten groups that it "
            "finds; with a few of them, wrongly named groups stay wrong."
        )
