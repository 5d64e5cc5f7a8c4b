"""The grid of both levels: rows of one z2 each, columns of z1 ~ p(z1|z2), and the plane in which a z2 is moved."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ui.address import url_state
from ui.components.arrow import column
from ui.components.assets import component
from ui.hvae.facts import Facts
from ui.images.decoded import Decoding
from ui.images.noise import normals
from vaemodels.errors import UsageError

_levels = component("vaelab_levels", Path(__file__).with_name("levels"))

KEY = "hvae-levels"
GRIDS = "_hvae_grids"
ROW, ROWS, RESAMPLED, PLANE = "row", "rows", "resampled", "upper"  # parameters of the address
PARAMETERS = frozenset({ROW, ROWS, RESAMPLED, PLANE})
COUNT = 4  # rows
COLUMNS = 9  # the mean, and eight draws
LETTERS = "ABCD"
QUADRANTS = ((-1.0, 1.0, -1.0, 1.0), (1.0, 1.0, -1.0, -1.0))  # signs by row of the first and second dimension
FAR, NEARER = 2**31, 2**30  # from what the noise of a draw of x is made of, as in levels.js
MOST_RESAMPLED = 9_999
REACH = 10.0  # no z2 is farther out than that in any dimension
LIMIT = 3.5  # of the plane
POINTS = 400  # encoded test images on it
KEPT = 50  # grids of a session


@dataclass
class Grid:
    """What a session keeps of the grid of one model and seed: the rows' z2, or None as the seed drew them; which row is
    chosen; how often z1 was drawn anew; the plane's dimensions, or None.

    `turn` counts how often the address decided: what the browser told before that is out of date.
    """

    rows: list[list[float]] | None = None
    row: int = 0
    resampled: int = 0
    axes: list[int] | None = None
    turn: int = 0


def drawn_rows(seed: int, z2_dim: int) -> Tensor:
    """The z2 of a seed's rows, `[4, z2_dim]`: draws of N(0, I), one from each quadrant of the first two dimensions."""
    rows = normals(seed + FAR, COUNT * z2_dim).view(COUNT, z2_dim).float()
    for dim, signs in enumerate(QUADRANTS[:z2_dim]):
        rows[:, dim] = rows[:, dim].abs() * torch.tensor(signs)
    return rows


def column_noise(seed: int, resampled: int, z1_dim: int) -> Tensor:
    """ε of the columns after the first, `[8, z1_dim]`, after so many presses of “resample z1”; as in levels.js."""
    n = (COLUMNS - 1) * z1_dim
    return normals(NEARER + 10_000 * seed + resampled, n).view(COLUMNS - 1, z1_dim).float()


def level_grid(
    slot: str, *, name: str, facts: Facts, show: Decoding, seed: int, in_link: bool = True
) -> Grid:
    """The grid of `seed`, decoded by the model in `slot`, called `name`; what is moved goes into the address.

    A model that no link can show is not `in_link`.
    """
    z2 = facts.codes.z2[:POINTS]
    z2_dim = z2.shape[1]
    grids: dict[tuple[str, int], Grid] = st.session_state.setdefault(GRIDS, {})
    if len(grids) >= KEPT and (name, seed) not in grids:
        grids.pop(next(iter(grids)))
    grid = grids.setdefault((name, seed), Grid())
    if in_link and url_state.decides(KEY):
        _follow_address(grid, z2_dim)
    occasion = f"{name}/{seed}/{grid.turn}"
    drawn = drawn_rows(seed, z2_dim).tolist()
    _take(grid, drawn, occasion, st.session_state.get(KEY))
    data = {
        "slot": slot,
        "occasion": occasion,
        "rows": drawn if grid.rows is None else grid.rows,
        "drawn": drawn,
        "columns": COLUMNS,
        "row": grid.row,
        "resampled": grid.resampled,
        "axes": grid.axes,
        "dims": sorted(z2.var(dim=0).topk(2).indices.tolist()) if z2_dim > 1 else None,
        "limit": LIMIT,
        "points": column(z2.float().numpy().ravel()),
        "labels": column(facts.labels[:POINTS].numpy().astype(np.uint8)),
        "show": show,
        "seed": seed,
    }
    _take(grid, drawn, occasion, _levels(key=KEY, data=data, on_grid_change=lambda: None))
    if in_link:
        url_state.put(ROW, LETTERS[grid.row].lower() if grid.row else None)
        url_state.put(ROWS, None if grid.rows is None else rows_to_text(grid.rows))
        url_state.put(RESAMPLED, str(grid.resampled) if grid.resampled else None)
        url_state.put(PLANE, None if grid.axes is None else url_state.axes_to_text(grid.axes))
    return grid


def _take(grid: Grid, drawn: list[list[float]], occasion: str, state: Any) -> None:
    """Remember what the browser told, unless that was of another grid."""
    told = (state or {}).get("grid")
    if told is not None and told["occasion"] == occasion:
        grid.row, grid.resampled, grid.axes = told["row"], told["resampled"], told["axes"]
        rows = [url_state.rounded(z) for z in told["rows"]]
        grid.rows = None if rows == [url_state.rounded(z) for z in drawn] else rows


def _follow_address(grid: Grid, z2_dim: int) -> None:
    """Take over the grid of a link, or of the address that the visitor went back to."""
    grid.row = _row_of_address()
    grid.resampled = _resampled_of_address()
    grid.rows, grid.axes = None, None
    grid.turn += 1
    rows, axes = url_state.get(ROWS), url_state.get(PLANE)
    try:
        grid.rows = None if rows is None else rows_from_text(rows, z2_dim)
    except UsageError as error:
        url_state.note(str(error))
    try:
        grid.axes = None if axes is None else url_state.axes_from_text(axes, z2_dim)
    except UsageError:
        url_state.note(
            f"The link's plane of z2 is not two of its {z2_dim} dimensions, such as 1_2; it shows the "
            "model's usual ones."
        )


def _row_of_address() -> int:
    text = url_state.get(ROW)
    if text is None:
        return 0
    if len(text) == 1 and text.upper() in LETTERS:
        return LETTERS.index(text.upper())
    url_state.note("The link's row is not a, b, c or d; the first is chosen instead.")
    return 0


def _resampled_of_address() -> int:
    text = url_state.get(RESAMPLED)
    if text is None:
        return 0
    if text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_RESAMPLED)):
        return int(text)
    url_state.note(
        f"The link's count of draws of z1 is not a number from 0 to {MOST_RESAMPLED:,}; the first are shown instead."
    )
    return 0


def rows_to_text(rows: list[list[float]]) -> str | None:
    """The rows' z2 as an address holds them, `0.31_-1.2~1_0~…`; None where they are more than it has room for."""
    text = "~".join(url_state.z_to_text(z) for z in rows)
    return text if len(text) <= url_state.MAX_LENGTH else None


def rows_from_text(text: str, z2_dim: int) -> list[list[float]]:
    """The rows that `rows_to_text` wrote.

    Raises:
        UsageError: unless they are four points of `z2_dim` numbers within reach.
    """
    refusal = UsageError(
        f"The link's rows are not {COUNT} points of {z2_dim} numbers from −{REACH:g} to {REACH:g}; "
        "they are as the seed "
        "drew them."
    )
    try:
        rows = [url_state.z_from_text(z, z2_dim) for z in text.split("~")]
    except UsageError:
        raise refusal from None
    if len(rows) != COUNT or not all(abs(value) <= REACH for z in rows for value in z):
        raise refusal
    return rows
