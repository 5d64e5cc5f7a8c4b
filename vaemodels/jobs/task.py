"""What a worker does: train one run for an owner in another process, for as long as the owner wants it.

Numbers travel as events; the latest weights are one value that is replaced about once a second.
"""

import math
import os
import time
from collections.abc import Callable

import torch
from distributed import Variable, get_client, get_worker

from vaemodels import runs
from vaemodels.data import Own
from vaemodels.early_stopping import NO_LIMIT, Until
from vaemodels.errors import LabError
from vaemodels.frames import FRAME_IMAGES, written
from vaemodels.optimizer import flush_tiny_numbers
from vaemodels.training import TrainingDivergedError, best_device, fit

REPORT_EVERY = 0.3
LISTEN_EVERY = 0.1  # seconds between two questions to the scheduler what the owner wants
SNAPSHOT_EVERY = 1.0
HELD_OUT_IMAGES = 1_000
BEGUN = b""  # what stands for the snapshot of a run that has begun and has none yet
MISSING_AFTER = 0.5  # seconds the scheduler is given to know a job's variable; it answers at once if it does
WORKER_DIED = "The training process ended before it was done; go on from its last snapshot, or start again."


class RunInterruptedError(LabError):
    """A run ended through no fault of its own; it can go on from its last snapshot."""


class _StopError(Exception):
    """The job's owner wants the run to end with what it has."""


class _ForgottenError(Exception):
    """The job's owner has let go of it, or is gone: nobody waits for an answer."""


def control_of(job_id: str) -> str:
    """Name of the variable through which the owner speaks: a word (run, pause or stop) and a count that it raises."""
    return f"{job_id}-control"


def snapshot_of(job_id: str) -> str:
    """Name of the variable that holds the latest weights: None, then BEGUN, then a checkpoint file's bytes."""
    return f"{job_id}-snapshot"


def train(
    checkpoint: bytes, job_id: str, topic: str, lease: float, own: Own | None = None, until: Until = NO_LIMIT
) -> bytes:
    """Train to the end or until told to stop, and return the checkpoint file's bytes.

    It computes on an accelerator where there is one, and all that it sends is of the CPU. The run ends, and nothing is
    left of it, once its owner has given no sign of life for `lease` seconds. It is on `own` images where there are
    such, and ends sooner where `until` says so.
    """
    _be_nice()
    worker, client = get_worker(), get_client()
    control = Variable(control_of(job_id), client=client)
    snapshot = Variable(snapshot_of(job_id), client=client)
    # Dask runs every task of a dead worker again: those that had waited there, and the one that was under way, whose
    # owner is to be told instead.
    if snapshot.get(timeout=MISSING_AFTER) is not None:
        raise RunInterruptedError(WORKER_DIED)
    snapshot.set(BEGUN)

    def tell(event: str, **more: object) -> None:
        worker.log_event(topic, {"job": job_id, "event": event, **more})

    tell("started")
    run, card = runs.loads(checkpoint)
    run.model.to(best_device())
    train_split, held_out = (
        runs.data(run.config) if own is None else (own.splits["train"], own.splits["validation"])
    )
    held_out = held_out._replace(
        images=held_out.images[:HELD_OUT_IMAGES], labels=held_out.labels[:HELD_OUT_IMAGES]
    )
    owner = _Owner(control, lease, tell)
    snapshot_time = 0.0
    few = held_out.images[:FRAME_IMAGES] / 255
    step = run.history[-1]["step"] if run.history else 0

    def show() -> None:
        tell("frame", step=step, pixels=written(run.model, few))

    before = run.history[-1]["seconds"] if run.history else 0.0
    show()
    try:
        for record in fit(run, train_split, held_out, REPORT_EVERY, owner.listen):
            step, now = record.step, time.monotonic()
            if now - snapshot_time >= SNAPSHOT_EVERY:
                snapshot.set(runs.latest(run, card))
                snapshot_time = now
                show()
            tell("record", record=record._asdict())
            if until.reached(record.seconds - before, run.history):
                raise _StopError
    except _StopError:
        show()
        return runs.latest(run, card)
    except _ForgottenError:
        control.delete()
        snapshot.delete()
        raise
    except TrainingDivergedError:
        snapshot.set(runs.latest(run, card))
        raise
    snapshot.set(runs.latest(run, card))
    show()
    return runs.dumps(run, card)


class _Owner:
    """What the job's owner last said, and when it was last heard; `tell` sends them an event."""

    def __init__(self, control: Variable, lease: float, tell: Callable[[str], None]) -> None:
        self.control, self.lease, self.tell = control, lease, tell
        self.count, self.heard = -1, time.monotonic()
        self.asked = -math.inf

    def listen(self) -> None:
        """Between two steps: wait while the owner has the run on hold.

        Raises:
            _StopError: if they want it to end.
            _ForgottenError: if they have let go of the job or are gone.
        """
        if time.monotonic() - self.asked < LISTEN_EVERY:
            return
        word = self._word()
        if word == "pause":
            self.tell("held")
            while (word := self._word()) == "pause":
                time.sleep(LISTEN_EVERY)
            self.tell("going on")
        if word == "stop":
            raise _StopError
        self.asked = time.monotonic()

    def _word(self) -> str:
        try:
            word, count = self.control.get(timeout=MISSING_AFTER)
        except TimeoutError:
            raise _ForgottenError from None
        now = time.monotonic()
        if count != self.count:
            self.count, self.heard = count, now
        elif now - self.heard > self.lease:
            raise _ForgottenError
        return str(word)


def _be_nice() -> None:
    """Training gives way to the pages: lowest priority, one thread, and nothing done the slow way."""
    torch.set_num_threads(1)
    flush_tiny_numbers()
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, 15)
