"""What an IWAE is, what L_k is and when to believe it, in a few lines around the curve."""

import streamlit as st

from ui import models, words

PLAIN, TRAINED = "vae-digits", "iwae-k50-digits"  # one network, trained on the ELBO and on L_50
K = 100  # of the bound that compares them


def introduce() -> None:
    """What an IWAE is, under the title."""
    st.markdown(
        "An **importance weighted autoencoder**, IWAE, is a VAE trained on a tighter bound of log p(x) (Burda et al. "
        "2016): Lₖ = E log (1/k) Σᵢ wᵢ, with weights wᵢ = p(x, zᵢ)/q(zᵢ|x) of k draws zᵢ from q(z|x). L₁ is the ELBO. "
        "Here any VAE’s bound can be watched over k."
    )


def what_gain_is() -> None:
    """That gain says nothing of training with k: the measured pair, which single images may contradict."""
    st.caption(
        "“gain” is how much of this q’s gap more draws close, not what training with k buys: "
        f"L{words.subscript(K)} is {_measured(TRAINED)} with {TRAINED} and {_measured(PLAIN)} with {PLAIN}, in nats "
        f"over {words.measured_on(models.pretrained_card(PLAIN))}. On about a third of these, the first few too, "
        f"{PLAIN} lies higher."
    )


def _measured(name: str) -> str:
    result = models.pretrained_card(name)["evaluation"]
    return words.plus_minus(result["bounds"][str(K)], result["stderr"]["bounds"][str(K)])


def what_it_is() -> None:
    """The formula and how to read the picture, folded away."""
    with st.expander("What Lₖ is, and when to believe it", icon=":material/functions:"):
        st.latex(
            r"w_i = \frac{p(x, z_i)}{q(z_i|x)}, \quad z_i \sim q(z|x), \qquad "
            r"L_k = \mathbb E\Big[\log \frac1k \sum_{i=1}^k w_i\Big], \qquad "
            r"\mathrm{ELBO} = L_1 \le L_k \le L_{k+1} \le \log p(x)",
            width="stretch",
        )
        st.markdown(
            "- **L₁ is the ELBO.** With k draws the mean is taken before the logarithm, and the bound can only rise: "
            "its gap to log p(x) is what the logarithm loses on an uneven mean.\n"
            "- **The thin line** takes the draws in their order. It jumps up when a heavy draw comes and sinks slowly "
            "between. **The points** are means over disjoint blocks of k, all of the same draws, so that none lies "
            "below the one before. A hollow point is one block alone, and no firmer than a single estimate.\n"
            "- **The band** is how far a single estimate from k draws strays: one standard deviation of those blocks. "
            "It ends where one block is left.\n"
            "- **Effective draws** (effective sample size, ESS), (Σw)² / Σw²: how many equal weights would tell as "
            "much. Under ten, a few draws decide, and the estimate is too low on average, by an unknown amount; a "
            "single estimate can also lie above log p(x). More draws help slowly, a q that fits the image at once. "
            "A curve that is flat because q never visits a "
            "part of the posterior looks as good as one that has arrived: only an exact log p(x) (models of two "
            "latents) tells them apart.\n"
            "- **Evaluating with a larger k changes no weight of the model.** Training on Lₖ does: it makes another "
            "model, with another encoder. That is the race below."
        )
