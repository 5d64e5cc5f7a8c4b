"""Training as a Dask task, seen by its owner: submitted, watched, paused and stopped from another process.

The same code runs on the local cluster the app starts for itself and on any cluster whose scheduler's address is
given. Whoever owns a job calls `tend` every second or so (`follow` and `job_queue.Queue` do): all that is said to the
scheduler, or waited for, happens there, so that everything else about a job answers at once.
"""

import atexit
import logging
import os
import subprocess
import sys
import time
import uuid
from asyncio import CancelledError
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary, WeakValueDictionary

from distributed import Client, Future, Variable
from distributed.comm.addressing import get_address_host_port, normalize_address

from vaemodels.errors import LabError
from vaemodels.job_task import (
    MISSING_AFTER,
    SNAPSHOT_EVERY,
    WORKER_DIED,
    RunInterruptedError,
    control_of,
    snapshot_of,
    train,
)

State = Literal["queued", "running", "finished", "stopped", "failed"]

LEASE = 60.0  # seconds without a sign of life from a job's owner after which the worker ends the run
CONNECT_TIMEOUT = 5
ANSWER_TIMEOUT = 5  # seconds for the scheduler to answer
SCHEDULER_GONE = (
    "The connection to the training workers was lost; go on from the run's last snapshot, or start again."
)

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Job:
    """A run as its owner sees it.

    `records` grows while it trains (a `Progress` as a dict each), `latest` is its newest weights as a checkpoint file,
    `outcome` what it ended with: a checkpoint file, or an error.
    """

    client: Client
    checkpoint: bytes
    lease: float = LEASE
    id: str = field(default_factory=lambda: f"vaelab-{uuid.uuid4().hex}")
    future: Future | None = None
    records: list[dict[str, Any]] = field(default_factory=list)
    latest: bytes | None = None
    outcome: bytes | LabError | None = None
    started: bool = False
    paused: bool = False
    stopping: bool = False
    forgotten: bool = False
    _said: tuple[str, float] = ("", 0.0)  # the word last sent, and when
    _count: int = 0
    _seen: tuple[int, float] = (0, 0.0)  # how many records there were at the last fetch, and when that was

    @property
    def state(self) -> State:
        """Where the run is."""
        if self.outcome is None:
            return "running" if self.started else "queued"
        if isinstance(self.outcome, LabError):
            return "failed"
        return "stopped" if self.stopping else "finished"

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self.outcome is not None

    def pause(self) -> None:
        """Hold the run after its current step."""
        self.paused = True

    def resume(self) -> None:
        """Let a paused run go on."""
        self.paused = False

    def stop(self) -> None:
        """End the run after its current step; `result` then gives what it had."""
        self.stopping, self.paused = True, False

    def result(self) -> bytes:
        """The finished run's checkpoint file.

        Raises:
            LabError: with what ended the run; a `RunInterruptedError` if that was no fault of its own.
        """
        if isinstance(self.outcome, LabError):
            raise self.outcome
        assert self.outcome is not None, "the run is not done"
        return self.outcome

    def begin(self) -> None:
        """Give the run to the scheduler.

        Raises:
            OSError, RuntimeError: if that is gone.
        """
        _listen(self)
        self._say()
        self._snapshot.set(None, callback_timeout=ANSWER_TIMEOUT)
        self.future = self.client.submit(
            train, self.checkpoint, self.id, self.client.id, self.lease, key=self.id, pure=False, retries=0
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
                self.outcome = self._ended()
                return
            self._say()
            if len(self.records) > self._seen[0] and time.monotonic() - self._seen[1] >= SNAPSHOT_EVERY:
                self._fetch()
        except (OSError, RuntimeError) as error:
            _log.warning("%s: no answer from the scheduler: %r", self.id, error)
        if self.client.status != "running":
            self.outcome = RunInterruptedError(SCHEDULER_GONE)

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
        except (OSError, RuntimeError):
            return
        self.latest = latest or self.latest

    def _ended(self) -> bytes | LabError:
        assert self.future is not None
        if self.future.status in ("cancelled", "lost"):
            return RunInterruptedError(SCHEDULER_GONE)
        try:
            file: bytes = self.future.result(timeout=ANSWER_TIMEOUT)
        except LabError as error:
            return error
        except (Exception, CancelledError):
            _log.warning("%s ended with an error", self.id, exc_info=True)
            return RunInterruptedError(WORKER_DIED)
        return file

    @property
    def _control(self) -> Variable:
        return Variable(control_of(self.id), client=self.client)

    @property
    def _snapshot(self) -> Variable:
        return Variable(snapshot_of(self.id), client=self.client)


def start_local_cluster(workers: int) -> str:
    """Start a local cluster that ends with this process, and give its scheduler's address.

    Raises:
        LabError: if it could not start.
    """
    package = Path(__file__).resolve().parent
    path = os.pathsep.join(filter(None, [str(package.parent), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        # -P: the script's own folder, the inside of the package, is no place to import from.
        [sys.executable, "-P", str(package / "local_cluster.py"), str(workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert process.stdin is not None and process.stdout is not None
    address = process.stdout.readline().strip()
    if not address:
        raise LabError("The training workers could not start; see the server's log and try again.")
    atexit.register(process.stdin.close)
    return address


def connect(address: str) -> Client:
    """A client of the scheduler at `address`.

    Raises:
        LabError: if nothing answers there.
    """
    try:
        # A client would trip over a malformed address too, and not clean up after itself.
        get_address_host_port(normalize_address(address))
        return Client(address, set_as_default=False, timeout=CONNECT_TIMEOUT, name="vaelab")
    except (OSError, ValueError) as error:
        raise LabError(
            f"No scheduler answers at {address}; start one there or correct the address."
        ) from error


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
    """Take in the job's events. All of a client's jobs share a topic, its id: the scheduler clears that one after it."""
    client = job.client
    jobs = _listening.setdefault(client, WeakValueDictionary())
    jobs[job.id] = job

    def on_event(event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        job = jobs.get(message.get("job", ""))
        if job is not None and message["event"] == "started":
            job.started = True
        elif job is not None:
            job.records.append(message["record"])

    if len(jobs) == 1:
        client.subscribe_topic(client.id, on_event)


def _listen_no_more(job: Job) -> None:
    jobs = _listening[job.client]
    # Of a run that goes on there may be events on their way, at which a client that no longer listens would stumble.
    if jobs.pop(job.id, None) and not jobs and job.done:
        job.client.unsubscribe_topic(job.client.id)
