"""The rate–distortion plane of one group: a point a model, lines of equal −ELBO, a click for its samples."""

from collections.abc import Callable, Mapping, Sequence

from ui import charts, words
from vaemodels.analysis.comparable import Card, Row, learned_both_terms, trained_for_another

LINES = (1, 2, 5, 10, 20, 50, 100)  # nats between lines of equal −ELBO; about five are drawn


def plane(
    rows: Sequence[Row], cards: Mapping[str, Card], point: str, choose: Callable[[str], None]
) -> list[str]:
    """Draw the plane, `point` marked; returns the names of those that lie beyond it.

    The plane spans the models that learned both terms: what was left to itself can be anywhere.
    """
    import plotly.graph_objects as go

    spanning = [one for one in rows if learned_both_terms(cards[one.name])] or list(rows)
    x, y = _span([one.rate for one in spanning]), _span([one.distortion.mean for one in spanning])
    inside = [one for one in rows if x[0] <= one.rate <= x[1] and y[0] <= one.distortion.mean <= y[1]]
    colours = charts.colours()
    traces = [_line(level, x, y, colours) for level in levels(spanning)] + [
        _points(inside, cards, point, colours)
    ]
    best = min(spanning, key=lambda one: one.nelbo.mean)
    layout = {
        "showlegend": False,
        "xaxis": {"title": {"text": "rate: Σ KL, nats"}, "range": x},
        "yaxis": {"title": {"text": "distortion: −E log p(x|z), nats"}, "range": y},
    }
    charts.show(
        go.Figure(traces, layout),
        "compare-plane",
        f"{words.count(len(inside), 'model')} by rate and distortion; the lowest −ELBO is {best.name}’s, "
        f"{words.number(best.nelbo.mean)} nats = {words.number(best.distortion.mean)} + {words.number(best.rate)}.",
        height=400,
        on_click=choose,
    )
    return [one.name for one in rows if one not in inside]


def how_trained(card: Card) -> str:
    """How a model was trained if not on its ELBO, in words; "" for the ELBO."""
    other = trained_for_another(card)
    if other.startswith("L_"):
        return f"trained on L{words.subscript(int(other.removeprefix('L_')))}"
    return f"trained {'with' if '=' in other else 'on'} {other}" if other else ""


def levels(rows: Sequence[Row]) -> list[int]:
    """Round values of −ELBO from the lowest of the rows to the highest, six at most."""
    values = [one.nelbo.mean for one in rows]
    low, high = min(values), max(values)
    step = next((step for step in LINES if high - low <= 5 * step), LINES[-1])
    first = int(low // step) * step
    return list(range(first, int(high) + 1, step))[:7]


def _span(values: Sequence[float]) -> list[float]:
    room = 0.12 * (max(values) - min(values)) or 1.0
    return [min(values) - room, max(values) + room]


def _line(
    level: int, x: Sequence[float], y: Sequence[float], colours: Mapping[str, str]
) -> dict[str, object]:
    """Where rate + distortion = level, within the plane, its value at the upper end."""
    left, right = max(x[0], level - y[1]), min(x[1], level - y[0])
    if left >= right:
        return {"type": "scatter", "x": [], "y": []}
    return {
        "type": "scatter",
        "x": [left, right],
        "y": [level - left, level - right],
        "mode": "lines+text",
        "text": ["", words.number(level, 0)],
        "textposition": "top left",
        "textfont": {"color": colours["bound_text"], "size": 11},
        "line": {"color": charts.faded(colours["bound"], 0.45), "width": 1},
        "hoverinfo": "skip",
    }


def _points(
    rows: Sequence[Row], cards: Mapping[str, Card], point: str, colours: Mapping[str, str]
) -> dict[str, object]:
    """Full where a model was trained on its ELBO, open where on something else, ringed where it is the chosen one."""
    others = [how_trained(cards[one.name]) for one in rows]
    return {
        "type": "scatter",
        "x": [one.rate for one in rows],
        "y": [one.distortion.mean for one in rows],
        "mode": "markers+text",
        "text": [one.name if one.name == point else "" for one in rows],
        "textposition": "top right",
        "textfont": {"color": colours["text"]},
        "marker": {
            "size": [15 if one.name == point else 10 for one in rows],
            "symbol": ["circle-open" if other else "circle" for other in others],
            "color": [colours["text"] if one.name == point else colours["ink"] for one in rows],
            "line": {"width": 2},
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "customdata": [one.name for one in rows],
        "hovertemplate": [
            f"{one.name}{f', {other}' if other else ''}<br>−ELBO {words.number(one.nelbo.mean)} = "
            f"{words.number(one.distortion.mean)} + {words.number(one.rate)}<extra></extra>"
            for one, other in zip(rows, others, strict=True)
        ],
    }
