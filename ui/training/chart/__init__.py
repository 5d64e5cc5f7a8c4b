"""The live training chart: the terms of one run or several over the epochs, kinds of terms on axes of their own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from ui.components.arrow import column
from ui.components.assets import component

# What records can hold, in the order in which it is read out.
TERMS = ("reconstruction", "bound", "kl_z", "kl_y", "kl_z1", "kl_z2", "classification")

Series = Mapping[str, Sequence[float]]

_chart = component("vaelab_training_chart", Path(__file__).with_name("chart"))


def training_chart(
    runs: Mapping[str, Series], *, key: str, epochs: int | None = None, height: int = 300
) -> None:
    """Draw the records of runs, by name: of each `epoch`, and train_ and heldout_ with each of its `TERMS`, in nats.

    All of a run's series are of one length; NaN stands for a value that was not measured.

    The axis goes to `epochs`, where the run is to end (to a half, a quarter, … of it in a long run's beginning), or as
    far as the records.
    """
    columns: dict[str, pa.Table] = {}
    about = []
    for place, (name, series) in enumerate(runs.items()):
        terms = [term for term in TERMS if f"train_{term}" in series]
        wanted = ["epoch", *(f"{part}_{term}" for part in ("train", "heldout") for term in terms)]
        columns |= {f"{place}_{name}": column(np.asarray(series[name], dtype=np.float32)) for name in wanted}
        about.append({"name": name, "terms": terms})
    _chart(key=key, data={**columns, "runs": about, "epochs": epochs, "height": height})
