"""Which latent dimensions a VAE uses: KL per dimension, active units, the aggregate posterior against the prior."""

from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ui import charts, words
from ui.images.splits import binarization
from ui.looks.encoded import Encoded, encoded
from ui.looks.view import View
from vaemodels.analysis.latent_space import aggregate_density
from vaemodels.evaluation import ACTIVE_UNIT_VARIANCE, estimate

ROWS = 16  # dimensions with a row of their own
BINS = 71  # of z, in which densities are drawn
SORTED = "sorted"
ROW_HEIGHT = 30
LEAST_EXTENT = 3.5


def render(view: View) -> None:
    """A row for each dimension: its KL beside its aggregate posterior, with the chosen image's q(z|x) over it."""
    codes = encoded(view)
    assert codes.kl is not None
    z_dim = codes.kl.shape[1]
    mean_kl, variance = codes.kl.mean(0), codes.mean.var(0)
    total = estimate(codes.kl.sum(1))
    active = variance > ACTIVE_UNIT_VARIANCE
    st.caption(
        f"On {words.test_images(codes.dataset, len(codes.mean), binarization(view.model))}: mean KL(q(z|x) ‖ p(z)) = "
        f"**Σ = {words.plus_minus(total.mean, total.stderr)} nats**, the bars' sum; **{int(active.sum())} of {z_dim} "
        f"dimensions are active** (the variance of E[z] over the images is above {ACTIVE_UNIT_VARIANCE:g}; Burda et "
        "al., 2016). The densities: grey, the aggregate posterior of these images; dotted, the prior N(0, 1); dot and "
        "line, μ ± σ of the chosen image."
    )
    by_kl = st.toggle("Largest KL first", True, key=SORTED, bind="query-params")
    order = mean_kl.argsort(descending=True)[:ROWS]
    if not by_kl:
        order = order.sort().values
    bars, densities = st.columns([2, 3], gap="medium")
    with bars:
        _show_bars(mean_kl[order], variance[order], active[order], order.tolist())
    with densities:
        _show_densities(view, codes, order)
    hidden = f" You see the {ROWS} dimensions with the largest KL." if z_dim > ROWS else ""
    st.caption(collapse_sentence(active, mean_kl) + hidden)


def collapse_sentence(active: Tensor, kl: Tensor) -> str:
    """What posterior collapse is, with this model's numbers: `active: [z_dim]` bool, `kl: [z_dim]` mean nats."""
    z_dim, count = len(active), int((~active).sum())
    if count == 0:
        return (
            f"None of the {z_dim} dimensions has collapsed. In a collapsed one q(z|x) ≈ p(z) whatever the image: it "
            "costs no KL and tells the decoder nothing."
        )
    if count == z_dim:
        which = f"All {z_dim} dimensions have collapsed"
    else:
        names = [f"{words.dimension(i)}" for i in (~active).nonzero().flatten().tolist()]
        listed = ", ".join(names[:10]) + (", …" if count > 10 else "")
        which = f"{count} of {z_dim} dimensions {'has' if count == 1 else 'have'} collapsed ({listed})"
    return (
        f"**{which}**: there q(z|x) ≈ p(z) whatever the image, at {kl[~active].sum():.2f} nats in all, and z tells the "
        "decoder nothing."
    )


def _show_bars(kl: Tensor, variance: Tensor, active: Tensor, dimensions: list[int]) -> None:
    import plotly.graph_objects as go

    colours = charts.colours()
    chart = go.Figure(
        go.Bar(
            x=kl.numpy().round(4),
            y=list(range(len(dimensions))),
            orientation="h",
            marker={
                "color": [colours["kl"] if on else "rgba(0,0,0,0)" for on in active.tolist()],
                "line": {"color": colours["kl"], "width": 1},
            },
            text=[
                f"{value:.2f}" if on else f"{value:.2f} collapsed"
                for value, on in zip(kl.tolist(), active.tolist(), strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=[
                [f"{words.dimension(i)}", f"{value:.3g}"]
                for i, value in zip(dimensions, variance.tolist(), strict=True)
            ],
            hovertemplate="%{customdata[0]}: KL %{x:.3f} nats<br>variance of E[z] %{customdata[1]}<extra></extra>",
        )
    )
    chart.update_xaxes(title="mean KL, nats", range=[0, 1.3 * max(kl.max().item(), 0.1)])
    chart.update_yaxes(_rows(dimensions))
    listed = ", ".join(f"z{i + 1} {value:.2f}" for i, value in zip(dimensions, kl.tolist(), strict=True))
    charts.show(
        chart,
        "kl-per-dimension",
        f"Mean KL of each dimension in nats: {listed}; {int(active.sum())} of these {len(active)} are active.",
        height=_height(dimensions),
    )


@torch.no_grad()
def _show_densities(view: View, codes: Encoded, order: Tensor) -> None:
    import plotly.graph_objects as go

    assert codes.std is not None
    colours, dimensions = charts.colours(), order.tolist()
    mean, std = codes.mean[:, order], codes.std[:, order]
    reach = (mean.abs() + 2 * std).quantile(0.98, dim=0).max().item()
    extent = max(LEAST_EXTENT, reach)
    edges = torch.linspace(-extent, extent, BINS + 1)
    aggregate = aggregate_density(mean, std, edges)
    prior = aggregate_density(torch.zeros(1, 1), torch.ones(1, 1), edges)[:, 0]
    scale = 0.9 / torch.cat([aggregate.flatten(), prior]).max().item()

    places = (edges[1:] + edges[:-1]).div(2).numpy().round(3)
    chart = go.Figure()
    for row, i in enumerate(dimensions):
        density = aggregate[:, row].numpy()
        chart.add_scatter(
            x=places[[0, *range(BINS), -1]],
            y=_row_base(row) - np.pad(scale * density, 1).round(3),
            customdata=np.pad(density, 1).round(2),
            mode="lines",
            fill="toself",
            fillcolor=charts.faded(colours["ink"], 0.35),
            line={"color": colours["ink"], "width": 1},
            hovertemplate=f"q({words.dimension(i)} = %{{x:.2f}}) = %{{customdata:.2f}}<extra></extra>",
        )
        chart.add_scatter(
            x=places,
            y=_row_base(row) - (scale * prior).numpy().round(3),
            mode="lines",
            line={"color": colours["text"], "width": 1, "dash": "dot"},
            hoverinfo="skip",
        )
    posterior = view.model.encode(view.chosen.x.unsqueeze(0))["z"]
    mu, sigma = posterior.mean[0, order].tolist(), posterior.stddev[0, order].tolist()
    chart.add_scatter(
        x=mu,
        y=[_row_base(row) - 0.15 for row in range(len(dimensions))],
        error_x={"array": sigma, "thickness": 3, "width": 0, "color": colours["kl"]},
        customdata=[words.subscript(i + 1) for i in dimensions],
        mode="markers",
        marker={"size": 7, "color": colours["kl"], "line": {"width": 1, "color": colours["surface"]}},
        hovertemplate="z%{customdata} of the chosen image:<br>μ %{x:.2f}, σ %{error_x.array:.2f}<extra></extra>",
    )
    chart.update_xaxes(title="z", range=[-extent, extent])
    chart.update_layout(showlegend=False)
    chart.update_yaxes(_rows(dimensions))
    listed = ", ".join(
        f"z{i + 1} {mean:.2f} ± {std:.2f}" for i, mean, std in zip(dimensions, mu, sigma, strict=True)
    )
    charts.show(
        chart,
        "densities-per-dimension",
        f"The aggregate posterior of each dimension against N(0, 1); q(z|x) of the chosen image is {listed}.",
        height=_height(dimensions),
    )


def _row_base(row: int) -> float:
    """Where the densities of a row stand; y grows downwards."""
    return row + 0.4


def _rows(dimensions: list[int]) -> dict[str, Any]:
    """A row for each dimension from the top, alike in both charts."""
    return {
        "tickvals": list(range(len(dimensions))),
        "ticktext": [f"{words.dimension(i)}" for i in dimensions],
        "range": [len(dimensions) - 0.4, -0.6],
        "showgrid": False,
        "tickfont": {"size": 14},
    }


def _height(dimensions: list[int]) -> int:
    return 70 + ROW_HEIGHT * max(3, len(dimensions))
