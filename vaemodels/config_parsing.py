"""Frozen dataclasses made from plain values (a checkpoint's JSON) or from `key=value` text, with types checked."""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from vaemodels.errors import UsageError

T = TypeVar("T")
MAX_PLAIN = 1e21  # from here on nobody counts the digits


def from_values(config_type: type[T], values: Mapping[str, Any]) -> T:
    """An instance of the dataclass `config_type` with `values` for its fields, lists taken for tuples.

    Raises:
        UsageError: naming the field that is unknown or has a value of the wrong type.
    """
    hints = _hints(config_type)
    unknown = set(values) - set(hints)
    if unknown:
        raise UsageError(f"Unknown setting '{min(unknown)}'; the settings are {', '.join(hints)}.")
    return config_type(**{key: _checked(key, value, hints[key]) for key, value in values.items()})


def with_text(config: T, settings: Mapping[str, str]) -> T:
    """`config` with the fields named in `settings` replaced by their values, given as text ("300,300", "1e-3").

    Raises:
        UsageError: naming the field whose text does not fit its type.
    """
    hints = _hints(type(config))
    values = {key: _checked(key, _parsed(text, hints[key]), hints[key]) for key, text in settings.items()}
    return dataclasses.replace(config, **values)  # type: ignore[type-var]


def as_text(value: Any) -> str:
    """A field's value as `with_text` reads it."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def fields_of(config_type: type[Any]) -> list[str]:
    """The names of a dataclass's fields."""
    return [field.name for field in dataclasses.fields(config_type)]


def plain(value: float) -> str:
    """A number as people write it: no power of ten, thousands apart (1,000,000 or 0.00000001)."""
    if not math.isfinite(value) or abs(value) >= MAX_PLAIN:
        return f"{value:g}"
    return f"{int(value):,}" if value == int(value) else f"{Decimal(repr(value)):,f}"


def _hints(config_type: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(config_type)
    return {name: hints[name] for name in fields_of(config_type)}


def _parsed(text: str, hint: Any) -> Any:
    """Text read as the type `hint` asks for; what can't be read is returned as it is, and refused by `_checked`."""
    origin = typing.get_origin(hint)
    try:
        if origin is tuple:
            return tuple(int(part) for part in text.split(","))
        if origin is types.UnionType:
            return None if text.lower() == "none" else _parsed(text, typing.get_args(hint)[0])
        if hint in (int, float):
            return hint(text)
        if hint is bool:
            return {"true": True, "false": False}.get(text.lower(), text)
    except ValueError:
        pass
    return text


def _checked(key: str, value: Any, hint: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        if value not in args:
            raise UsageError(f"{key} is '{value}'; choose one of {', '.join(map(str, args))}.", key)
        return value
    if origin is tuple:
        numbers = isinstance(value, list | tuple) and all(type(item) is int for item in value)
        if not numbers or (args[-1] is not Ellipsis and len(value) != len(args)):
            raise UsageError(
                f"{key} is {value!r}; give whole numbers separated by commas, as in 300,300.", key
            )
        return tuple(value)
    if origin is types.UnionType:
        return None if value is None else _checked(key, value, args[0])
    if hint is float and type(value) in (int, float) and math.isfinite(value):
        return float(value)
    if hint is int and type(value) is int:
        return value
    if hint in (str, bool) and isinstance(value, hint):
        return value
    kind = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}[hint]
    raise UsageError(f"{key} is {value!r}; give {kind}.", key)
