"""The command line that trains what a run of the Studio trained."""

import dataclasses
import math
import shlex
from collections.abc import Mapping
from typing import Any

from vaemodels import data
from vaemodels.config_parsing import as_text
from vaemodels.presets import PRESETS, Preset

NOT_SET = ("dataset", "epochs", "seed", "image_shape", "n_labels")  # said otherwise, or known by the images


def command(card: Mapping[str, Any], folder: str = "PICTURES", seconds: float = math.inf) -> str:
    """`python -m vaemodels train …` of the preset from which fewest settings differ; one's own are in `folder`.

    It ends after so many `seconds` of training, where that comes before its last epoch.
    """
    name, differing = min(
        (
            (name, _differing(preset, card))
            for name, preset in PRESETS.items()
            if preset.model == card["model"] and not preset.start
        ),
        key=lambda found: len(found[1]),
    )
    training = card["training"]
    images = card["dataset"] if card["dataset"] in data.DATASETS else folder
    words = ["python", "-m", "vaemodels", "train", name, "--data", images]
    words += ["--epochs", str(training["epochs"]), "--seed", str(training["seed"])]
    if math.isfinite(seconds):
        words += ["--seconds", f"{seconds:g}"]
    for setting, value in differing.items():
        words += ["--set", f"{setting}={as_text(value)}"]
    return shlex.join(words)


def _differing(preset: Preset, card: Mapping[str, Any]) -> dict[str, Any]:
    usual = dataclasses.asdict(preset.config) | dataclasses.asdict(preset.training)
    asked = {**card["config"], **card["training"]}
    return {
        name: value
        for name, value in asked.items()
        if name not in NOT_SET and as_text(value) != as_text(usual.get(name))
    }
