"""The log of a visit: all runs, what was logged of each, and what they wrote at which step."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vaemodels import data
from vaemodels.early_stopping import NO_LIMIT, Until
from vaemodels.frames import Frame

if TYPE_CHECKING:
    from vaemodels.jobs import Job

Records = list[dict[str, Any]]


@dataclass(eq=False)
class Logged:
    """A run of the visit. `job` is there until it is done; `card` is the run's without its history.

    `records` are what it told as it went, `earlier` those of the run that it went on from, one an epoch. `changes` are
    settings that were changed while it went on, each with the step from which the new value held. `held_out` is how
    many images held-out values are means over. It `went_on` where it began with an earlier run's weights. `model` is
    the name of what came of it.
    """

    name: str
    number: int
    title: str
    card: dict[str, Any]
    remark: str = ""
    earlier: Records = field(default_factory=list)
    records: Records = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    changes: list[tuple[int, str]] = field(default_factory=list)
    held_out: int = 0
    until: Until = NO_LIMIT
    went_on: bool = False
    job: "Job | None" = None
    state: str = ""
    model: str | None = None

    def go_on(self, job: "Job", step: int, change: str) -> None:
        """Take in that the run goes on as another job from a step on; what came after that is no part of it."""
        self.earlier = [record for record in self.logged if record["step"] <= step]
        job.frames[:0] = [frame for frame in self.frames if frame.step < step]
        self.job, self.records, self.frames = job, job.records, job.frames
        self.changes.append((step, change))

    @property
    def logged(self) -> Records:
        """All that there is, oldest first."""
        return [*self.earlier, *self.records]


def images_seen(step: int, n: int, batch_size: int) -> int:
    """How many training images so many steps took, of `n` an epoch, whose last batch holds what is left."""
    epochs, steps = divmod(step, math.ceil(n / batch_size))
    return epochs * n + steps * batch_size


def images_of(logged: Logged) -> int | None:
    """How many training images an epoch of a run has; None where nobody knows its images any more."""
    own = data.find_own(logged.card["dataset"])
    if own is not None:
        return own.dataset.sizes["train"]
    known = data.DATASETS.get(logged.card["dataset"])
    return known.sizes["train"] if known else None
