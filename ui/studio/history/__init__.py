"""The chart of all runs of a visit, and the slider under it that the images of every run follow."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ui.components.arrow import column
from ui.components.assets import component
from ui.studio.series import Curve

_history = component("vaelab_history", Path(__file__).with_name("history"))


class Line(NamedTuple):
    """A run in the chart: its curve, the smoothed one where that is asked for, and where its settings were changed."""

    name: str
    about: str
    colour: int
    reference: bool
    curve: Curve
    smooth: Sequence[float]
    marks: Sequence[tuple[float, str]]


def history(lines: Sequence[Line], *, key: str, axis: str, title: str, unit: str = "nats an image") -> None:
    """Draw the lines over an `axis`, called so; heights are `title` in `unit`."""
    columns: dict[str, pa.Table] = {}
    about = []
    for i, line in enumerate(lines):
        series = {**line.curve._asdict(), "smooth": line.smooth}
        columns |= {f"{i}_{name}": column(np.asarray(values, np.float64)) for name, values in series.items()}
        about.append(
            {
                "name": line.name,
                "about": line.about,
                "colour": line.colour,
                "reference": line.reference,
                "marks": [{"x": x, "text": text} for x, text in line.marks],
            }
        )
    _history(key=key, data={**columns, "runs": about, "axis": axis, "title": title, "unit": unit})
