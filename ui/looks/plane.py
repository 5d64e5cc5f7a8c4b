"""A chart of the plane on which a model's codes vary most, for the looks that draw points on it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from ui import charts
from ui.looks.encoded import Encoded

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PRIOR_EXTENT = 2.4  # the circle of two standard deviations and its label
TAIL = 3.0  # times the 90 % quantile; a Gaussian's 99.8 % quantile is 1.9 times


class Window(NamedTuple):
    """The part of the plane that is shown: `reach` to each side of a centre `[2]`."""

    centre: Tensor
    reach: float


def whole_plane(codes: Encoded, prior: bool, also: Tensor) -> Window:
    """The window that has room for the codes (but for a long tail), for `also: [n, 2]` and for the prior."""
    size = codes.plane.coordinates(codes.mean).abs()
    reach = min(size.quantile(0.998).item(), TAIL * size.quantile(0.9).item())
    reach = max(reach, also.abs().max().item(), PRIOR_EXTENT if prior else 0.1)
    return Window(torch.zeros(2), 1.06 * reach)


def plane_figure(codes: Encoded, prior: bool, window: Window) -> "Figure":
    """An empty plane, with the prior's circles of 1σ and 2σ: N(0, I) is a standard normal on any plane through 0."""
    import plotly.graph_objects as go

    first, second = _axes(codes)
    (x, y), reach = window.centre.tolist(), window.reach
    figure = go.Figure()
    figure.update_xaxes(title=first, range=[x - reach, x + reach], showgrid=True)
    figure.update_yaxes(title=second, range=[y - reach, y + reach], scaleanchor="x")
    figure.update_layout(showlegend=False)
    if prior:
        for sigmas in (1, 2):
            draw_prior_circle(figure, sigmas)
    return figure


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


def shown_plane(codes: Encoded) -> str:
    """Which plane it is, as a sentence; nothing where it is the whole latent space."""
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
