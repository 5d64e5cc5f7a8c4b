"""Which latent dimensions a model uses: KL or activity of each, the aggregate posterior against the prior."""

from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ui import charts, words
from ui.images.splits import binarization
from ui.looks.encoded import Encoded, encoded
from ui.looks.symbols import symbols
from ui.looks.view import View
from vaemodels.analysis.latent_space import aggregate_density
from vaemodels.analysis.priors import DRAWS, prior_density, prior_kind
from vaemodels.evaluation import ACTIVE_UNIT_VARIANCE, estimate
from vaemodels.models import Model

ROWS = 16  # dimensions with a row of their own
BINS = 71  # of z, in which densities are drawn
SORTED = "sorted"
ROW_HEIGHT = 30
LEAST_EXTENT = 3.5


def render(view: View) -> None:
    """A row for each dimension: its bar beside its aggregate posterior, with the chosen image's q over it.

    A bar is the dimension's KL, or the variance of its mean where the KL is no sum over dimensions.
    """
    codes = encoded(view)
    z_dim = codes.mean.shape[1]
    mean_kl, variance = None if codes.kl is None else codes.kl.mean(0), codes.mean.var(0)
    active = variance > ACTIVE_UNIT_VARIANCE
    st.caption(_caption(view.model, codes, active))
    what = "variance" if mean_kl is None else "KL"
    by_size = st.toggle(f"Largest {what} first", True, key=SORTED, bind="query-params")
    order = (variance if mean_kl is None else mean_kl).argsort(descending=True)[:ROWS]
    if not by_size:
        order = order.sort().values
    names = [words.dimension(i, symbols(view.model).latent) for i in order.tolist()]
    bars, densities = st.columns([2, 3], gap="medium")
    with bars:
        kl_of_rows = None if mean_kl is None else mean_kl[order]
        _show_bars(kl_of_rows, variance[order], active[order], names)
    with densities:
        _show_densities(view, codes, order, names)
    hidden = f" You see the {ROWS} dimensions with the largest {what}." if z_dim > ROWS else ""
    st.caption(collapse_sentence(active, mean_kl, symbols(view.model).latent) + hidden)


def _caption(model: Model, codes: Encoded, active: Tensor) -> str:
    symbol = symbols(model)
    images = words.test_images(codes.dataset, len(codes.mean), binarization(model))
    of_active = f"**{int(active.sum())} of {len(active)} dimensions are active**"
    rule = f"the variance of E[{symbol.latent}] over the images is above {ACTIVE_UNIT_VARIANCE:g}; Burda et al., 2016"
    if codes.kl is None:
        measured = (
            f"{of_active} ({rule}), the bars. The KL is no sum over dimensions here, as {_no_product(model)}."
        )
    else:
        total = estimate(codes.kl.sum(1))
        measured = (
            f"mean KL({symbol.posterior} ‖ {symbol.prior}) = **Σ = "
            f"{words.plus_minus(total.mean, total.stderr)} nats**, the bars' sum; {of_active} ({rule})."
        )
    kind = prior_kind(model)
    if kind == "standard":
        prior = "the prior N(0, 1)"
    elif kind == "mixture":
        prior = "the prior, a mixture"
    else:
        prior = f"the prior {symbol.prior}, from {DRAWS:,} draws"
    return (
        f"On {images}: {measured} The densities: grey, the aggregate posterior of these images; dotted, {prior}; dot "
        "and line, μ ± σ of the chosen image."
    )


def _no_product(model: Model) -> str:
    """Why the KL of the latent that is shown has no part for each dimension."""
    kind = prior_kind(model)
    if kind == "mixture":
        return "a mixture does not factorise over them"
    if kind == "two-level":
        return "the prior, an average over the level above, does not factorise over them"
    return "this model has no prior"


def collapse_sentence(active: Tensor, kl: Tensor | None, latent: str = "z") -> str:
    """What posterior collapse is, with this model's numbers: `active: [z_dim]` bool, `kl: [z_dim]` mean nats.

    Without the latter, the KL is no sum over dimensions. `latent` is what these are dimensions of.
    """
    z_dim, count = len(active), int((~active).sum())
    if kl is None:
        same, says = "the mean of q is the same whatever the image", "tells the decoder next to nothing"
    else:
        same, says = "q(z|x) ≈ p(z) whatever the image", "costs no KL and tells the decoder nothing"
    if count == 0:
        return f"None of the {z_dim} dimensions has collapsed. In a collapsed one {same}: it {says}."
    if count == z_dim:
        which = f"All {z_dim} dimensions have collapsed"
    else:
        names = [words.dimension(i, latent) for i in (~active).nonzero().flatten().tolist()]
        listed = ", ".join(names[:10]) + (", …" if count > 10 else "")
        which = f"{count} of {z_dim} dimensions {'has' if count == 1 else 'have'} collapsed ({listed})"
    if kl is None:
        return f"**{which}**: there {same}, and {latent} {says}."
    return (
        f"**{which}**: there {same}, at {kl[~active].sum():.2f} nats in all, and z tells the decoder nothing."
    )


def _show_bars(mean_kl: Tensor | None, variance: Tensor, active: Tensor, names: list[str]) -> None:
    """The mean KL of each of the dimensions called `names`, hollow where inactive; without such, the variances."""
    import plotly.graph_objects as go

    if mean_kl is None:
        values, colour, title = variance, charts.colours()["ink"], "variance of the mean"
        hover = "%{customdata[0]}: variance of E[z] %{customdata[1]}<extra></extra>"
    else:
        values, colour, title = mean_kl, charts.colours()["kl"], "mean KL, nats"
        hover = "%{customdata[0]}: KL %{x:.3f} nats<br>variance of E[z] %{customdata[1]}<extra></extra>"
    chart = go.Figure(
        go.Bar(
            x=values.numpy().round(4),
            y=list(range(len(names))),
            orientation="h",
            marker={
                "color": [colour if on else "rgba(0,0,0,0)" for on in active.tolist()],
                "line": {"color": colour, "width": 1},
            },
            text=[
                f"{value:.2f}" if on else f"{value:.2f} collapsed"
                for value, on in zip(values.tolist(), active.tolist(), strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=[[name, f"{value:.3g}"] for name, value in zip(names, variance.tolist(), strict=True)],
            hovertemplate=hover,
        )
    )
    chart.update_xaxes(title=title, range=[0, 1.3 * max(values.max().item(), 0.1)])
    chart.update_yaxes(_rows(names))
    listed = ", ".join(f"{name} {value:.2f}" for name, value in zip(names, values.tolist(), strict=True))
    what = "Variance of the mean" if mean_kl is None else "Mean KL"
    charts.show(
        chart,
        f"{'variance' if mean_kl is None else 'kl'}-per-dimension",
        f"{what} of each dimension{'' if mean_kl is None else ' in nats'}: {listed}; {int(active.sum())} of these "
        f"{len(active)} are active.",
        height=_height(names),
    )


def _show_densities(view: View, codes: Encoded, order: Tensor, names: list[str]) -> None:
    import plotly.graph_objects as go

    assert codes.std is not None
    colours = charts.colours()
    mean, std = codes.mean[:, order], codes.std[:, order]
    reach = (mean.abs() + 2 * std).quantile(0.98, dim=0).max().item()
    extent = max(LEAST_EXTENT, reach)
    edges = torch.linspace(-extent, extent, BINS + 1)
    aggregate = aggregate_density(mean, std, edges)
    prior = prior_density(view.model, order, edges)
    scale = 0.9 / torch.cat([aggregate, prior]).max().item()

    places = (edges[1:] + edges[:-1]).div(2).numpy().round(3)
    chart = go.Figure()
    for row, name in enumerate(names):
        density = aggregate[:, row].numpy()
        chart.add_scatter(
            x=places[[0, *range(BINS), -1]],
            y=_row_base(row) - np.pad(scale * density, 1).round(3),
            customdata=np.pad(density, 1).round(2),
            mode="lines",
            fill="toself",
            fillcolor=charts.faded(colours["ink"], 0.35),
            line={"color": colours["ink"], "width": 1},
            hovertemplate=f"q({name} = %{{x:.2f}}) = %{{customdata:.2f}}<extra></extra>",
        )
        chart.add_scatter(
            x=places,
            y=_row_base(row) - (scale * prior[:, row]).numpy().round(3),
            mode="lines",
            line={"color": colours["text"], "width": 1, "dash": "dot"},
            hoverinfo="skip",
        )
    code = view.code_of(view.chosen)
    assert code.std is not None
    mu, sigma = code.mean[0, order].tolist(), code.std[0, order].tolist()
    chart.add_scatter(
        x=mu,
        y=[_row_base(row) - 0.15 for row in range(len(names))],
        error_x={"array": sigma, "thickness": 3, "width": 0, "color": colours["kl"]},
        customdata=names,
        mode="markers",
        marker={"size": 7, "color": colours["kl"], "line": {"width": 1, "color": colours["surface"]}},
        hovertemplate="%{customdata} of the chosen image:<br>μ %{x:.2f}, σ %{error_x.array:.2f}<extra></extra>",
    )
    chart.update_xaxes(title=symbols(view.model).latent, range=[-extent, extent])
    chart.update_layout(showlegend=False)
    chart.update_yaxes(_rows(names))
    listed = ", ".join(
        f"{name} {mean:.2f} ± {std:.2f}" for name, mean, std in zip(names, mu, sigma, strict=True)
    )
    prior_name = "N(0, 1)" if prior_kind(view.model) == "standard" else "the prior"
    charts.show(
        chart,
        "densities-per-dimension",
        f"The aggregate posterior of each dimension against {prior_name}; {symbols(view.model).posterior} of the "
        f"chosen image is {listed}.",
        height=_height(names),
    )


def _row_base(row: int) -> float:
    """Where the densities of a row stand; y grows downwards."""
    return row + 0.4


def _rows(names: list[str]) -> dict[str, Any]:
    """A row for each dimension from the top, alike in both charts."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": names,
        "range": [len(names) - 0.4, -0.6],
        "showgrid": False,
        "tickfont": {"size": 14},
    }


def _height(names: list[str]) -> int:
    return 70 + ROW_HEIGHT * max(3, len(names))
