"""Variance against the cost's parameter k, for each cost: where the score function wins."""

import itertools
from collections.abc import Sequence

import streamlit as st
import torch

from ui import charts
from ui.gradients.clouds import KS, PARAMETERS, current
from ui.gradients.numbers import figures
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


def parameters_of(family: str, theta: float, scale: float) -> torch.Tensor:
    """The parameters `[p]` that `estimators` takes."""
    return torch.tensor([theta] if family == "exponential" else [theta, scale], dtype=torch.float64)


@st.cache_data(max_entries=64, show_spinner=False)
def variances(family: str, theta: float, scale: float, cost: str) -> list[tuple[float, float, float]]:
    """(k, variance pathwise, variance of the score function) of the gradient for the first parameter, by quadrature."""
    parameters = parameters_of(family, theta, scale)
    found = []
    for k in torch.linspace(*KS[cost], POINTS, dtype=torch.float64).tolist():
        path, score = estimators.exact(estimators.cost(cost, k), estimators.FAMILIES[family], parameters)
        found.append((k, path.variance[0].item(), score.variance[0].item()))
    return found


def crossings(found: Sequence[tuple[float, float, float]]) -> list[float]:
    """The k between whose neighbours the smaller of the two variances is another's."""
    signs = [(k, path - score) for k, path, score in found if abs(path - score) > 1e-12]
    return [
        (a * abs(g) + b * abs(f)) / (abs(f) + abs(g))
        for (a, f), (b, g) in itertools.pairwise(signs)
        if f * g < 0
    ]


def render(view: View) -> None:
    """Three charts over k for the distribution of the first screen."""
    toy = current()
    z = FAMILY_TITLES[toy.family].format(theta=f"{toy.theta:g}", scale=f"{toy.scale:g}").replace("-", "−")
    name = "m" if PARAMETERS[toy.family][1] == (1.0, 1.0) else "μ"
    st.markdown(
        f"**Which scatters less depends on f, not on the estimator alone.** Variance of one draw of the gradient for "
        f"{name}, {z}, as set above, over the parameter k of three costs (Mohamed et al. 2020, figures 2 and 3). A "
        "pathwise gradient scatters with the slope of f, a score-function gradient with its height."
    )
    columns = st.columns(len(TITLES), gap="medium")
    for column, (cost, title) in zip(columns, TITLES.items(), strict=True):
        with column:
            _chart(
                variances(toy.family, toy.theta, toy.scale, cost),
                cost,
                title,
                toy.k if toy.cost == cost else None,
            )


def _chart(found: Sequence[tuple[float, float, float]], cost: str, title: str, now: float | None) -> None:
    import plotly.graph_objects as go

    colours = charts.colours()
    ks, path, score = zip(*found, strict=True)
    lines = [("pathwise", path, colours["text"], "solid"), ("score function", score, colours["kl"], "dash")]
    figure = go.Figure(
        [
            # A variance of nothing has no place on a logarithmic axis.
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": ks,
                "y": [value if value > 1e-12 else None for value in values],
                "line": {"color": colour, "dash": dash, "width": 2},
                "hovertemplate": f"{name}<br>k = %{{x:.2f}}: %{{y:.4g}}<extra></extra>",
            }
            for name, values, colour, dash in lines
        ],
        {
            "xaxis": {"title": {"text": "k"}},
            "yaxis": {"title": {"text": "variance"}, "type": "log", "exponentformat": "power", "dtick": 1},
            "showlegend": True,
        },
    )
    if now is not None:
        figure.add_vline(now, line={"color": colours["ink"], "dash": "dot", "width": 1})
    at = crossings(found)
    if at:
        places = " and ".join(f"{k:.2f}".replace("-", "−") for k in at[:3])
        said = f"They cross at k = {places}."
    else:
        said = (
            "The score function scatters more at every k."
            if score[-1] > path[-1]
            else ("The score function scatters less at every k.")
        )
    ends = (
        f"k = {ks[0]:g}: pathwise {figures(path[0])}, score function {figures(score[0])}; "
        f"k = {ks[-1]:g}: {figures(path[-1])} and {figures(score[-1])}"
    ).replace("= -", "= −")
    st.markdown(f"f(z) = **{title}**")
    charts.show(
        figure,
        f"variance-{cost}",
        f"Variance of two gradients over k for {title}. {ends}. {said}",
        height=290,
    )
    st.caption(f"{said} {ends}. By quadrature.")
