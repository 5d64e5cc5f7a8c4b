"""What L_k is and when to believe it, in a few lines beside the curve."""

import streamlit as st


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
            "between. **The points** are means over disjoint blocks of k of the same draws, so that each is at least "
            "as high as the one before.\n"
            "- **The band** is how far a single estimate from k draws strays: one standard deviation of those blocks. "
            "It ends where one block is left.\n"
            "- **Effective draws**, (Σw)² / Σw²: how many equal weights would tell as much. Under ten, a few draws "
            "decide, and the estimate is too low by an unknown amount. A curve that is flat because q never visits a "
            "part of the posterior looks as good as one that has arrived: only an exact log p(x) (models of two "
            "latents) tells them apart.\n"
            "- **Evaluating with a larger k changes no weight of the model.** Training on Lₖ does: it makes another "
            "model, with another encoder. That is the race below."
        )
