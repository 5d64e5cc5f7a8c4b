from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import pytest

from vaemodels import config_parsing, presets
from vaemodels.errors import UsageError
from vaemodels.models import MODELS
from vaemodels.training_config import TrainingConfig


@dataclass(frozen=True)
class Example:
    width: int = 4
    rate: float = 0.5
    name: str = "plain"
    sizes: tuple[int, ...] = (3, 3)
    shape: tuple[int, int, int] = (1, 2, 3)
    kind: Literal["round", "square"] = "round"
    limit: int | None = None


def test_text_is_read_as_the_fields_type() -> None:
    text = {
        "width": "7",
        "rate": "1e-3",
        "name": "x=y",
        "sizes": "10,20",
        "shape": "3,32,32",
        "kind": "square",
    }
    assert config_parsing.with_text(Example(), text) == Example(
        7, 1e-3, "x=y", (10, 20), (3, 32, 32), "square"
    )
    assert config_parsing.with_text(Example(), {"sizes": "5"}).sizes == (5,)
    assert config_parsing.with_text(Example(limit=3), {"limit": "none"}).limit is None
    assert config_parsing.with_text(Example(), {"limit": "12"}).limit == 12
    assert config_parsing.with_text(Example(width=9), {}) == Example(width=9)


def test_whole_numbers_do_for_floats_and_stay_floats() -> None:
    rate = config_parsing.from_values(Example, {"rate": 2}).rate
    assert rate == 2 and type(rate) is float


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("width", "abc"),
        ("width", "3.5"),
        ("width", ""),
        ("rate", "fast"),
        ("rate", "nan"),
        ("rate", "inf"),
        ("rate", "-inf"),
        ("sizes", "abc"),
        ("sizes", "3,"),
        ("sizes", "3;4"),
        ("sizes", ""),
        ("shape", "3,32"),
        ("kind", "oval"),
        ("limit", "many"),
    ],
)
def test_text_that_does_not_fit_is_refused_by_name(key: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"^{key} is .*; (give|choose) .*\\.$"):
        config_parsing.with_text(Example(), {key: text})


@pytest.mark.parametrize(
    "values",
    [
        {"width": "7"},
        {"width": 7.0},
        {"width": True},
        {"width": None},
        {"rate": "0.5"},
        {"rate": True},
        {"name": 3},
        {"sizes": 3},
        {"sizes": [3, 4.5]},
        {"sizes": [True]},
        {"sizes": {"3": 4}},
        {"shape": [1, 2]},
        {"kind": 1},
        {"kind": ["round"]},
        {"limit": "3"},
    ],
)
def test_values_of_the_wrong_type_are_refused_by_name(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"^{next(iter(values))} is .*\\.$"):
        config_parsing.from_values(Example, values)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Unknown setting 'colour'; the settings are width, rate"):
        config_parsing.from_values(Example, {"colour": 3})


@pytest.mark.parametrize("config_type", [TrainingConfig, *(config for _, config in MODELS.values())])
def test_every_config_survives_a_trip_through_plain_values(config_type: type[Any]) -> None:
    config = config_type()
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(config).items()}
    assert config_parsing.from_values(config_type, plain) == config
    assert config_parsing.fields_of(config_type) == [field.name for field in fields(config_type)]


def test_model_and_training_settings_have_names_of_their_own() -> None:
    """`--set` finds which of the two a key belongs to by its name."""
    for _, config_type in MODELS.values():
        assert not set(config_parsing.fields_of(config_type)) & set(config_parsing.fields_of(TrainingConfig))


@pytest.mark.parametrize("name", presets.PRESETS)
def test_a_preset_is_of_the_model_it_names(name: str) -> None:
    preset = presets.get(name)
    assert type(preset.config) is MODELS[preset.model][1]
    assert preset.about


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Unknown preset 'gan'; choose one of vae, "):
        presets.get("gan")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (999_999_999, "999,999,999"),
        (1e-8, "0.00000001"),
        (0.1, "0.1"),
        (-1234.5, "-1,234.5"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert config_parsing.plain(value) == text
