"""Lines over a logarithmic k or over epochs, each named at its end."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class Line(NamedTuple):
    """A line's name, its points, the standard errors of `y` where there are any, and its looks."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    dash: str = "solid"
    stderr: Sequence[float] | None = None
    symbol: str = "circle"
    marked: bool = True


def line_chart(
    lines: Sequence[Line],
    x_title: str,
    y_title: str,
    *,
    log_x: Sequence[float] | None = None,
    log_y: bool = False,
) -> "Figure":
    """The lines; over a log axis with ticks at `log_x`, where given."""
    import plotly.graph_objects as go

    traces = [_trace(line) for line in lines]
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": x_title}},
        "yaxis": {"title": {"text": y_title}, "type": "log" if log_y else "linear"},
        "legend": {"font": {"size": 11}},
        "showlegend": True,
    }
    if log_x is not None:
        layout["xaxis"] |= {
            "type": "log",
            "tickvals": list(log_x),
            "ticktext": [f"{value:,.0f}" for value in log_x],
        }
    if log_y:
        layout["yaxis"] |= _log_ticks([value for line in lines for value in line.y])
    return go.Figure(traces, layout)


def _log_ticks(values: Sequence[float]) -> dict[str, Any]:
    """Decades, and between them 2 and 5 where there are few."""
    positive = [value for value in values if value > 0]
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    steps = (1, 2, 5) if high - low <= 2 else (1,)
    ticks = [step * 10.0**power for power in range(low, high + 1) for step in steps]
    return {"tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}


def _trace(line: Line) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": line.name,
        "x": list(line.x),
        "y": list(line.y),
        "error_y": None if line.stderr is None else {"array": list(line.stderr), "width": 3, "thickness": 1},
        "mode": "lines+markers" if line.marked else "lines",
        "line": {"color": line.colour, "dash": line.dash, "width": 2},
        "marker": {"size": 7, "symbol": line.symbol},
        "hovertemplate": f"{line.name}<br>%{{x:,}}: %{{y:.4g}}<extra></extra>",
    }
