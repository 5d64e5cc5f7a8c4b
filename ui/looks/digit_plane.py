"""Charts for comparing models of two dimensions: a latent plane marked with digits, the shares of digits."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ui.charts import colours, digit_colours, faded
from ui.looks.codes_plane import draw_prior_circle

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PRIOR_EXTENT = 3.5  # N(0, I) lies within it


def extent_of(points: Tensor) -> float:
    """Half the side of a square around 0 that holds N(0, I) and nearly all of `points: [n, 2]`."""
    return max(PRIOR_EXTENT, points.abs().quantile(0.98).item())


def digit_plane(points: Tensor, labels: Tensor, extent: float, line: Tensor | None = None) -> "Figure":
    """`points: [n, 2]` as the digits `labels: [n]`, and the prior's circle of two standard deviations.

    `line: [2, 2]` is drawn from its first point (ring) to its second (diamond); `[1, 2]` is one point (ring).
    """
    import plotly.graph_objects as go

    palette, ink = digit_colours(), colours()
    digits = labels.tolist()
    x, y = points.T.tolist()
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": x,
            "y": y,
            "mode": "text",
            "text": [str(digit) for digit in digits],
            "textfont": {"size": 11, "color": [palette[digit] for digit in digits]},
            "hovertemplate": "%{text} at %{x:.2f}, %{y:.2f}<extra></extra>",
        }
    ]
    if line is not None:
        x, y = line.T.tolist()
        traces.append(_line(x, y, ink["text"]))
    side = {"range": [-extent, extent], "nticks": 6, "constrain": "domain"}
    figure = go.Figure(
        traces,
        {
            "showlegend": False,
            "xaxis": {**side, "title": {"text": "z₁", "standoff": 4}},
            "yaxis": {**side, "title": {"text": "z₂", "standoff": 4}, "scaleanchor": "x"},
        },
    )
    draw_prior_circle(figure, 2)
    return figure


def _line(x: list[float], y: list[float], colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2},
        "marker": {
            "symbol": ["circle-open", "diamond-open"],
            "size": 15,
            "color": colour,
            "line": {"width": 2.5},
        },
        "hovertemplate": "%{x:.2f}, %{y:.2f}<extra></extra>",
    }


def share_chart(shares: Mapping[str, Tensor]) -> "Figure":
    """Shares of the ten digits `[10]` by model, as bars; the dotted line is a tenth each."""
    import plotly.graph_objects as go

    # Inks: every hue has a meaning of its own.
    tones = [faded(colours()["ink"], 0.5), colours()["text"]]
    digits = list(range(10))
    return go.Figure(
        [
            {
                "type": "bar",
                "name": title,
                "x": digits,
                "y": share.tolist(),
                "marker": {"color": tone},
                "hovertemplate": f"{title}, %{{x}}: %{{y:.0%}}<extra></extra>",
            }
            for (title, share), tone in zip(shares.items(), tones, strict=False)
        ],
        {
            "shapes": [
                {
                    **{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0.1, "y1": 0.1},
                    "line": {"dash": "dot", "width": 1, "color": colours()["text"]},
                }
            ],
            "xaxis": {"tickvals": digits, "showgrid": False},
            "yaxis": {"tickformat": ".0%", "rangemode": "tozero", "nticks": 4},
        },
    )
