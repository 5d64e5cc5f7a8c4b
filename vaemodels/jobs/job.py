"""Training as a Dask task, seen by its owner: submitted, watched, paused and stopped from another process.

The same code runs on the local cluster the app starts for itself and on any cluster whose scheduler's address is
given. Whoever owns a job calls `tend` every second or so (`follow` and `queue.Queue` do): all that is said to the
scheduler, or waited for, happens there, so that everything else about a job answers at once.
"""

import logging
import time
import uuid
from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakKeyDictionary, WeakValueDictionary

from distributed import Client, Future, Variable
from distributed.client import ClosedClientError

from vaemodels.data import Own
from vaemodels.early_stopping import NO_LIMIT, Until
from vaemodels.errors import LabError
from vaemodels.frames import Frame
from vaemodels.jobs.task import (
    MISSING_AFTER,
    SNAPSHOT_EVERY,
    WORKER_DIED,
    RunInterruptedError,
    control_of,
    snapshot_of,
    train,
)

State = Literal["queued", "running", "finished", "stopped", "failed"]

MAX_FRAMES = 40
LEASE = 60.0  # seconds without a sign of life from a job's owner after which the worker ends the run
ANSWER_TIMEOUT = 5  # seconds for the scheduler to answer
GAVE_WAY = (
    "While you were away your run gave way to somebody who waited for a worker; go on from its last snapshot."
)
SCHEDULER_GONE = (
    "The connection to the training workers was lost; go on from the run's last snapshot, or start again."
)

# What Dask raises where the scheduler is gone or silent.
NO_ANSWER = (OSError, RuntimeError, ClosedClientError)

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Job:
    """A run as its owner sees it.

    `records` grows while it trains (a `Progress` as a dict each), `latest` is its newest weights as a checkpoint file.
    It ends with a `file`, the finished checkpoint, or an `error`, in a sentence; `interrupted` says that the error was
    no fault of the run's own, which can go on from `latest`. `paused` is what the owner wants, `held` what the worker
    has said: that it takes no step. One that is not `watched` gives way to one that is. Of an `owner` with a name one
    job goes on at a time. Images of the owner's `own` go to the worker with the run. `frames` are what the model wrote
    at some of its steps, evenly spread over the run however long it is. It ends sooner where `until` says so.
    """

    client: Client
    checkpoint: bytes
    lease: float = LEASE
    owner: str = ""
    own: Own | None = None
    until: Until = NO_LIMIT
    id: str = field(default_factory=lambda: f"vaelab-{uuid.uuid4().hex}")
    future: Future | None = None
    records: list[dict[str, Any]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    latest: bytes | None = None
    file: bytes | None = None
    error: str | None = None
    interrupted: bool = False
    started: bool = False
    paused: bool = False
    held: bool = False
    stopping: bool = False
    watched: bool = True
    forgotten: bool = False
    heard: float = 0.0  # when the worker last gave a sign of life, by `time.monotonic`
    _said: tuple[str, float] = ("", 0.0)  # the word last sent, and when
    _count: int = 0
    _seen: tuple[int, float] = (0, 0.0)  # how many records there were at the last fetch, and when that was

    @property
    def state(self) -> State:
        """Where the run is."""
        if self.error is not None:
            return "failed"
        if self.file is not None:
            return "stopped" if self.stopping else "finished"
        return "running" if self.started else "queued"

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self.file is not None or self.error is not None

    def pause(self) -> None:
        """Hold the run after its current step."""
        self.paused = True

    def resume(self) -> None:
        """Let a paused run go on."""
        self.paused = False

    def stop(self) -> None:
        """End the run after its current step; `result` then gives what it had."""
        self.stopping, self.paused = True, False

    def interrupt(self, error: str) -> None:
        """The run ended through no fault of its own."""
        self.error, self.interrupted = error, True

    def give_way(self) -> None:
        """End the run for another's sake, after its current step; it can go on from `latest`, or from its start."""
        self._fetch()
        self.latest = self.latest or self.checkpoint
        self.forget()
        self.interrupt(GAVE_WAY)

    def result(self) -> bytes:
        """The finished run's checkpoint file.

        Raises:
            LabError: with what ended the run.
        """
        if self.file is None:
            raise LabError(self.error or "The run is not done; wait for its end.")
        return self.file

    def begin(self) -> None:
        """Give the run to the scheduler.

        Raises:
            one of NO_ANSWER: if that is gone.
        """
        _listen(self)
        self._say()
        self._snapshot.set(None, callback_timeout=ANSWER_TIMEOUT)
        self.future = self.client.submit(
            train,
            self.checkpoint,
            self.id,
            self.client.id,
            self.lease,
            self.own,
            self.until,
            key=self.id,
            pure=False,
            retries=0,
        )
        if self.forgotten:  # in the meantime
            self.forget()

    def tend(self) -> None:
        """Pass on what the owner asked for, renew the lease, fetch the newest weights, notice the end."""
        if self.future is None or self.done or self.forgotten:
            return
        try:
            if self.future.done():
                self._fetch()
                self._take_result()
                return
            self._say()
            if len(self.records) > self._seen[0] and time.monotonic() - self._seen[1] >= SNAPSHOT_EVERY:
                self._fetch()
        except NO_ANSWER as error:
            _log.warning("%s: no answer from the scheduler: %r", self.id, error)
        if self.client.status != "running":
            self.interrupt(SCHEDULER_GONE)

    def forget(self) -> None:
        """Let go of everything the cluster keeps for this job; a run still going ends after its current step."""
        self.forgotten = True
        if self.future is not None:
            self.future.release()
            self._control.delete()
            self._snapshot.delete()
            _listen_no_more(self)

    def _say(self) -> None:
        """Tell the worker what to do: at once when that has changed, else often enough to keep the lease."""
        word = "stop" if self.stopping else "pause" if self.paused else "run"
        now = time.monotonic()
        if word != self._said[0] or now - self._said[1] > self.lease / 6:
            self._count += 1
            self._control.set([word, self._count], callback_timeout=ANSWER_TIMEOUT)
            self._said = (word, now)

    def _fetch(self) -> None:
        self._seen = (len(self.records), time.monotonic())
        try:
            latest = self._snapshot.get(timeout=MISSING_AFTER, callback_timeout=ANSWER_TIMEOUT)
        except NO_ANSWER:
            return
        self.latest = latest or self.latest

    def _take_result(self) -> None:
        assert self.future is not None
        if self.future.status in ("cancelled", "lost"):
            return self.interrupt(SCHEDULER_GONE)
        try:
            self.file = self.future.result(timeout=ANSWER_TIMEOUT)
        except RunInterruptedError as error:
            self.interrupt(str(error))
        except LabError as error:
            self.error = str(error)
        except (Exception, CancelledError):
            _log.warning("%s ended with an error", self.id, exc_info=True)
            self.interrupt(WORKER_DIED)

    @property
    def _control(self) -> Variable:
        return Variable(control_of(self.id), client=self.client)

    @property
    def _snapshot(self) -> Variable:
        return Variable(snapshot_of(self.id), client=self.client)


def submit(client: Client, checkpoint: bytes) -> Job:
    """Begin the run that `checkpoint` (from `runs.dumps`) holds: from its start, or from where it was saved."""
    job = Job(client, checkpoint)
    job.begin()
    return job


def follow(job: Job, every: float = 0.2) -> Iterator[dict[str, Any]]:
    """The job's records as they come, until it is done."""
    seen = 0
    while True:
        job.tend()
        done = job.done
        while seen < len(job.records):
            yield job.records[seen]
            seen += 1
        if done:
            return
        time.sleep(every)


_listening: WeakKeyDictionary[Client, WeakValueDictionary[str, Job]] = WeakKeyDictionary()


def _listen(job: Job) -> None:
    """Take in the job's events. A client's jobs share one topic, its id: the scheduler clears that after a client."""
    client = job.client
    jobs = _listening.setdefault(client, WeakValueDictionary())
    jobs[job.id] = job

    def on_event(event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        job = jobs.get(message.get("job", ""))
        if job is None:
            return
        job.heard = time.monotonic()
        if message["event"] == "record":
            job.records.append(message["record"])
        if message["event"] == "frame":
            _add(job.frames, Frame(message["step"], message["pixels"]))
        job.started = True
        job.held = message["event"] == "held"

    if len(jobs) == 1:
        client.subscribe_topic(client.id, on_event)


def _add(frames: list[Frame], frame: Frame) -> None:
    """Take a frame in; where there are too many, the one goes whose neighbours are closest, never the first."""
    frames.append(frame)
    if len(frames) > MAX_FRAMES:
        del frames[min(range(1, len(frames) - 1), key=lambda i: frames[i + 1].step - frames[i - 1].step)]


def _listen_no_more(job: Job) -> None:
    jobs = _listening[job.client]
    # Of a run that goes on there may be events on their way, at which a client that no longer listens would stumble.
    if jobs.pop(job.id, None) and not jobs and job.done:
        with suppress(ClosedClientError):
            job.client.unsubscribe_topic(job.client.id)
