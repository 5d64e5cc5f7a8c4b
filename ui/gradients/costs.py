"""Variance against the cost's parameter k, for each cost: where the score function wins."""

import itertools
from collections.abc import Sequence

import streamlit as st
import torch

from ui.gradients.clouds import KS, Toy, current
from ui.gradients.numbers import figures
from ui.gradients.overk import over_k
from ui.looks.view import View
from vaemodels.analysis import estimators

TITLES = {"square": "(z − k)²", "cos": "cos kz", "exp": "exp(−kz²)"}
FAMILY_TITLES = {
    "normal": "z ~ N({theta}, {scale}²)",
    "lognormal": "log z ~ N({theta}, {scale}²)",
    "exponential": "z exponential with mean {theta}",
    "gumbel": "z ~ Gumbel({theta}, {scale})",
}
POINTS = 61
NODES = 2**11 + 1  # enough for a curve


def parameters_of(family: str, theta: float, scale: float) -> torch.Tensor:
    """The parameters `[p]` that `estimators` takes."""
    return torch.tensor([theta] if family == "exponential" else [theta, scale], dtype=torch.float64)


@st.cache_data(max_entries=64, show_spinner=False)
def variances(
    family: str, theta: float, scale: float, cost: str, index: int = 0
) -> list[tuple[float, float, float]]:
    """(k, variance pathwise, variance of the score function) of one parameter's gradient, by quadrature."""
    parameters = parameters_of(family, theta, scale)
    found = []
    for k in torch.linspace(*KS[cost], POINTS, dtype=torch.float64).tolist():
        path, score = estimators.exact(
            estimators.cost(cost, k), estimators.FAMILIES[family], parameters, NODES
        )
        found.append((k, path.variance[index].item(), score.variance[index].item()))
    return found


def crossings(found: Sequence[tuple[float, float, float]]) -> list[float]:
    """The k between whose neighbours the smaller of the two variances is another's."""
    signs = [(k, path - score) for k, path, score in found if abs(path - score) > 1e-12]
    return [
        (a * abs(g) + b * abs(f)) / (abs(f) + abs(g))
        for (a, f), (b, g) in itertools.pairwise(signs)
        if f * g < 0
    ]


def title_of(toy: Toy) -> str:
    """A toy's distribution in words."""
    title = FAMILY_TITLES[toy.family].format(theta=f"{toy.theta:g}", scale=f"{toy.scale:g}")
    return title.replace("-", "−")


def note_of(found: Sequence[tuple[float, float, float]]) -> str:
    """Where the two variances cross, and what they are at both ends of k."""
    at = crossings(found)
    (first, *at_first), (last, *at_last) = found[0], found[-1]
    if at:
        said = f"They cross at k = {' and '.join(f'{k:.2f}' for k in at[:3])}."
    else:
        said = f"The score function scatters {'more' if at_last[1] > at_last[0] else 'less'} at every k."
    ends = (
        f"k = {first:g}: pathwise {figures(at_first[0])}, score function {figures(at_first[1])}; "
        f"k = {last:g}: {figures(at_last[0])} and {figures(at_last[1])}"
    )
    return f"{said} {ends}.".replace("= -", "= −")


def render(view: View) -> None:
    """Three charts over k for the distribution of the first screen."""
    toy = current()
    st.markdown(
        f"**Which scatters less depends on f, not on the estimator alone.** Variance of one draw of the gradient for "
        f"{toy.name}, {title_of(toy)}, as set above, over the parameter k of three costs (Mohamed et al. 2020, "
        "figures 2 and 3), by quadrature. A pathwise gradient scatters with the slope of f, a score-function gradient "
        "with its height. **Drag k in a chart** to read both at it."
    )
    curves = {cost: variances(toy.family, toy.theta, toy.scale, cost, toy.place) for cost in TITLES}
    over_k(toy, curves, {cost: note_of(found) for cost, found in curves.items()})
