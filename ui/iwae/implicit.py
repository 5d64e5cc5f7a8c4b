"""The implicit posterior: what q becomes when one of k draws is kept by its weight, over the exact posterior."""

from typing import TYPE_CHECKING

import streamlit as st
import torch
from torch import Tensor

from ui import charts, words
from ui.iwae.tightening import Subject, all_draws
from ui.looks.view import View
from vaemodels.analysis import implicit
from vaemodels.analysis.implicit import Nodes
from vaemodels.analysis.quadrature import ExactPosterior

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

KS = (1, 10, 100)
SIDE = 64  # nodes along a side of the grid
SIGMAS = 4.0  # of q that the grid reaches
# By how much the mass on the grid may miss 1, for lack of sets of draws or of nodes, where a divergence is told.
MASS_TOLERANCE = 0.1


def render(view: View) -> None:
    """Three planes, k = 1, 10 and 100: the exact posterior, and as many draws of the implicit one on each."""
    subject = Subject(view.name, view.checkpoint, view.chosen, view.seed, view.show)
    draws, exact = all_draws(subject)
    assert exact is not None
    st.markdown(
        "Draw k times from q, keep **one** of the draws with a chance in proportion to its weight. What is kept comes "
        "from another distribution, qₖ, which is closer to the posterior. Its own ELBO is at least the bound of k "
        "draws: Lₖ ≤ ELBO(qₖ) ≤ log p(x) (Cremer et al. 2017)."
    )
    axes, cell = _grid(view, exact)
    nodes = implicit.nodes_at(view.model, view.chosen.x, torch.cartesian_prod(*axes))
    shown = len(draws.log_w) // KS[-1]
    generator = torch.Generator().manual_seed(view.seed)
    for column, k in zip(st.columns(len(KS), gap="medium"), KS, strict=True):
        kept = implicit.resample(draws, k, generator)
        with column:
            _plane(view, exact, axes, cell, nodes, draws.log_w, kept, k, shown)
    st.caption(
        f"Grey: the exact posterior p(z|x) of {view.chosen.caption} under {view.name}, by quadrature; its mean: "
        f"{words.point(exact.mean)}. Dots: {shown} draws each, kept by weight from the {len(draws.log_w):,} draws "
        f"above (seed {view.seed}). The divergence and the mean of qₖ are summed on a grid of {SIDE}×{SIDE} points, "
        "its expectation taken over the same draws."
    )


def _grid(view: View, exact: ExactPosterior) -> tuple[list[Tensor], float]:
    """Nodes along both axes, over the posterior's mass and q's, and the area of a cell."""
    with torch.no_grad():
        q = view.model.encode(view.chosen.x.unsqueeze(0))["z"]
    axes = []
    for i, inside in enumerate((exact.grid.z1, exact.grid.z2)):
        mean, reach = q.mean[0, i].item(), SIGMAS * q.stddev[0, i].item()
        low, high = min(inside[0].item(), mean - reach), max(inside[-1].item(), mean + reach)
        axes.append(torch.linspace(low, high, SIDE, dtype=torch.float64))
    return axes, float((axes[0][1] - axes[0][0]) * (axes[1][1] - axes[1][0]))


def _plane(
    view: View,
    exact: ExactPosterior,
    axes: list[Tensor],
    cell: float,
    nodes: Nodes,
    log_w: Tensor,
    kept: Tensor,
    k: int,
    shown: int,
) -> None:
    density = implicit.density(nodes, log_w, k)
    mass = density.sum().item() * cell
    density = density / mass
    mean = (density * cell) @ torch.cartesian_prod(*axes)
    far = implicit.divergence(density, nodes.log_joint - exact.log_p, cell)
    distance = words.number(far, 2) if abs(mass - 1) < MASS_TOLERANCE else None
    name = "q itself" if k == 1 else f"q{words.subscript(k)}"
    st.markdown(
        f"**k = {k}**: {name}" + ("" if distance is None else f", KL to the posterior {distance} nats")
    )
    charts.show(
        _figure(exact, kept[:shown], axes),
        f"implicit-{k}",
        f"{shown} draws of the implicit posterior for k = {k} over the exact one; its mean is "
        f"{words.point(mean)}"
        + ("." if distance is None else f", its divergence from the posterior {distance} nats."),
        height=300,
    )
    st.caption(f"Mean of {name}: {words.point(mean)}.")


def _figure(exact: ExactPosterior, kept: Tensor, axes: list[Tensor]) -> "Figure":
    import plotly.graph_objects as go

    colours = charts.colours()
    z1, z2 = (part.numpy().round(4) for part in (exact.grid.z1, exact.grid.z2))
    density = exact.density.T.numpy().round(4)
    cloud = go.Heatmap(
        x=z1,
        y=z2,
        z=density,
        colorscale=[[0, charts.faded(colours["ink"], 0)], [1, charts.faded(colours["ink"], 0.85)]],
        showscale=False,
        hoverinfo="skip",
    )
    points = kept.numpy().round(4)
    dots = go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        marker={"size": 7, "color": colours["kl"], "line": {"width": 1, "color": colours["surface"]}},
        hovertemplate="(%{x:.2f}, %{y:.2f})<extra></extra>",
    )
    ranges = [[part[0].item(), part[-1].item()] for part in axes]
    layout = {
        "xaxis": {"range": ranges[0], "showgrid": False, "title": {"text": words.dimension(0)}},
        "yaxis": {"range": ranges[1], "showgrid": False, "title": {"text": words.dimension(1)}},
        "showlegend": False,
    }
    return go.Figure([cloud, dots], layout)
