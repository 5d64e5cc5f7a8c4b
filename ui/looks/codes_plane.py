"""A chart of the plane on which a model's codes vary most, and its prior there, for looks that draw points on it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ui import charts, words
from ui.looks.encoded import Encoded
from vaemodels.analysis.latent_space import Plane, ellipse
from vaemodels.analysis.priors import prior_components, prior_kind
from vaemodels.models import Model

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PRIOR_EXTENT = 2.4  # the circle of two standard deviations and its label
ELLIPSES = 60  # as many components are told apart; of more only the means are drawn
PRIOR_DRAWS = 400  # of a prior that has no closed form
TAIL = 3.0  # times the 90 % quantile; a Gaussian's 99.8 % quantile is 1.9 times


class Window(NamedTuple):
    """The part of the plane that is shown: `reach` to each side of a centre `[2]`."""

    centre: Tensor
    reach: float


class PriorOnPlane(NamedTuple):
    """A prior that is no N(0, I), as it lies on a plane: outlines `[k, n, 2]` of its components, or dots `[m, 2]`."""

    outlines: Tensor
    dots: Tensor


def prior_on_plane(model: Model, plane: Plane) -> PriorOnPlane:
    """A mixture's components at 1σ, or their means where there are many; draws from a prior of two levels.

    A Gaussian N(μ, diag σ²) lies on the plane as N(P μ, P diag(σ²) Pᵀ), P its directions.
    """
    kind, (means, stds) = prior_kind(model), prior_components(model)
    centres = plane.coordinates(means)
    if kind == "two-level":
        generator = torch.Generator(model.device).manual_seed(0)
        with torch.no_grad():
            return PriorOnPlane(
                torch.zeros(0, 0, 2), plane.coordinates(model.sample_prior(PRIOR_DRAWS, generator))
            )
    if kind == "mixture" and len(means) <= ELLIPSES:
        return PriorOnPlane(ellipse(centres, plane.covariance(stds), 1), torch.zeros(0, 2))
    return PriorOnPlane(torch.zeros(0, 0, 2), centres if kind == "mixture" else torch.zeros(0, 2))


def _shown_prior(model: Model) -> str:
    """What of a prior is drawn on the plane, as a sentence; nothing where circles say it, or where there is none."""
    kind, components = prior_kind(model), len(prior_components(model)[0])
    if kind == "two-level":
        return f"Small dots: {PRIOR_DRAWS} draws from the prior, z2 ~ N(0, I), then z1 ~ p(z1|z2)."
    if kind == "mixture" and components <= ELLIPSES:
        return f"Dotted: 1σ of the prior's {words.count(components, 'component')}."
    return f"Small dots: the means of the prior's {components} components." if kind == "mixture" else ""


def whole_plane(codes: Encoded, model: Model, also: Tensor) -> Window:
    """The window that has room for the codes and the model's prior (but for long tails), and for `also: [n, 2]`."""
    size = codes.plane.coordinates(codes.mean).abs()
    reach = min(size.quantile(0.998).item(), TAIL * size.quantile(0.9).item())
    prior = prior_on_plane(model, codes.plane)
    shown = torch.cat([prior.outlines.flatten(), prior.dots.flatten()]).abs()
    least = PRIOR_EXTENT if prior_kind(model) == "standard" else 0.1
    reach = max(reach, also.abs().max().item(), least, shown.quantile(0.98).item() if len(shown) else 0.0)
    return Window(torch.zeros(2), 1.06 * reach)


def plane_figure(codes: Encoded, model: Model, window: Window) -> "Figure":
    """An empty plane, but for the model's prior: N(0, I) is a standard normal on any plane through 0."""
    import plotly.graph_objects as go

    first, second = _axes(codes)
    (x, y), reach = window.centre.tolist(), window.reach
    figure = go.Figure()
    figure.update_xaxes(title=first, range=[x - reach, x + reach], showgrid=True)
    figure.update_yaxes(title=second, range=[y - reach, y + reach], scaleanchor="x")
    figure.update_layout(showlegend=False)
    if prior_kind(model) == "standard":
        for sigmas in (1, 2):
            draw_prior_circle(figure, sigmas)
    else:
        _draw_prior(figure, prior_on_plane(model, codes.plane))
    return figure


def _draw_prior(figure: "Figure", prior: PriorOnPlane) -> None:
    colours = charts.colours()
    if len(prior.outlines):
        # One trace for all: a gap, not a number, ends each outline.
        x, y = (
            np.pad(prior.outlines.numpy(), ((0, 0), (0, 1), (0, 0)), constant_values=np.nan).reshape(-1, 2).T
        )
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines",
            hoverinfo="skip",
            line={"color": colours["text"], "width": 1.5, "dash": "dot"},
        )
    if len(prior.dots):
        x, y = prior.dots.numpy().T
        grey = {"color": charts.faded(colours["ink"], 0.45)}
        figure.add_scatter(
            x=x,
            y=y,
            mode="markers",
            hoverinfo="skip",
            marker={"size": 4, **grey},
            unselected={"marker": {"opacity": 1}},
        )


def _axes(codes: Encoded) -> tuple[str, str]:
    z_dim = codes.mean.shape[1]
    if z_dim == 1:
        return "z₁", ""
    if z_dim == 2:
        return "z₁", "z₂"
    first, second = codes.plane.share.tolist()
    return f"principal component 1 ({first:.0%})", f"principal component 2 ({second:.0%})"


def draw_prior_circle(figure: "Figure", sigmas: int) -> None:
    """N(0, I)'s circle of so many standard deviations, over all points, on ground of its own to be seen there."""
    colours = charts.colours()
    circle = {"type": "circle", "layer": "above", "x0": -sigmas, "y0": -sigmas, "x1": sigmas, "y1": sigmas}
    figure.add_shape(circle, line={"color": charts.faded(colours["surface"], 0.8), "width": 5})
    figure.add_shape(circle, line={"color": colours["text"], "width": 2, "dash": "dot"})
    offset = sigmas * 0.5**0.5
    figure.add_annotation(
        x=offset,
        y=offset,
        text=f"{sigmas}σ",
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
        font={"color": colours["text"], "size": 12},
        bgcolor=charts.faded(colours["surface"], 0.8),
        borderpad=1,
    )


def shown_plane(codes: Encoded, model: Model) -> str:
    """Which plane it is and what of the prior is on it, as sentences; nothing where the chart says all of it."""
    return " ".join(filter(None, (_shown_prior(model), _shown_directions(codes))))


def _shown_directions(codes: Encoded) -> str:
    """Nothing where the plane is the whole latent space."""
    z_dim = codes.mean.shape[1]
    if z_dim <= 2:
        return ""
    return (
        f"Of {z_dim} dimensions you see the two directions in which the test images vary most (principal "
        f"components): {codes.plane.share.sum():.0%} of the variance."
    )


def ring(figure: "Figure", at: Sequence[float], size: int, hover: str, shape: str = "circle") -> None:
    """An open circle (or another `shape`) of `size` pixels around a point `[2]` of the plane."""
    colour = charts.colours()["text"]
    figure.add_scatter(
        x=[at[0]],
        y=[at[1]],
        mode="markers",
        marker={"symbol": f"{shape}-open", "size": size, "color": colour, "line": {"width": 2.5}},
        unselected={"marker": {"opacity": 1}},
        hovertemplate=f"{hover}<extra></extra>",
    )
