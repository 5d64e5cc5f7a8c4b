"""The digit × style grid: twenty styles of a seed, each written as every digit, and the plane in which one is moved."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from ui.address import url_state
from ui.components.assets import component
from ui.images.decoded import Decoding
from vaemodels.errors import UsageError

_styles = component("vaelab_styles", Path(__file__).with_name("styles"))

KEY = "fsvae-styles"
GRIDS, PLANES = "_fsvae_grids", "_fsvae_planes"
COLUMN, MOVED, PLANE = "column", "styles", "plane"  # parameters of the address
PARAMETERS = frozenset({COLUMN, MOVED, PLANE})
COLUMNS = 20
REACH = 10.0  # no style is farther out than that in any dimension
KEPT = 50  # grids of a session
_COLUMN = re.compile(r"[1-9][0-9]?")


@dataclass
class _Grid:
    """What a session keeps of the grid of one model and seed: the chosen column, and z of those that were moved.

    `turn` counts how often the address decided: what the browser told before that is out of date.
    """

    column: int = 0
    moved: dict[int, list[float]] = field(default_factory=dict)
    turn: int = 0


@dataclass
class _Plane:
    """The two dimensions that a session's visitor chose for the plane of one model; None are the model's own."""

    axes: list[int] | None = None


def style_grid(slot: str, *, name: str, z_dim: int, show: Decoding, seed: int, in_link: bool = True) -> None:
    """The grid of `seed`, decoded by the model in `slot`, which is called `name`; what is moved goes into the address.

    Every model and seed has a grid of its own, which a visitor finds again as they left it. A model that no link can
    show is not `in_link`.
    """
    grids: dict[tuple[str, int], _Grid] = st.session_state.setdefault(GRIDS, {})
    if len(grids) >= KEPT and (name, seed) not in grids:
        grids.pop(next(iter(grids)))
    grid = grids.setdefault((name, seed), _Grid())
    plane: _Plane = st.session_state.setdefault(PLANES, {}).setdefault(name, _Plane())  # one for all seeds
    if in_link and url_state.decides(KEY):
        _follow_address(grid, z_dim)
        plane.axes = _axes_of_address(z_dim)
    occasion = f"{name}/{seed}/{grid.turn}"
    _take(grid, plane, occasion, st.session_state.get(KEY))
    data = {
        "slot": slot,
        "name": name,
        "occasion": occasion,
        "column": grid.column,
        "moved": {str(column): z for column, z in grid.moved.items()},
        "axes": plane.axes,
        "show": show,
        "seed": seed,
    }
    _take(grid, plane, occasion, _styles(key=KEY, data=data, on_grid_change=lambda: None))
    if in_link:
        url_state.put(COLUMN, str(grid.column + 1) if grid.column else None)
        url_state.put(MOVED, moved_to_text(grid.moved) or None)
        url_state.put(PLANE, None if plane.axes is None else url_state.axes_to_text(plane.axes))


def _take(grid: _Grid, plane: _Plane, occasion: str, state: Any) -> None:
    """Remember what the browser told, unless that was of another grid."""
    told = (state or {}).get("grid")
    if told is not None and told["occasion"] == occasion:
        grid.column = told["column"]
        grid.moved = {int(column): url_state.rounded(z) for column, z in told["moved"].items()}
        plane.axes = told["axes"]


def _follow_address(grid: _Grid, z_dim: int) -> None:
    """Take over the styles of a link, or of the address that the visitor went back to."""
    column, moved = url_state.get(COLUMN), url_state.get(MOVED)
    grid.column, grid.moved = 0, {}
    grid.turn += 1
    if column is not None:
        if _COLUMN.fullmatch(column) and int(column) <= COLUMNS:
            grid.column = int(column) - 1
        else:
            url_state.note(
                f"The link's column is not one of the {COLUMNS} styles; the first is chosen instead."
            )
    if moved is not None:
        try:
            grid.moved = moved_from_text(moved, z_dim)
        except UsageError as error:
            url_state.note(str(error))


def _axes_of_address(z_dim: int) -> list[int] | None:
    text = url_state.get(PLANE)
    try:
        return None if text is None else url_state.axes_from_text(text, z_dim)
    except UsageError:
        url_state.note(
            f"The link's plane of styles is not two of {z_dim} dimensions, such as 3_6 of 10; it shows the model's "
            "usual ones."
        )
        return None


def moved_to_text(moved: dict[int, list[float]]) -> str:
    """Moved styles as an address holds them, each by its column from 1 and its z: `3~0.31_-1.2~7~1_0`.

    They are as many as it has room for, from the left: all twenty, unless z has more than some thirty dimensions.
    """
    text = ""
    for column in sorted(moved):
        more = f"{text}~{column + 1}~{url_state.z_to_text(moved[column])}".lstrip("~")
        if len(more) > url_state.MAX_LENGTH:
            break
        text = more
    return text


def moved_from_text(text: str, z_dim: int) -> dict[int, list[float]]:
    """The styles that `moved_to_text` wrote.

    Raises:
        UsageError: unless they are columns of the grid, each with `z_dim` numbers within reach.
    """
    parts = text.split("~")
    columns, points = parts[::2], parts[1::2]
    refusal = UsageError(
        f"The link's styles are not columns from 1 to {COLUMNS}, each with {z_dim} numbers from −{REACH:g} to "
        f"{REACH:g}; the grid is as the seed drew it."
    )
    if len(columns) != len(points) or not all(_COLUMN.fullmatch(column) for column in columns):
        raise refusal
    try:
        moved = {
            int(column) - 1: url_state.z_from_text(z, z_dim)
            for column, z in zip(columns, points, strict=True)
        }
    except UsageError:
        raise refusal from None
    if max(moved) >= COLUMNS or not all(abs(value) <= REACH for z in moved.values() for value in z):
        raise refusal
    return moved
