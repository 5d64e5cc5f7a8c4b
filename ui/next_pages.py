"""Where the story leads on from each page: one or two other pages, and what each answers."""

from collections.abc import Sequence

import streamlit as st

from ui.page import Page

# A page's slot → the slots of those that follow, and the question that each takes up.
NEXT: dict[str, tuple[tuple[str, str], ...]] = {
    "bound": (
        ("gradients", "How does a gradient of the ELBO get through a draw of z?"),
        ("iwae", "Can the gap close without a better q? With more draws of it."),
    ),
    "gradients": (
        ("vae", "Train a model by the pathwise gradient, and watch its terms."),
        ("ssvae", "A label cannot be reparameterised: here all ten are summed over."),
    ),
    "vae": (
        ("bound", "How far is −ELBO from −log p(x)? With two latents both are known."),
        ("gmvae", "Must the prior be one Gaussian? Learn a mixture of them."),
    ),
    "gmvae": (
        ("ssvae", "Groups have no names here: a hundred labels give them some."),
        ("hvae", "Another prior that is learned: one latent above another."),
    ),
    "iwae": (
        ("gradients", "Where an estimator’s variance comes from, draw by draw."),
        ("compare", "What a tighter bound is worth beside the other models."),
    ),
    "ssvae": (("fsvae", "What is left for z once the label is always told?"),),
    "fsvae": (("hvae", "Can a second latent do what the label does here?"),),
    "hvae": (("compare", "Is a second level worth its nats? Against every other model."),),
    "compare": (
        ("studio", "Train a model of your own, and see it in the table."),
        ("bound", "None of these numbers is log p(x): see how far a bound can be from it."),
    ),
    "studio": (("compare", "What is your model worth beside those that came with the app?"),),
}


def following(slot: str, pages: Sequence[Page]) -> list[tuple[Page, str]]:
    """The pages that follow the one of that slot, of those there are, with their questions."""
    of = {page.slot: page for page in pages}
    return [(of[other], question) for other, question in NEXT.get(slot, ()) if other in of]


def where_next(slot: str, pages: Sequence[Page]) -> None:
    """At the foot of a page the links to what follows."""
    if found := following(slot, pages):
        st.header("Where next", anchor=False)
        for page, question in found:
            with st.container(gap=None):
                st.page_link(page.file, label=f"**{page.title}** →")
                st.caption(question)
