"""The part of the look at β where the true factors are known: its chart and its sentences."""

from typing import Any

import pytest

from ui.charts import COLOURS
from ui.vae import factors
from vaemodels import data
from vaemodels.analysis import measure

# Two dimensions have a factor each, two share one, and none tells the last.
TOLD = [[0.40, 0.01, 0.00], [0.02, 0.30, 0.01], [0.00, 0.29, 0.02], [0.01, 0.00, 0.00]]
FACTORS = ["light", "ink hue", "slant"]


def record(low: float, high: float, shuffled: float = 0.01) -> dict[str, Any]:
    """Measurements of two models with such MIGs."""
    told = {"information": TOLD, "others": [[0.01, 0.1], [0.024, 0.2], [0.0, 0.7], [0.0, 0.0]]}
    before = {"information": [[0.1, 0.01, 0.0], [0.05, 0.3, 0.01], [0.0, 0.28, 0.02], [0.0] * 3]}
    return {
        **{"dataset": "streetdigits", "split": "test", "images": 300},
        "factors": ["light", "ink_hue", "slant"],
        "others": ["digit", "mean_brightness"],
        "models": {
            "a": {"beta": 1.0, "mig": low, "shuffled": shuffled, **told, **before},
            "b": {"beta": 4.0, "mig": high, "shuffled": 0.002, **told},
        },
    }


def test_a_row_is_a_factor_and_a_column_a_dimension() -> None:
    [cells] = factors.information_chart(TOLD, FACTORS, 0.4, COLOURS["light"]).data
    assert list(cells.y) == FACTORS
    assert list(cells.x) == ["z₁", "z₂", "z₃", "z₄"]
    assert [list(row) for row in cells.z] == [
        [0.4, 0.02, 0.0, 0.01],
        [0.01, 0.3, 0.29, 0.0],
        [0.0, 0.01, 0.02, 0.0],
    ]
    assert (cells.zmin, cells.zmax) == (0, 0.4)


def test_the_alternative_text_has_the_best_dimension_of_each_factor() -> None:
    said = factors.read({"information": TOLD, "beta": 4.0, "mig": 0.133}, FACTORS)
    assert "light z₁ 0.400, ink hue z₂ 0.300, slant z₃ 0.020" in said
    assert "each of 4 dimensions tells at β = 4" in said
    assert said.endswith("MIG 0.133.")


def test_what_there_is_to_see_is_what_the_numbers_say() -> None:
    said = factors.what_to_see(record(0.03, 0.13))
    assert said[:3] == [
        "At β = 4:",
        "**Light** has a dimension of its own, z₁ (40%, the next best 2%).",
        "**Ink hue** is shared by z₂ (30%) and z₃ (29%), so that none is far ahead. "
        "A hue goes round a circle, which one dimension can’t follow.",
    ]
    assert said[3] == "No single dimension tells as much as 3% of slant."
    assert said[4].startswith("MIG rises with β from 0.030 to 0.130")
    assert said[4].endswith("the lead of light gains most, from 0.05 to 0.38.")
    assert "z₃ tells 70% of a picture’s mean brightness" in said[5]
    assert factors.the_digit(record(0.03, 0.13)).endswith(
        "no single dimension of either model tells as much as 3% of it."
    )


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.1), (0.1, 0.109), (0.13, 0.03)])
def test_a_gap_that_grows_by_no_more_than_chance_does_not_rise(low: float, high: float) -> None:
    said = factors.what_to_see(record(low, high))
    assert f"MIG does not rise clearly with β: {low:.3f} and {high:.3f}." in said
    assert not any("MIG rises" in sentence for sentence in said)


def test_what_it_was_measured_on_is_said() -> None:
    said = factors.measured_on(record(0.03, 0.13))
    assert said.startswith("the first 300 of 2,000 test images of the street digits, which are synthetic")
    assert said.endswith("MIG would read 0.010 at β = 1 and 0.002 at β = 4.")


def test_of_the_shipped_models_light_alone_has_a_dimension_and_the_gap_rises() -> None:
    found = measure.load()["disentanglement"]
    said = factors.what_to_see(found)
    assert [s.split("**")[1] for s in said if "of its own" in s] == ["Light"]
    assert [s.split("**")[1] for s in said if "is shared by" in s] == ["Ground hue"]
    [rise] = [s for s in said if s.startswith("MIG")]
    assert any(s.endswith("of slant, weight, scale or ink hue.") for s in said)
    assert "MIG rises" in rise and "the lead of light gains most" in rise
    size = data.get("streetdigits").sizes["train"]
    assert f"{found['images']:,} of {size:,} training images" in factors.measured_on(found)
