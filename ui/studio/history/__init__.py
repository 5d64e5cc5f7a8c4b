"""The charts of all runs of a visit over one axis, and the slider under them that the images of every run follow."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
import pyarrow as pa

from ui.components.arrow import column
from ui.components.assets import component
from ui.studio.series import Curve, Measure, smoothed

TITLES: dict[Measure, str] = {"loss": "loss", "reconstruction": "reconstruction", "kl": "KL"}
MEASURES: tuple[Measure, ...] = get_args(Measure)

_history = component("vaelab_history", Path(__file__).with_name("history"))


class Line(NamedTuple):
    """A run in the charts: its curve, smoothed as well with a `weight` above 0, and where its settings were changed."""

    name: str
    about: str
    colour: int
    reference: bool
    curve: Curve
    weight: float
    marks: Sequence[tuple[float, str]]


def history(
    lines: Sequence[Line],
    *,
    key: str,
    axis: str,
    loss: str,
    side: str,
    unit: str = "nats an image",
) -> None:
    """Draw the lines over an `axis`, called so: their `loss`, below it reconstruction and KL where these were measured.

    All charts show the same part of the axis: zooming one zooms the others. `side` says what was measured on.
    """
    columns: dict[str, pa.Table] = {}
    about = []
    shown = measured(lines)
    for i, line in enumerate(lines):
        series = dict(line.curve._asdict())
        if line.weight:
            series |= {f"smooth_{one}": smoothed(series[one], line.weight) for one in shown}
        columns |= {f"{i}_{name}": column(np.asarray(values, np.float64)) for name, values in series.items()}
        about.append(
            {
                "name": line.name,
                "about": line.about,
                "colour": line.colour,
                "reference": line.reference,
                "marks": [{"x": x, "text": text} for x, text in line.marks],
                "smooth": line.weight > 0,
            }
        )
    charts = [{"name": one, "title": loss if one == "loss" else TITLES[one]} for one in shown]
    _history(
        key=key, data={**columns, "runs": about, "charts": charts, "axis": axis, "side": side, "unit": unit}
    )


def measured(lines: Sequence[Line]) -> tuple[Measure, ...]:
    """What there is a chart of: the loss, and its terms unless the reconstruction is all of it."""
    return MEASURES if any(math.isfinite(kl) for line in lines for kl in line.curve.kl) else MEASURES[:1]
