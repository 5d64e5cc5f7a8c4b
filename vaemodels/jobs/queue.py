"""At most so many jobs at once; the others wait in the order they came in, and know their place."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client

from vaemodels.data import Own
from vaemodels.early_stopping import NO_LIMIT, Until
from vaemodels.jobs.job import LEASE, NO_ANSWER, SCHEDULER_GONE, Job

TEND_EVERY = 0.2

_log = logging.getLogger(__name__)


class Queue:
    """The jobs of one process on one scheduler, tended by a thread of their own, so that no page waits for Dask.

    The limit holds however many workers there are. It is kept here and not by Dask, where a task that waits for its
    turn either does not know its place or takes up a worker. Servers that share a cluster each keep a limit of their
    own. A job that nobody watches comes after those that somebody does, and gives up its turn to one of them. Of each
    owner with a name one job goes on at a time, however much room there is.
    """

    def __init__(self, client: Client, limit: int, lease: float = LEASE) -> None:
        self.client, self.limit, self.lease = client, limit, lease
        self._waiting: list[Job] = []
        self._begun: list[Job] = []
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._closed = False
        threading.Thread(target=self._tend, name="vaelab-jobs", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the scheduler is still there."""
        return not self._closed and self.client.status == "running"

    @property
    def running(self) -> int:
        """How many jobs have had their turn and are not done."""
        with self._lock:
            return len(_wanted(self._begun))

    def submit(
        self,
        checkpoint: bytes,
        owner: str = "",
        own: Own | None = None,
        *,
        until: Until = NO_LIMIT,
        first: bool = False,
    ) -> Job:
        """Queue the run that `checkpoint` (from `runs.dumps`) holds, on `own` images or those it names.

        Its owner ends it by `forget`. What only goes on with a run that has had its turn is `first` in the queue.
        """
        job = Job(self.client, checkpoint, self.lease, owner, own, until)
        with self._lock:
            self._waiting.insert(0 if first else len(self._waiting), job)
        self._work.set()
        return job

    def place(self, job: Job) -> int:
        """1 for the job whose turn is next, 2 for the one behind it; 0 for one whose turn has come."""
        with self._lock:
            waiting = _in_turn(self._waiting)
            return waiting.index(job) + 1 if job in waiting else 0

    def swap(self, one: Job, other: Job) -> None:
        """Have two jobs that wait change places; one whose turn has come keeps it."""
        with self._lock:
            if one in self._waiting and other in self._waiting:
                i, j = self._waiting.index(one), self._waiting.index(other)
                self._waiting[i], self._waiting[j] = other, one

    def close(self) -> None:
        """Let go of all jobs and of the client, some time soon."""
        self._closed = True
        self._work.set()

    def _tend(self) -> None:
        while not self._closed:
            for job in self._in_the_way():
                with _or_interrupted(job):
                    job.give_way()
            for job in self._begin_next():
                with _or_interrupted(job):
                    job.begin()
            for job in list(self._begun):
                try:
                    job.tend()
                except Exception:  # the others are not to suffer for it
                    _log.exception("%s can't be tended", job.id)
                    job.interrupt(SCHEDULER_GONE)
            if self.client.status != "running":
                for job in self._waiting:
                    job.interrupt(SCHEDULER_GONE)
            self._work.wait(TEND_EVERY if self._begun or self._waiting else None)
            self._work.clear()
        for job in [*self._waiting, *self._begun]:
            job.forget()
        self.client.close(timeout=1)

    def _in_the_way(self) -> list[Job]:
        """As many that go on unwatched as there are others, watched, for which there is no room."""
        with self._lock:
            begun = _wanted(self._begun)
            owners = {job.owner for job in begun} - {""}
            waiting = len({job.owner or job.id for job in _wanted(self._waiting) if job.watched} - owners)
        missing = max(0, waiting - max(0, self.limit - len(begun)))
        return [job for job in begun if not job.watched][:missing]

    def _begin_next(self) -> list[Job]:
        """Those whose turn has come, counted as begun from now on."""
        with self._lock:
            self._begun = _wanted(self._begun)
            self._waiting = _in_turn(self._waiting)
            turn: list[Job] = []
            for job in list(self._waiting):
                busy = {other.owner for other in self._begun} - {""}
                if len(self._begun) < self.limit and job.owner not in busy:
                    self._waiting.remove(job)
                    self._begun.append(job)
                    turn.append(job)
            return turn


def _wanted(jobs: list[Job]) -> list[Job]:
    return [job for job in jobs if not (job.done or job.forgotten)]


@contextmanager
def _or_interrupted(job: Job) -> Iterator[None]:
    """Interrupts the job where the scheduler does not answer."""
    try:
        yield
    except NO_ANSWER:
        job.interrupt(SCHEDULER_GONE)


def _in_turn(jobs: list[Job]) -> list[Job]:
    """Those that are wanted, the unwatched behind all others."""
    return sorted(_wanted(jobs), key=lambda job: not job.watched)
