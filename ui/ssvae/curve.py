"""Accuracy over the number of labels as a chart and as a table: a line, and a row, for each way."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ui import charts
from ui.ssvae.ways import TOLD
from ui.tables import table
from vaemodels.few_labels import LABELLED, Way

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Accuracies = Mapping[tuple[Way, int], Sequence[float]]


class Shipped(NamedTuple):
    """A model of pretrained/ as a point beside the lines: way, labels, recipe in words, accuracy on the same images."""

    name: str
    way: Way
    labelled: int
    recipe: str
    accuracy: float


DASHES: dict[Way, str] = {"drawn": "dot", "summed": "dash", "alpha": "solid", "labels": "solid"}
SYMBOLS: dict[Way, str] = {"drawn": "x", "summed": "square", "alpha": "circle", "labels": "diamond"}


def mean(values: Sequence[float]) -> float:
    """The mean over draws of the labels."""
    return sum(values) / len(values)


def share(values: Sequence[float]) -> str:
    """The mean over draws, with the least and the greatest where there are several: 93.1 % (92.8–93.6)."""
    middle = f"{100 * mean(values):.1f} %"
    return middle if len(values) == 1 else f"{middle} ({100 * min(values):.1f}–{100 * max(values):.1f})"


def show_curve(
    found: Accuracies,
    shipped: Sequence[Shipped],
    way: Way,
    labelled: int,
    choose: Callable[[Sequence[Any]], None],
) -> None:
    """The chart, the chosen point ringed; `choose` is given the (way, labelled) of a clicked point."""
    of_ways = "; ".join(
        f"{told.title}: "
        + ", ".join(f"{share(found[key, n])} at {n:,}" for n in LABELLED if (key, n) in found)
        for key, told in TOLD.items()
    )
    beside = "".join(
        f" {one.name}, {one.recipe}: {100 * one.accuracy:.1f} % at {one.labelled:,}." for one in shipped
    )
    # A chart of its own for every choice: one that is clicked twice in the same place would report it only once.
    charts.show(
        curve_chart(found, shipped, way, labelled, charts.colours()),
        f"ssvae-curve-{way}-{labelled}",
        f"Share of test images that are labelled rightly, over the number of labels. {of_ways}.{beside}",
        height=380,
        on_click=choose,
    )


def curve_chart(
    found: Accuracies, shipped: Sequence[Shipped], way: Way, labelled: int, colours: Mapping[str, str]
) -> "Figure":
    """Lines through the means, bars from the least to the greatest draw; the chosen way is drawn in full."""
    import plotly.graph_objects as go

    traces = [_line(found, key, key == way, colours) for key in TOLD]
    traces += [_beside(one, colours) for one in shipped]
    if (way, labelled) in found:
        traces.append(
            {
                "type": "scatter",
                "x": [labelled],
                "y": [100 * mean(found[way, labelled])],
                "customdata": [(way, labelled)],
                "mode": "markers",
                "marker": {
                    "size": 16,
                    "symbol": "circle-open",
                    "color": colours["text"],
                    "line": {"width": 2},
                },
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    layout = {
        "xaxis": {
            "type": "log",
            "title": {"text": "labelled images"},
            "range": [math.log10(0.75 * LABELLED[0]), math.log10(LABELLED[-1] / 0.75)],
            "tickvals": list(LABELLED),
            "ticktext": [f"{n:,}" for n in LABELLED],
        },
        "yaxis": {"title": {"text": "test images right, %"}, "range": [0, 106]},
    }
    return go.Figure(traces, layout)


def _line(found: Accuracies, way: Way, is_chosen: bool, colours: Mapping[str, str]) -> dict[str, Any]:
    measured = {n: found[way, n] for n in LABELLED if (way, n) in found}
    means = [100 * mean(values) for values in measured.values()]
    colour = colours[_colour(way)]
    return {
        "type": "scatter",
        "name": TOLD[way].title,
        "x": list(measured),
        "y": means,
        "customdata": [(way, n) for n in measured],
        "error_y": {
            "symmetric": False,
            "array": [
                100 * max(values) - middle for values, middle in zip(measured.values(), means, strict=True)
            ],
            "arrayminus": [
                middle - 100 * min(values) for values, middle in zip(measured.values(), means, strict=True)
            ],
            "width": 4,
            "thickness": 1.5,
        },
        "mode": "lines+markers",
        "opacity": 1 if is_chosen else 0.55,
        "line": {"color": colour, "dash": DASHES[way], "width": 3 if is_chosen else 2},
        "marker": {"size": 8, "symbol": SYMBOLS[way]},
        "hovertemplate": f"{TOLD[way].title}<br>%{{x:,}} labels: %{{y:.1f}} %<extra></extra>",
    }


def _beside(one: Shipped, colours: Mapping[str, str]) -> dict[str, Any]:
    """A model of pretrained/: its name at a star in its way's colour."""
    recipe = one.recipe.replace(", ", ",<br>")  # in one line it is wider than a phone
    return {
        "type": "scatter",
        "x": [one.labelled],
        "y": [100 * one.accuracy],
        "text": [one.name],
        "textposition": "bottom right" if one.way == "labels" else "top right",
        "textfont": {"size": 11, "color": colours["text"]},
        "customdata": [(one.way, one.labelled)],
        "mode": "markers+text",
        "marker": {"size": 11, "symbol": "star", "color": colours[_colour(one.way)]},
        "hovertemplate": f"{one.name}, {recipe}<br>%{{x:,}} labels: %{{y:.1f}} %<extra></extra>",
        "showlegend": False,
    }


def _colour(way: Way) -> str:
    return "classification" if way == "labels" else "bound"


def show_table(found: Accuracies) -> None:
    """Every number of the chart."""
    table(
        "Test images right, by way and number of labels",
        ["way", *(f"{n:,} labels" for n in LABELLED)],
        [
            [told.title, *(share(found[key, n]) if (key, n) in found else "not run" for n in LABELLED)]
            for key, told in TOLD.items()
        ],
    )
