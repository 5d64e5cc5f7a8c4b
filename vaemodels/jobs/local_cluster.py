"""A small Dask cluster in a process of its own, run as a script by `cluster.start_local_cluster`.

It starts a scheduler and so many worker processes, of so much memory each, on 127.0.0.1, prints the scheduler's
address, and ends when its standard input is closed. So the cluster never outlives its owner, however the owner ends,
and the worker processes are spawned from here, not from a Streamlit script that spawning would run again. It imports
nothing of the package: torch is for the workers, when they get their first task.
"""

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

import dask
from distributed import LocalCluster

# Where the package is. Workers are spawned with this list; PYTHONPATH has no way to name a folder with ":" in it.
ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

PRIORITY = "5"  # as `nice` counts: 335 shares beside the 1,024 of other sessions
EVENTS_KEPT = 1_000  # by the scheduler, of each topic; nobody asks for those of the past


def serve(workers: int, memory_limit: str) -> None:
    """Run a scheduler with `workers` worker processes until standard input ends."""
    # Without a dashboard Dask still serves pages on its tasks and logs, and takes port 8787 for them.
    dask.config.set({"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []})
    dask.config.set({"distributed.admin.low-level-log-length": EVENTS_KEPT})
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=memory_limit,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        preload=__file__,  # every worker process imports this file and calls dask_setup
        silence_logs=logging.CRITICAL + 1,  # it calls critical what is only a client that has left
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()


def dask_setup(worker: object) -> None:
    """Have this worker process give way to the pages, for a quarter of a processor that both want.

    Linux shares processors out between sessions before a process's priority counts for anything (`man 7 sched`,
    autogroups), so a worker gets a session of its own. Where there is no such file, priorities are all there is. The
    scheduler keeps its share: who asks it how a run goes is not to wait.
    """
    with suppress(AttributeError, OSError):
        os.setsid()
        Path("/proc/self/autogroup").write_text(PRIORITY)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
