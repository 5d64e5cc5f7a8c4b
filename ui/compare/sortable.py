"""A table that is sorted by its headers, in the browser; how it is sorted is kept in the address."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from ui.address import url_state
from ui.address.component_value import component_value
from ui.components.assets import component

_sortable = component(
    "vaelab_sortable",
    Path(__file__).with_name("sortable"),
    isolate_styles=False,  # it looks like the page's other tables
)


class Column(NamedTuple):
    """A column: its name in the address, what its header says, and what it means."""

    name: str
    title: str
    about: str = ""


class Line(NamedTuple):
    """A row: what its cells say, what they are sorted by (None stands last), whether it is marked."""

    cells: Sequence[str]
    values: Sequence[float | str | None]
    is_here: bool = False


def sortable(
    label: str, columns: Sequence[Column], lines: Sequence[Line], *, key: str, parameter: str
) -> tuple[str, bool]:
    """The table called `label`, sorted by its first number until the visitor presses a header.

    Returns the column's name and whether it descends, as the address has it under `parameter`: `rate`, `-rate`.
    """
    names = [column.name for column in columns]
    sort = component_value(key, f"_{key}", (names[1], False), lambda: _from_address(parameter, names))
    told = (st.session_state.get(key) or {}).get("sort")
    if sort.is_told_by(told):
        sort.value = (names[told["column"]], bool(told["descending"]))
    column, descending = sort.value
    _sortable(
        key=key,
        data={
            "label": label,
            "columns": [{"title": one.title, "about": one.about} for one in columns],
            "rows": [
                {"cells": list(line.cells), "values": list(line.values), "here": line.is_here}
                for line in lines
            ],
            "sort": {"column": names.index(column), "descending": descending},
            "turn": sort.turn,
        },
        on_sort_change=lambda: None,
    )
    is_usual = (column, descending) == (names[1], False)
    url_state.put(parameter, None if is_usual else f"{'-' if descending else ''}{column}")
    return column, descending


def _from_address(parameter: str, names: Sequence[str]) -> tuple[str, bool]:
    wanted = url_state.get(parameter) or names[1]
    column = wanted.removeprefix("-")
    if column in names:
        return column, wanted.startswith("-")
    url_state.note(f"The link sorts the table by a column that is not here; it is sorted by {names[1]}.")
    return names[1], False
