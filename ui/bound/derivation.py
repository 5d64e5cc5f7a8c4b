"""The bound derived in five lines, each with the numbers of this image in it."""

import streamlit as st

from ui.bound.measured import posterior_of
from ui.elbo_panel import terms_of
from ui.looks.view import View
from ui.words import number


def render(view: View) -> None:
    """The lines, one lit at a time beside its numbers."""
    terms = terms_of(view.model, view.chosen)
    log_p, elbo = posterior_of(view).log_p, -terms.nelbo
    a, b, c, d, e = (
        number(value, 2) for value in (log_p, elbo, log_p - elbo, terms.reconstruction, terms.kl_total)
    )
    lines = (
        (
            r"\log p(x) = \mathrm{E}_{q}\big[\log p(x)\big]",
            f"{a}: log p(x) does not depend on z, so its mean under any q is itself.",
        ),
        (
            r"= \mathrm{E}_{q}\Big[\log \frac{p(x, z)}{p(z|x)}\Big]",
            f"{a} for every z: p(x, z) = p(x) p(z|x), Bayes’ rule.",
        ),
        (
            r"= \mathrm{E}_{q}\Big[\log \frac{p(x, z)}{q(z)}\Big] + \mathrm{E}_{q}\Big[\log \frac{q(z)}{p(z|x)}\Big]",
            f"{b} + {c}: q is multiplied in and divided out.",
        ),
        (
            r"= \mathrm{ELBO}(q) + \mathrm{KL}\big(q \,\|\, p(z|x)\big) \;\ge\; \mathrm{ELBO}(q)",
            f"{a} = {b} + {c}, and {a} ≥ {b}: a KL is never below 0.",
        ),
        (
            r"\mathrm{ELBO}(q) = \mathrm{E}_{q}[\log p(x|z)] - \mathrm{KL}\big(q \,\|\, p(z)\big)",
            f"{b} = −{d} − {e}: p(x, z) = p(x|z) p(z).",
        ),
    )
    for symbols, numbers in lines:
        formula, said = st.columns([3, 2], vertical_alignment="center")
        formula.latex(symbols)
        said.markdown(numbers)
    st.caption(
        f"In nats, for this image under the encoder’s q; the ELBO is the mean of {terms.draws} draws, "
        f"± {number(terms.stderr)}, log p(x) by quadrature. The numbers on the plane above are those of the q there."
    )
