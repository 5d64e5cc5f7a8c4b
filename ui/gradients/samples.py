"""More draws: the variance of the mean of K gradients falls as 1/K, whichever the estimator."""

import streamlit as st
import torch

from ui import charts, words
from ui.gradients.clouds import Toy, current
from ui.gradients.costs import TITLES, parameters_of, title_of
from ui.gradients.numbers import draws_needed, figures
from ui.looks.view import View
from vaemodels.analysis import estimators
from vaemodels.analysis.estimators import Moments

DRAWS = 2**16
KS = [4**i for i in range(6)]


@st.cache_data(max_entries=32, show_spinner=False)
def measured(toy: Toy, seed: int) -> dict[str, list[float]]:
    """The variance of means of K gradients, for each of `KS`, over blocks of the same `DRAWS` draws."""
    family, cost = estimators.FAMILIES[toy.family], estimators.cost(toy.cost, toy.k)
    parameters = parameters_of(toy.family, toy.theta, toy.scale)
    generator = torch.Generator().manual_seed(seed)
    uniform = torch.rand(DRAWS, generator=generator, dtype=torch.float64).clamp(2**-40, 1 - 2**-40)
    noise = family.noise(uniform)
    return {
        name: [
            estimate(cost, family, parameters, noise)[:, toy.place].view(-1, k).mean(1).var().item()
            for k in KS
        ]
        for name, estimate in {
            "pathwise": estimators.pathwise,
            "score function": estimators.score_function,
        }.items()
    }


def cost_of(toy: Toy) -> str:
    """The cost of a toy in words, with its k."""
    return f"{(TITLES | {'step': '1 if z > k, else 0'})[toy.cost]}, k = {toy.k:g}".replace("= -", "= −")


def render(view: View) -> None:
    """Variance over K, measured and exact, beside the exact gradient's square."""
    toy = current()
    title = cost_of(toy)
    path, score = estimators.exact(
        estimators.cost(toy.cost, toy.k),
        estimators.FAMILIES[toy.family],
        parameters_of(toy.family, toy.theta, toy.scale),
    )
    gradient = score.mean[toy.place].item()
    by_path, by_score = (of.variance[toy.place].item() for of in (path, score))
    st.markdown(
        "**Draws buy precision slowly.** The mean of K gradients has 1/K of the variance of one, whichever the "
        "estimator: four times the draws for half the error. Where a line comes below the dotted one, the square of "
        "the exact gradient, the signal is larger than the noise."
    )
    chart, table = st.columns([3, 2], gap="large")
    exact: dict[str, Moments] = {"pathwise": path, "score function": score}
    with chart:
        _chart(measured(toy, view.seed), exact, gradient, toy)
    with table:
        needed = {name: draws_needed(of.variance[toy.place].item(), gradient) for name, of in exact.items()}
        wrong = toy.cost == "step"
        st.markdown(
            f"f(z) = {title}, {title_of(toy)}, as set above. Exact gradient for {toy.name} **{figures(gradient)}**.\n\n"
            + (
                "- pathwise: every draw is 0, which no number of draws mends\n"
                if wrong
                else f"- pathwise: variance {figures(by_path)}, **{needed['pathwise']}** for ratio 1\n"
            )
            + f"- score function: variance {figures(by_score)}, "
            f"**{needed['score function']}** for ratio 1"
        )
        st.caption(
            f"Lines: by quadrature. Points: measured over {words.count(DRAWS, 'draw')} in blocks of K, seed "
            f"{view.seed}."
        )


def _chart(points: dict[str, list[float]], exact: dict[str, Moments], gradient: float, toy: Toy) -> None:
    import plotly.graph_objects as go

    colours = charts.colours()
    looks = {"pathwise": (colours["text"], "circle"), "score function": (colours["kl"], "square")}
    traces = []
    for name, values in points.items():
        colour, symbol = looks[name]
        variance = exact[name].variance[toy.place].item()
        if variance < 1e-12:
            continue
        line = {"color": colour, "width": 2}
        traces += [
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": KS,
                "y": [variance / k for k in KS],
                "line": line,
            },
            {
                "type": "scatter",
                "mode": "markers",
                "showlegend": False,
                "x": KS,
                "y": values,
                "marker": {"color": colour, "symbol": symbol, "size": 8},
                "hovertemplate": f"{name}, measured<br>K = %{{x:,}}: %{{y:.4g}}<extra></extra>",
            },
        ]
    if abs(gradient) > 1e-9:
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "exact gradient, squared",
                "x": [KS[0], KS[-1]],
                "y": [gradient**2] * 2,
                "line": {"color": colours["ink"], "dash": "dot", "width": 2},
            }
        )
    figure = go.Figure(
        traces,
        {
            "xaxis": {
                "title": {"text": "draws K"},
                "type": "log",
                "tickvals": KS,
                "ticktext": [f"{k:,}" for k in KS],
            },
            "yaxis": {
                "title": {"text": "variance of the mean"},
                "type": "log",
                "dtick": 1,
                "exponentformat": "power",
            },
            "showlegend": True,
        },
    )
    ends = "; ".join(
        f"{name} {figures(values[0])} at K = 1, {figures(values[-1])} at K = {KS[-1]:,}"
        for name, values in points.items()
    )
    charts.show(
        figure,
        "more-draws",
        f"Variance of the mean of K gradients of {cost_of(toy)}, measured: {ends}.",
        height=330,
    )
