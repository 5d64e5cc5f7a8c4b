"""Training as a Dask task: submitted, watched, paused and stopped from another process.

Numbers travel as events; the latest weights are one value that is replaced about once a second. The same code runs on
the local cluster the app starts for itself and on any cluster whose scheduler's address is given.
"""

import atexit
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from distributed import Client, Future, Variable, get_client, get_worker
from distributed.comm.addressing import get_address_host_port, normalize_address

from vaemodels import runs
from vaemodels.errors import LabError
from vaemodels.training import TrainingDivergedError, fit

State = Literal["queued", "running", "finished", "stopped", "failed"]

REPORT_EVERY = 0.3
SNAPSHOT_EVERY = 1.0
HELD_OUT_IMAGES = 1_000
BEGUN = b""  # what stands for the snapshot of a run that has begun and has none yet
WORKER_DIED = "The training process ended before it was done; start again, or use the last snapshot."
CONNECT_TIMEOUT = 10
MISSING_AFTER = 0.5  # seconds the scheduler is given to know a job's variable; it answers at once if it does


class _ForgottenError(Exception):
    """The job's owner has let go of it: nobody waits for an answer."""


@dataclass
class Job:
    """A submitted run, as its owner sees it; `records` grows while it trains (a `Progress` as a dict each)."""

    id: str
    client: Client
    future: Future = field(init=False)
    records: list[dict[str, Any]] = field(default_factory=list)
    started: bool = False
    paused: bool = False
    stopping: bool = False

    @property
    def state(self) -> State:
        """Where the run is."""
        if self.future.status == "finished":
            return "stopped" if self.stopping else "finished"
        if self.future.status in ("error", "lost", "cancelled"):
            return "failed"
        return "running" if self.started else "queued"

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("finished", "stopped", "failed")

    def pause(self) -> None:
        """Hold the run after its current step."""
        self.paused = True
        self._control.set("pause")

    def resume(self) -> None:
        """Let a paused run go on."""
        self.paused = False
        self._control.set("run")

    def stop(self) -> None:
        """End the run after its current step; `result` then gives what it had."""
        self.stopping, self.paused = True, False
        self._control.set("stop")

    def snapshot(self) -> bytes | None:
        """The latest weights as a checkpoint file's bytes, or None before the first."""
        latest: bytes | None = self._snapshot.get(timeout=CONNECT_TIMEOUT) if self.records else None
        return latest

    def result(self) -> bytes:
        """The finished run's checkpoint file as bytes.

        Raises:
            LabError: with what ended the run.
        """
        try:
            data: bytes = self.future.result(timeout=CONNECT_TIMEOUT)
        except LabError:
            raise
        except Exception as error:
            raise LabError(WORKER_DIED) from error
        return data

    def forget(self) -> None:
        """Let go of everything the cluster keeps for this job; a run still going ends after its current step."""
        self.client.unsubscribe_topic(self.id)
        self.future.release()
        self._control.delete()
        self._snapshot.delete()

    @property
    def _control(self) -> Variable:
        return Variable(f"{self.id}-control", client=self.client)

    @property
    def _snapshot(self) -> Variable:
        return Variable(f"{self.id}-snapshot", client=self.client)


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
    """Queue the run that `checkpoint` (from `runs.dumps`) holds: from its beginning, or from where it was saved."""
    job_id = f"vaelab-{uuid.uuid4().hex}"
    control = Variable(f"{job_id}-control", client=client)
    control.set("run")
    Variable(f"{job_id}-snapshot", client=client).set(None)
    job = Job(job_id, client)

    def on_event(event: tuple[float, dict[str, Any]]) -> None:
        message = event[1]
        if message["event"] == "started":
            job.started = True
        else:
            job.records.append(message["record"])

    client.subscribe_topic(job_id, on_event)  # first, or a quick worker's first events are missed
    job.future = client.submit(train, checkpoint, job_id, key=job_id, pure=False, retries=0)
    return job


def follow(job: Job, every: float = 0.2) -> Iterator[dict[str, Any]]:
    """The job's records as they come, until it is done."""
    seen = 0
    while True:
        done = job.done
        while seen < len(job.records):
            yield job.records[seen]
            seen += 1
        if done:
            return
        time.sleep(every)


def train(checkpoint: bytes, job_id: str) -> bytes:
    """The task a worker runs: train to the end or until told to stop, and return the checkpoint file's bytes."""
    _be_nice()
    worker, client = get_worker(), get_client()
    control = Variable(f"{job_id}-control", client=client)
    snapshot = Variable(f"{job_id}-snapshot", client=client)
    # Dask runs every task of a dead worker again: those that had waited there, and the one that was under way, whose
    # owner is to be told instead.
    if snapshot.get(timeout=MISSING_AFTER) is not None:
        raise LabError(WORKER_DIED)
    snapshot.set(BEGUN)
    worker.log_event(job_id, {"event": "started"})
    run, card = runs.loads(checkpoint)
    train_split, held_out = runs.data(run.config)
    held_out = type(held_out)(held_out.images[:HELD_OUT_IMAGES], held_out.labels[:HELD_OUT_IMAGES])
    snapshot_time = 0.0
    try:
        for record in fit(run, train_split, held_out, REPORT_EVERY):
            now = time.monotonic()
            if now - snapshot_time >= SNAPSHOT_EVERY:
                snapshot.set(runs.latest(run, card))
                snapshot_time = now
            worker.log_event(job_id, {"event": "record", "record": record._asdict()})
            if _told_to_stop(control):
                return runs.latest(run, card)
    except _ForgottenError:
        snapshot.delete()  # one that was set while the owner let go
        raise
    except TrainingDivergedError:
        snapshot.set(runs.latest(run, card))
        raise
    snapshot.set(runs.latest(run, card))
    return runs.dumps(run, card)


def _told_to_stop(control: Variable) -> bool:
    """Wait while the owner has the run on hold; True once it should end.

    Raises:
        _ForgottenError: if the owner has let go of the job.
    """
    try:
        while (word := control.get(timeout=MISSING_AFTER)) == "pause":
            time.sleep(0.1)
    except TimeoutError:
        raise _ForgottenError from None
    return bool(word == "stop")


def _be_nice() -> None:
    """Training gives way to the pages: lowest priority, one thread."""
    torch.set_num_threads(1)
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, 15)
