"""Whose gradient drowns in noise: an exact toy, live, and a trained model, measured beforehand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import charts, words
from ui.address import url_state
from ui.iwae import measured
from ui.iwae.lines import Line, line_chart
from ui.looks.view import View
from ui.tables import table
from vaemodels.analysis import toy
from vaemodels.analysis.toy import Ratios

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

UP_TO, OFF = "upto", "off"  # in the address: the largest K of the toy, and how far its parameters are off
LARGEST = ("64", "256", "1024")
OFFS = ("0.01", "0.03", "0.1", "0.3", "1")
NEAR = 0.1  # of the laws’ exponents: how near a fit counts as theirs
FROM = 16  # K from which exponents are fitted: the laws hold for large K
STYLES = {
    "generative": ("generative network", "solid", "circle"),
    "iwae": ("iwae, encoder", "solid", "square"),
    "stl": ("stl, encoder (biased)", "dot", "diamond"),
    "dreg": ("dreg, encoder", "dash", "triangle-up"),
}


def render(view: View) -> None:
    """Signal-to-noise over K for both, with fitted exponents, and stl's bias beside its ratio."""
    st.markdown(
        "Training follows a gradient that is estimated from K draws. Its **signal-to-noise ratio** is the length of "
        "its mean over the size of its scatter, ‖E g‖ / √(tr Cov g). Where K draws are worth many, more make it better "
        "for the generative network, as √K, and worse for the encoder, as 1/√K (iwae, Rainforth et al. 2018): straight "
        "lines on two logarithmic axes. Two estimators leave out the score of q: **stl**, sticking the landing (Roeder "
        "et al. 2017), drops it and is biased for K > 1; **dreg**, doubly reparameterised (Tucker et al. 2019), turns "
        "it into a second path through the draws and is unbiased."
    )
    live, stored = st.columns(2, gap="large")
    with live:
        _toy(view.seed)
    with stored:
        _trained()


def _toy(seed: int) -> None:
    st.markdown("**An exact toy**: all is Gaussian, 20 latents, every parameter off its best value by noise.")
    largest, off = st.columns([2, 3], gap="small")
    with largest:
        up_to = url_state.segmented(
            "K up to", UP_TO, {k: f"{int(k):,}" for k in LARGEST}, "256", help="The largest number of draws."
        )
    with off:
        how_far = url_state.segmented(
            "Parameters off by",
            OFF,
            {value: value for value in OFFS},
            "0.01",
            help="Standard deviation of the noise that is added to every parameter.",
        )
    ratios = _ratios(float(how_far), int(up_to), seed)
    by_name = {name: [getattr(of, name) for of in ratios] for name in STYLES}
    ks = [of.k for of in ratios]
    fitted = {
        name: toy.exponent([k for k in ks if k >= FROM], values[-sum(k >= FROM for k in ks) :])
        for name, values in by_name.items()
    }
    exponents = "; ".join(
        f"{STYLES[name][0]} as K to the {words.number(value, 2)}" for name, value in fitted.items()
    )
    charts.show(
        _chart(ks, by_name),
        "toy",
        f"Signal-to-noise of four gradients over K on the toy. From {FROM} draws on: {exponents}.",
        height=330,
    )
    st.caption(
        f"Fitted from K = {FROM} on: {exponents}. {ratios[0].repeats:,} to {ratios[-1].repeats:,} gradients each, "
        f"seed {seed}. iwae and dreg expect the same gradient, whose signal is measured by dreg. "
        + verdict(fitted, ks[-1], _worth(float(how_far), ks[-1], seed))
    )
    _bias(ratios)


def verdict(fitted: Mapping[str, float], k: int, effective: float) -> str:
    """Whether the fitted exponents are those of the laws; where they are not, how few the largest `k` is worth."""
    if abs(fitted["generative"] - 0.5) < NEAR and abs(fitted["iwae"] + 0.5) < NEAR:
        return "These are the laws √K and 1/√K."
    return (
        f"The laws √K and 1/√K don’t hold at these K: so far from the best values {k:,} draws are worth only "
        f"{words.number(effective)} (effective draws, median), and these few decide the gradient."
    )


def _bias(ratios: Sequence[Ratios]) -> None:
    """Beside the best ratio, how wrong the gradient is."""
    rows = [
        ("stl’s ratio", *(f"{of.stl:.2f}" for of in ratios)),
        ("stl’s bias", *(_times(of.stl_bias) for of in ratios)),
        ("dreg’s ratio", *(f"{of.dreg:.2f}" for of in ratios)),
        ("iwae’s ratio", *(f"{of.iwae:.3f}" for of in ratios)),
    ]
    table(
        "Ratios of the encoder’s gradients and stl’s bias by K", ("K", *(f"{of.k:,}" for of in ratios)), rows
    )
    st.caption(
        "stl’s bias is the distance of what it expects from the true gradient, in multiples of that one’s length. "
        + bias_in_words(ratios[-1])
    )


def _times(value: float) -> str:
    return f"{value:.1f} ×" if value < 10 else f"{value:.0f} ×"


def _chart(ks: Sequence[int], by_name: Mapping[str, Sequence[float]]) -> "Figure":
    colours = charts.colours()
    lines = [
        Line(
            title,
            ks,
            by_name[name],
            colours["reconstruction"] if name == "generative" else colours["kl"],
            dash,
            symbol=symbol,
        )
        for name, (title, dash, symbol) in STYLES.items()
        if name in by_name
    ]
    return line_chart(lines, "draws K", "signal / noise", log_x=ks, log_y=True)


def _trained() -> None:
    record = measured.bounds()
    if record is None or record["gradients"] is None:
        return
    gradients = record["gradients"]
    st.markdown(f"**A trained model**: {gradients['model']}, all its weights, measured beforehand.")
    by_name = _by_name(gradients["ratios"])
    ks = sorted({ratio["k"] for ratio in gradients["ratios"]})
    ends = "; ".join(
        f"{STYLES[name][0]} {values[0]:.2f} at K = {ks[0]} to {values[-1]:.2f} at K = {ks[-1]}"
        for name, values in by_name.items()
    )
    charts.show(
        _chart(ks, by_name), "trained", f"Signal-to-noise over K of {gradients['model']}: {ends}.", height=330
    )
    st.caption(
        f"{gradients['repeats']} gradients each of the mean bound over the first {gradients['images']} test images of "
        f"{words.the_dataset(record['dataset'])}, {words.binarisation(record['binarization'], record['dataset'])}: "
        f"{ends}. stl’s is the ratio of a gradient that expects something else. Here iwae’s does not fall yet: the law "
        "is one of large K, where the weights of all draws have grown alike, and a real q is far from there."
    )


def _by_name(ratios: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """The ratios of a stored measurement by K: the generative network's is the same for every estimator."""
    ordered = sorted(ratios, key=lambda ratio: int(ratio["k"]))
    found = {"generative": [ratio["generative"] for ratio in ordered if ratio["objective"] == "iwae"]}
    for name in ("iwae", "stl", "dreg"):
        found[name] = [ratio["inference"] for ratio in ordered if ratio["objective"] == name]
    return found


def bias_in_words(of: Ratios) -> str:
    """Whether stl's signal is of the right gradient."""
    if of.stl_bias > 1:
        return f"At K = {of.k:,} it is larger than the true gradient: a clear signal is not yet a right one."
    return f"At K = {of.k:,} it is smaller than the true gradient."


@st.cache_data(max_entries=32, show_spinner=False)
def _worth(off: float, k: int, seed: int) -> float:
    return toy.effective_draws(toy.make(off, seed), k, seed)


@st.cache_data(max_entries=32, show_spinner="Drawing gradients…")
def _ratios(off: float, up_to: int, seed: int) -> list[Ratios]:
    model = toy.make(off, seed)
    return [toy.ratios(model, 4**i, seed) for i in range(6) if 4**i <= up_to]
