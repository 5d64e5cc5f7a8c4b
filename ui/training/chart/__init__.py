"""The live training chart: reconstruction and KL over the epochs, each on its own axis, updated in place."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ui.components.arrow import column
from ui.components.assets import component

SERIES = ("epoch", "train_reconstruction", "train_kl", "heldout_reconstruction", "heldout_kl")


_chart = component("vaelab_training_chart", Path(__file__).with_name("chart"))


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
