"""Charts for comparing models of two dimensions: a latent plane marked with digits, the shares of digits."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor

from ui.charts import colours, digit_colours, faded

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PRIOR_EXTENT = 3.5  # N(0, I) lies within it


def extent_of(points: Tensor) -> float:
    """Half the side of a square around 0 that holds N(0, I) and nearly all of `points: [n, 2]`."""
    return max(PRIOR_EXTENT, points.abs().quantile(0.98).item())


def digit_plane(points: Tensor, labels: Tensor, extent: float) -> "Figure":
    """`points: [n, 2]` as the digits `labels: [n]`, and the prior's circle of two standard deviations."""
    import plotly.graph_objects as go

    palette = digit_colours()
    digits = labels.tolist()
    x, y = points.T.tolist()
    figure = go.Figure(
        go.Scatter(
            x=x,
            y=y,
            mode="text",
            text=[str(digit) for digit in digits],
            textfont={"size": 11, "color": [palette[digit] for digit in digits]},
            hovertemplate="%{text} at %{x:.2f}, %{y:.2f}<extra></extra>",
        )
    )
    figure.add_shape(
        type="circle", x0=-2, y0=-2, x1=2, y1=2, line={"color": colours()["ink"], "width": 1.5, "dash": "dot"}
    )
    side = {"range": [-extent, extent], "nticks": 6, "constrain": "domain"}
    figure.update_xaxes(**side, title={"text": "z₁", "standoff": 4})
    figure.update_yaxes(**side, title={"text": "z₂", "standoff": 4}, scaleanchor="x")
    figure.update_layout(showlegend=False)
    return figure


def add_line(figure: "Figure", start: Tensor, end: Tensor) -> None:
    """A straight line from one point `[2]` (ring) to another (diamond)."""
    ink = colours()["text"]
    x, y = zip(start.tolist(), end.tolist(), strict=True)
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers",
        line={"color": ink, "width": 2},
        marker={
            "symbol": ["circle-open", "diamond-open"],
            "size": 15,
            "color": ink,
            "line": {"width": 2.5},
        },
        hovertemplate="%{x:.2f}, %{y:.2f}<extra></extra>",
    )


def share_chart(shares: Mapping[str, Tensor]) -> "Figure":
    """Shares of the ten digits `[10]` by model, as bars; the dotted line is a tenth each."""
    import plotly.graph_objects as go

    # Inks: every hue has a meaning of its own.
    tones = [faded(colours()["ink"], 0.5), colours()["text"]]
    figure = go.Figure(
        [
            go.Bar(
                name=title,
                x=list(range(10)),
                y=share.tolist(),
                marker={"color": tone},
                hovertemplate=f"{title}, %{{x}}: %{{y:.0%}}<extra></extra>",
            )
            for (title, share), tone in zip(shares.items(), tones, strict=False)
        ]
    )
    figure.add_hline(0.1, line={"dash": "dot", "width": 1, "color": colours()["text"]})
    figure.update_xaxes(tickvals=list(range(10)), showgrid=False)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", nticks=4)
    return figure
