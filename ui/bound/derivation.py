"""The bound derived in five lines, each with the numbers of this image in it."""

import streamlit as st

from ui.bound.measured import bound_on_plane
from ui.looks.view import View
from ui.words import number


def render(view: View) -> None:
    """The lines, each beside its numbers under the q on the plane."""
    terms = bound_on_plane(view)
    values = (terms.log_p, terms.elbo, terms.gap, terms.reconstruction, terms.kl)
    a, b, c, d, e = (number(value, 2) for value in values)
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
        "In nats, for this image under the q on the plane above: let go of it elsewhere, and the numbers follow."
    )
