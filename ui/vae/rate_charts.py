"""The charts over β: rate against distortion, the trends, the correlation of latent dimensions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ui import words
from ui.charts import faded
from vaemodels.analysis.comparisons import RatePoint

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Trace = dict[str, Any]

LEVELS = 6  # lines of constant −ELBO at most
STEPS = (2, 5, 10, 20, 50, 100, 200, 500)  # nats between them
MARK = 10  # pixels across a point
LENGTHS = 800, 300  # pixels of the axes at most, in rate and in distortion
TANGENT = (2.5, 9.0)  # at most so many nats to each side of its point, in rate and in distortion


def rate_distortion_chart(points: Sequence[RatePoint], selected: float, colours: dict[str, str]) -> "Figure":
    """The curve, the point of `selected` β with its tangent of slope −β, and lines of constant −ELBO = R + D."""
    import plotly.graph_objects as go

    rates = [point.rate.mean for point in points]
    distortions = [point.distortion.mean for point in points]
    x_range, y_range = _padded(rates), _padded(distortions)
    best = min(points, key=lambda point: point.nelbo.mean)
    levels = _levels(points)
    traces = [
        _line(x_range, [level - x for x in x_range], faded(colours["bound"], 0.4), "solid")
        for level in levels
    ]
    for point in points:
        if point.beta == selected:
            traces.append(_tangent(point, colours["text"]))
    traces.append(
        {
            "type": "scatter",
            "x": [best.rate.mean],
            "y": [best.distortion.mean],
            "mode": "markers",
            "marker": {
                "symbol": "circle-open",
                "size": 24,
                "color": colours["bound"],
                "line": {"width": 2.5},
            },
            "hoverinfo": "skip",
        }
    )
    traces.append(_curve(points, selected, colours))
    return go.Figure(
        traces,
        {
            "showlegend": False,
            "margin": {"r": 64},
            "annotations": [
                {
                    "x": x_range[1],
                    "y": level - x_range[1],
                    "text": f"−ELBO {level}",
                    "showarrow": False,
                    "xanchor": "left",
                    "font": {"color": colours["bound_text"], "size": 10},
                }
                for level in levels
                if y_range[0] < level - x_range[1] < y_range[1]
            ],
            # No grid: the lines on this chart are those of constant −ELBO.
            "xaxis": {
                "range": x_range,
                "showgrid": False,
                "title": {"text": "rate KL(q ‖ p), nats", "font": {"color": colours["kl_text"]}},
            },
            "yaxis": {
                "range": y_range,
                "showgrid": False,
                "title": {
                    "text": "distortion −E[log p(x|z)], nats",
                    "font": {"color": colours["reconstruction_text"]},
                },
            },
        },
    )


def bars_are_seen(points: Sequence[RatePoint]) -> bool:
    """Whether a standard error reaches beyond the mark of its point."""
    for length, of_axis in zip(
        LENGTHS, ([p.rate for p in points], [p.distortion for p in points]), strict=True
    ):
        low, high = _padded([estimate.mean for estimate in of_axis])
        if max(estimate.stderr for estimate in of_axis) / (high - low) * length > MARK / 2:
            return True
    return False


def _line(x: Sequence[float], y: Sequence[float], colour: str, dash: str) -> Trace:
    return {
        "type": "scatter",
        "x": list(x),
        "y": list(y),
        "mode": "lines",
        "line": {"color": colour, "width": 1.5, "dash": dash},
        "hoverinfo": "skip",
    }


def _tangent(point: RatePoint, colour: str) -> Trace:
    """A piece of the line of slope −β through a point."""
    run = min(TANGENT[0], TANGENT[1] / point.beta)
    x, y = point.rate.mean, point.distortion.mean
    return _line([x - run, x + run], [y + point.beta * run, y - point.beta * run], colour, "dot")


def _curve(points: Sequence[RatePoint], selected: float, colours: dict[str, str]) -> Trace:
    """The points with their standard errors; a click gives a point's β as text."""
    bar = {"width": 0, "color": colours["ink"]}
    return {
        "type": "scatter",
        "x": [point.rate.mean for point in points],
        "y": [point.distortion.mean for point in points],
        "error_x": {"array": [point.rate.stderr for point in points], **bar},
        "error_y": {"array": [point.distortion.stderr for point in points], **bar},
        "mode": "lines+markers+text",
        "line": {"color": colours["ink"], "width": 1.5},
        "marker": {
            "size": [1.5 * MARK if point.beta == selected else MARK for point in points],
            "color": [colours["text"] if point.beta == selected else colours["ink"] for point in points],
        },
        "text": [f" β {point.beta:g} " for point in points],
        # The curve leaves both corners free; in turn, they keep neighbours' labels apart on a phone.
        "textposition": ["bottom left" if i % 2 == 0 else "top right" for i in range(len(points))],
        "customdata": [f"{point.beta:g}" for point in points],
        "hovertemplate": [
            f"β = {point.beta:g}<br>rate {point.rate.mean:.2f} ± {point.rate.stderr:.2f}<br>"
            f"distortion {point.distortion.mean:.2f} ± {point.distortion.stderr:.2f}<br>"
            f"−ELBO {point.nelbo.mean:.2f} ± {point.nelbo.stderr:.2f}<extra></extra>"
            for point in points
        ],
    }


def trend_chart(
    betas: Sequence[float],
    values: Sequence[float],
    colour: str,
    stderr: Sequence[float] | None = None,
    guide: tuple[float, str] | None = None,
) -> "Figure":
    """`values` over `betas` on a logarithmic axis, from zero; `guide` is a level with its name, drawn across."""
    import plotly.graph_objects as go

    layout: dict[str, Any] = {
        "xaxis": {
            "type": "log",
            "tickvals": list(betas),
            "ticktext": [f"{beta:g}" for beta in betas],
            "title": {"text": "β"},
        },
        "yaxis": {"rangemode": "tozero"},
    }
    if guide is not None:
        level, name = guide
        across = {"xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level}
        layout["shapes"] = [{"type": "line", **across, "line": {"dash": "dot", "width": 1, "color": colour}}]
        layout["annotations"] = [
            {
                **{"xref": "paper", "x": 1, "y": level, "xanchor": "right", "yanchor": "top"},
                **{"text": name, "font": {"size": 10}, "showarrow": False},
            }
        ]
    trace = {
        "type": "scatter",
        "x": list(betas),
        "y": list(values),
        "error_y": None if stderr is None else {"array": list(stderr), "width": 0},
        "mode": "lines+markers",
        "line": {"color": colour},
        "marker": {"size": 8},
        "hovertemplate": "β = %{x}<br>%{y:.3g}<extra></extra>",
    }
    return go.Figure([trace], layout)


def correlation_chart(correlations: Tensor, colours: dict[str, str]) -> "Figure":
    """|correlation| `[z_dim, z_dim]` as a square of cells, 0 to 1; a collapsed dimension's cells stay empty."""
    import plotly.graph_objects as go

    names = [f"{words.dimension(i)}" for i in range(len(correlations))]
    cells = {
        "type": "heatmap",
        "z": correlations.tolist(),
        "x": names,
        "y": names,
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, faded(colours["ink"], 0.06)], [1, colours["text"]]],
        "xgap": 1,
        "ygap": 1,
        "showscale": False,
        "hovertemplate": "%{x} and %{y}: %{z:.2f}<extra></extra>",
    }
    side = {"showgrid": False, "constrain": "domain"}
    return go.Figure(
        [cells],
        {
            "xaxis": {**side, "constraintoward": "left"},
            "yaxis": {**side, "autorange": "reversed", "scaleanchor": "x"},
        },
    )


def _padded(values: Sequence[float]) -> tuple[float, float]:
    """A range with room around `values` for their labels."""
    room = 0.14 * (max(values) - min(values)) or 1.0
    return min(values) - room, max(values) + room


def _levels(points: Sequence[RatePoint]) -> list[int]:
    """Round values of −ELBO from below the best to above the worst."""
    low = min(point.nelbo.mean for point in points)
    high = max(point.nelbo.mean for point in points)
    step = next((step for step in STEPS if (high - low) / step <= LEVELS), STEPS[-1])
    first = int(low // step) * step
    return list(range(first, int(high) + step + 1, step))
