"""When a run ends before its last epoch."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vaemodels.errors import UsageError
from vaemodels.losses import headline


class Until(NamedTuple):
    """After so many seconds of training, or so many epochs without a gain on held-out images; 0 epochs are no limit."""

    seconds: float = math.inf
    patience: int = 0

    def reached(self, seconds: float, history: Sequence[Mapping[str, Any]]) -> bool:
        """Whether a run that has trained for so many `seconds` is to end; `history` has a record an epoch."""
        if seconds >= self.seconds:
            return True
        losses = [headline(record["held_out"]) for record in history]
        return bool(self.patience and losses) and len(losses) - 1 - losses.index(min(losses)) >= self.patience


NO_LIMIT = Until()


def from_texts(seconds: str, patience: str) -> Until:
    """The limits that two fields of a form say; an empty one is none.

    Raises:
        UsageError: if one is no number above 0.
    """
    try:
        limit = float(seconds.replace(",", "")) if seconds.strip() else math.inf
        epochs = int(patience.replace(",", "")) if patience.strip() else None
    except ValueError:
        limit, epochs = math.nan, None
    if not limit > 0 or (epochs is not None and epochs < 1):
        raise UsageError(
            "Limits are seconds above 0 and whole epochs from 1; give such numbers, or leave the field empty."
        )
    return Until(limit, epochs or 0)
