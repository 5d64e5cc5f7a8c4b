"""What a mixture prior changes, what it buys, and where that shows: in words, and beside VAEs in measured numbers."""

import html

import streamlit as st

from ui import models, words
from ui.gmvae.choice import Mixture
from ui.gmvae.facts import facts, measured_on
from ui.looks import View
from vaemodels.checkpoints import Card

# A VAE, then the same networks under mixtures.
FAMILIES = (("vae-digits", "gmvae-10-digits"), ("vae-2d", "gmvae-2d"), ("vae", "gmvae-10", "gmvae"))
TERMS = (("nelbo", "−ELBO"), ("reconstruction", "reconstruction"), ("kl", "KL"))

LEGEND = (
    "In it: coloured digits, the codes of test images by their label, which the model never saw; ellipses, 1σ of the "
    "components; orange rings, 1σ and 2σ of q(z|x); a band behind is one nat. Orange bars: the image’s "
    "responsibilities; the fainter a tile, the smaller its share. Dots: log q(z|x) − log p(z) at one draw of z each, "
    "negative left of 0."
)


def introduce() -> None:
    """The page's story in three sentences, under its title."""
    st.markdown(
        "A VAE’s prior is one Gaussian, N(0, I). A **GMVAE changes only that prior**: along with the networks it "
        "learns K Gaussians, p(z) = (1/K) Σᵢ N(μᵢ, diag σᵢ²). What that buys is **groups found without a "
        "label**; the price is a KL without a closed form. Pick a component, drag its mean."
    )


def tell_of_move(view: View, made: Mixture) -> None:
    """What the means that were moved do to the test images' KL, or how to move one; and what is what in the centre."""
    if made.moved:
        codes, trained = facts(view)
        _, moved = facts(view, made.moved)
        before, after = trained.kl.mean().item(), moved.kl.mean().item()
        first = (
            f"With {words.count(len(made.moved), 'mean')} moved the KL of {measured_on(view, codes)} is "
            f"**{words.number(after, 2)} nats** on average, as trained {words.number(before, 2)}."
        )
    else:
        first = "Drag an image in the plane."
    st.caption(f"{first} {LEGEND}")


def as_trained(made: Mixture) -> None:
    """Says beside the ELBO, where means were moved, that its terms don't follow them."""
    if made.moved:
        st.caption("The terms here are **as trained**, with no mean moved.")


def render(view: View) -> None:
    """The families of pretrained models, each row with what its card says."""
    there = [name for name in models.names(("vae", "gmvae")) if name not in models.own()]
    rows = []
    for family in FAMILIES:
        cards = {name: models.pretrained_card(name) for name in family if name in there}
        rows += [_row(name, card, name == family[0]) for name, card in cards.items() if card["evaluation"]]
    st.markdown(
        "The same networks with one Gaussian and with a mixture for a prior. On equal training, the built-in digits’ "
        "pair, **the bound hardly moves**: a good decoder makes do with either prior. The MNIST models were "
        "trained for other numbers of epochs and some by Muon, which alone is worth nats: there the bounds say "
        "nothing for or against a prior. What a mixture adds is that an "
        "image’s component says something about it, as the look “Digits it holds” shows."
    )
    heads = "".join(f"<th>{title}</th>" for _, title in TERMS)
    st.html(
        '<div class="lab-scroll"><table class="lab-table"><thead><tr><th>model</th><th>prior</th>'
        f"{heads}<th>training</th><th>measured on</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    st.caption("In nats an image, ± one standard error over the images.")


def _row(name: str, card: Card, begins: bool) -> str:
    result = card["evaluation"]
    values = {
        term: (result[term]["z"], result["stderr"][term]["z"])
        if term == "kl"
        else (result[term], result["stderr"][term])
        for term, _ in TERMS
    }
    components = card["config"].get("components")
    prior = "N(0, I)" if components is None else f"{components} components"
    cells = "".join(f"<td>{words.plus_minus(*value)}</td>" for value in values.values())
    return (
        f"<tr{' class=lab-begins' if begins else ''}><th>{html.escape(name)}</th><td>{prior}</td>"
        f"{cells}<td>{words.training_length(card)}</td><td>{words.measured_on(card)}</td></tr>"
    )
