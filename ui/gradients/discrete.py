"""Discrete draws: every estimator's bias and noise beside the enumerated gradient, and where descent by it ends."""

import math
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from ui import charts, words
from ui.address import url_state
from ui.gradients.numbers import draws_needed, figures
from ui.looks.view import View
from ui.tables import table
from vaemodels.analysis import relaxations
from vaemodels.analysis.relaxations import BERNOULLI, THREE, Toy

BITS, THETA, TAU, DRAWS_EACH = "bits", "theta", "tau", "loo"  # in the address
TOYS: dict[str, Toy] = {"2": BERNOULLI, "3": THREE}
THETAS = ("0.2", "0.4", "0.5", "0.8")
TAUS = ("0.01", "0.1", "0.5", "1", "2")
EACH = ("1", "2", "4", "16")
N = 2**17  # draws that bias and noise are measured over
STEPS, RATE, BATCH = 120, 10.0, 1_024
NOTHING = 1e-6  # a gradient below it moves nothing
COLD = 0.1  # temperature from which down most relaxed draws sit in a corner
CLEAR = 4  # standard errors from which a bias is told from noise
TITLES = {
    "score": ("score function", True),
    "baseline": ("with the best baseline", True),
    "loo": ("leave one out", True),
    "st": ("straight-through", False),
    "gs": ("Gumbel-softmax", False),
    "stgs": ("straight-through Gumbel", False),
}


class Measured(NamedTuple):
    """An estimator's mean, the mean's standard error, and the standard deviation of one estimate of as many draws.

    `still` is the share of single gradients that are as good as nothing, `largest` the size of the largest.
    """

    mean: float
    stderr: float
    std: float
    still: float = 0.0
    largest: float = 0.0


def logits_of(categories: int, theta: float) -> Tensor:
    """1 − θ for the first category, θ shared by the others."""
    shares = [1 - theta] + [theta / (categories - 1)] * (categories - 1)
    return torch.tensor(shares, dtype=torch.float64).log()


@st.cache_data(max_entries=64, show_spinner="Drawing gradients…")
def measure(categories: str, theta: float, tau: float, each: int, seed: int) -> dict[str, Measured]:
    """Each estimator of the gradient for the second logit, over `N` draws."""
    toy, logits = TOYS[categories], logits_of(int(categories), theta)
    found = {}
    for name, estimate in relaxations.estimators(tau, each).items():
        taken = each if name == "loo" else 1
        values = estimate(toy, logits, N // taken, torch.Generator().manual_seed(seed))[:, 1]
        std = values.std().item()
        found[name] = Measured(
            values.mean().item(),
            std / math.sqrt(len(values)),
            std * math.sqrt(taken / each),
            (values.abs() < NOTHING).double().mean().item(),
            values.abs().max().item(),
        )
    return found


@st.cache_data(max_entries=64, show_spinner="Descending…")
def descents(categories: str, theta: float, tau: float, each: int, seed: int) -> dict[str, list[float]]:
    """p of the best category along a descent by each estimator, and by the enumerated gradient."""
    toy, logits = TOYS[categories], logits_of(int(categories), theta)
    paths = {
        name: relaxations.descend(
            estimate, toy, logits, STEPS, RATE, BATCH // (each if name == "loo" else 1), seed
        )
        for name, estimate in relaxations.estimators(tau, each).items()
    }
    paths["exact"] = relaxations.descend(
        lambda cost, at, n, generator: relaxations.enumerated(cost, at).unsqueeze(0),
        toy,
        logits,
        STEPS,
        RATE,
        1,
    )
    return {name: path[:, 0].tolist() for name, path in paths.items()}


def verdict(name: str, found: Measured, exact: float) -> str:
    """What can be said of an estimator's mean: unbiased as it is made, or what its measured bias does."""
    if TITLES[name][1]:
        return "unbiased"
    if abs(found.mean - exact) < CLEAR * found.stderr:
        return "bias within noise"
    if found.mean * exact < 0 and abs(found.mean) > CLEAR * found.stderr:
        return "wrong sign"
    return "biased"


def render(view: View) -> None:
    """The choices, the table, the descents."""
    st.markdown(
        "**When z is discrete there is no path through the draw.** Minimise E (⟨b, v⟩ − t)² over the logits of a "
        "one-hot b. With so few categories the exact gradient is a sum over all of them, so every estimator can be "
        "held to it. The first category is the best, by a hair: with one bit the gradient is tiny beside the noise."
    )
    first, second, third, fourth = st.columns([3, 3, 4, 3], gap="medium")
    with first:
        categories = url_state.segmented("Categories", BITS, {"2": "two: one bit", "3": "three"}, "2")
    with second:
        theta = url_state.segmented("θ = p(not the first)", THETA, {value: value for value in THETAS}, "0.4")
    with third:
        tau = url_state.segmented("Temperature τ", TAU, {value: value for value in TAUS}, "1")
    with fourth:
        each = url_state.segmented("Draws an estimate", DRAWS_EACH, {value: value for value in EACH}, "4")
    toy = TOYS[categories]
    exact = relaxations.enumerated(toy, logits_of(int(categories), float(theta)))[1].item()
    chosen = (categories, float(theta), float(tau), int(each), view.seed)
    left, right = st.columns([3, 2], gap="large")
    with left:
        found = measure(*chosen)
        _table(found, exact, int(each))
        values = ", ".join(f"{value:g}" for value in toy.values)
        st.caption(
            f"Gradient for the second category’s logit; exact, by enumeration: **{figures(exact)}**. v = ({values}), "
            f"t = {toy.target:g}. Measured over {words.count(N, 'draw')} each, seed {view.seed}; ± is the "
            f"standard error of the mean, and a bias of less than {CLEAR} of these is called noise. The last column "
            "counts draws until the noise is as small as the exact gradient; for a biased one that is precision about "
            "the wrong value."
        )
        if said := said_of_extremes(found, float(tau), int(each)):
            st.caption(said)
    with right:
        _descents(descents(*chosen))


def said_of_extremes(found: dict[str, Measured], tau: float, each: int) -> str:
    """What becomes of the estimators at a low temperature, and with a single draw."""
    said = []
    if tau <= COLD:
        soft = found["gs"]
        said.append(
            f"At τ = {tau:g} the soft draws run into the corners, where the slope vanishes: {soft.still:.0%} of the "
            f"Gumbel-softmax gradients are below 10⁻⁶ in size, and the largest is {figures(soft.largest)}. The mean "
            "comes from ever fewer, ever larger ones."
        )
    if each == 1:
        said.append("Leave one out compares each draw with the others, so a single draw has none to offer.")
    return " ".join(said)


def _table(found: dict[str, Measured], exact: float, each: int) -> None:
    rows = [
        (
            TITLES[name][0],
            f"{figures(of.mean)} ± {figures(of.stderr)}",
            verdict(name, of, exact),
            figures(of.std),
            draws_needed(of.std**2 * each, exact, each if name == "loo" else 1),
        )
        for name, of in found.items()
    ]
    table(
        "Estimators of the gradient, their bias and noise",
        ("estimator", "mean", "", f"sd of {words.count(each, 'draw')}", "draws for ratio 1"),
        rows,
    )


def apart(paths: dict[str, list[float]]) -> float:
    """How far the descents by biased estimators come apart at most, in p."""
    biased = [paths[name] for name, (_, unbiased) in TITLES.items() if not unbiased]
    return max(max(at) - min(at) for at in zip(*biased, strict=True))


def _descents(paths: dict[str, list[float]]) -> None:
    import plotly.graph_objects as go

    colours = charts.colours()
    dashes = {"score": "dot", "baseline": "solid", "loo": "dash", "st": "solid", "gs": "dash", "stgs": "dot"}
    titles = {name: title for name, (title, _) in TITLES.items()} | {"exact": "exact gradient"}
    traces = []
    for name, path in paths.items():
        unbiased = name == "exact" or TITLES[name][1]
        colour = colours["bound"] if name == "exact" else colours["text" if unbiased else "kl"]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": titles[name],
                "y": path,
                "line": {
                    "color": charts.faded(colour, 0.5)
                    if name == "st"
                    else colour,  # it swings through the others
                    "dash": dashes.get(name, "solid"),
                    "width": {"exact": 4, "st": 1}.get(name, 2),
                },
                "hovertemplate": f"{titles[name]}<br>step %{{x}}: %{{y:.3f}}<extra></extra>",
            }
        )
    figure = go.Figure(
        [traces[-1], *traces[:-1]],
        {
            "xaxis": {"title": {"text": "step"}},
            "yaxis": {"title": {"text": "p(first category), best at 1"}, "range": [0, 1]},
            "showlegend": True,
            "legend": {"font": {"size": 11}},
        },
    )
    ends = ", ".join(f"{titles[name]} {path[-1]:.2f}" for name, path in paths.items())
    charts.show(figure, "descents", f"p of the best category after {STEPS} steps: {ends}.", height=330)
    st.caption(
        f"After {STEPS} steps of gradient descent, rate {RATE:g}, {BATCH:,} draws a step: {ends}. Dark lines "
        f"are unbiased, orange ones biased; the three orange ones are at most {apart(paths):.2f} apart, and lie "
        "partly over each other."
    )
