"""The images of one run, at the step that the chart's slider is at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ui.components.arrow import column
from ui.components.assets import component
from vaemodels.frames import FRAME_IMAGES, Frame

_strip = component("vaelab_strip", Path(__file__).with_name("strip"))


def strip(
    frames: Sequence[Frame],
    places: Sequence[float],
    image_shape: tuple[int, int, int],
    *,
    name: str,
    about: str,
    colour: int,
    key: str,
) -> None:
    """Show those of the `frames` that lie at or before the slider; `places` is where on the axis each lies."""
    pixels = np.frombuffer(b"".join(frame.pixels for frame in frames), np.uint8)
    _strip(
        key=key,
        data={
            "pixels": column(pixels),
            "places": column(np.asarray(places, np.float64)),
            "steps": column(np.asarray([frame.step for frame in frames], np.float64)),
            "meta": {
                "shape": list(image_shape),
                "count": FRAME_IMAGES,
                "name": name,
                "about": about,
                "colour": colour,
            },
        },
    )
