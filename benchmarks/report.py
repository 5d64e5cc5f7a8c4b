"""How benchmarks say what they measured: one table for people, one JSON object for machines."""

import json
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple


class Row(NamedTuple):
    """One measured number, and the bar it is held to (`limit` is the least or the most it may be), if any."""

    what: str
    value: float
    unit: str
    bar: Literal["at least", "at most"] | None = None
    limit: float = 0.0

    @property
    def verdict(self) -> str:
        """ "ok" or "miss", or nothing where no bar is set."""
        if self.bar is None:
            return ""
        reached = self.value >= self.limit if self.bar == "at least" else self.value <= self.limit
        return "ok" if reached else "miss"


def number(value: float) -> str:
    """Three significant digits, without an exponent and with thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(title: str, conditions: dict[str, Any], rows: Sequence[Row], as_json: bool) -> None:
    """Prints the rows with what they were measured under."""
    if as_json:
        results = [row._asdict() | {"verdict": row.verdict} for row in rows]
        print(json.dumps({"benchmark": title, "conditions": conditions, "results": results}))
        return
    print(f"\n{title}: " + ", ".join(f"{name} {value}" for name, value in conditions.items()))
    width = max(len(row.what) for row in rows)
    for row in rows:
        bar = f"{row.bar} {number(row.limit)} {row.unit}" if row.bar else ""
        print(
            f"  {row.what:<{width}}  {number(row.value):>9} {row.unit:<12} {bar:<26} {row.verdict}".rstrip()
        )
