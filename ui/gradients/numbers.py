"""Numbers of gradients as text."""

import math

from ui.words import number


def figures(value: float) -> str:
    """Three figures that count, down to four decimals."""
    size = abs(value)
    if size < 5e-5:
        return "0" if size < 1e-12 else "< 0.0001" if value > 0 else "> −0.0001"
    if size >= 1e3:
        return f"{value:,.0f}".replace("-", "−")
    return number(
        value, 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    )


def draws_needed(variance: float, mean: float, least: int = 1) -> str:
    """How many draws, at `least` so many, have a mean whose standard deviation is `mean`'s size: variance / mean²."""
    if abs(mean) < 1e-12:
        return "∞"
    needed = variance / mean**2
    return "over 10⁷" if needed > 9_999_999 else f"{max(least, math.ceil(needed - 1e-9)):,}"
