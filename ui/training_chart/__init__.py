"""The live training chart: reconstruction and KL stacked over the epochs, updated in place."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from ui.arrow import column

_HERE = Path(__file__).parent
SERIES = ("epoch", "train_reconstruction", "train_kl", "heldout_reconstruction", "heldout_kl")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_chart = st.components.v2.component(
    "vaelab_training_chart", html=_read("chart.html"), css=_read("chart.css"), js=_read("chart.js")
)


def training_chart(
    series: Mapping[str, Sequence[float]], *, key: str, epochs: int | None = None, height: int = 300
) -> None:
    """Draw a run's records: `epoch` and, in nats per image, each of the other `SERIES`, all of one length.

    The axis goes to `epochs`, where the run is to end (to a half, a quarter, … of it in a long run's beginning), or as
    far as the records. NaN stands for a value that was not measured; a series that is left out counts as never
    measured.
    """
    count = len(series["epoch"])
    data = {name: column(np.asarray(series.get(name, [np.nan] * count), dtype=np.float32)) for name in SERIES}
    _chart(key=key, data={**data, "epochs": epochs, "height": height})
