"""A small Dask cluster in a process of its own, run as a script by `cluster.start_local_cluster`.

It starts a scheduler and so many worker processes on 127.0.0.1, prints the scheduler's address, and ends when its
standard input is closed. So the cluster never outlives its owner, however the owner ends, and the worker processes are
spawned from here, not from a Streamlit script that spawning would run again. It imports nothing of the package: torch
is for the workers, when they get their first task.
"""

import logging
import sys
from contextlib import suppress
from pathlib import Path

import dask
from distributed import LocalCluster

MEMORY_LIMIT = "2GiB"
EVENTS_KEPT = 1_000  # by the scheduler, of each topic; nobody asks for those of the past


def serve(workers: int) -> None:
    """Run a scheduler with `workers` worker processes until standard input ends."""
    # Without a dashboard Dask still serves pages on its tasks and logs, and takes port 8787 for them.
    dask.config.set({"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []})
    dask.config.set({"distributed.admin.low-level-log-length": EVENTS_KEPT})
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=MEMORY_LIMIT,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        silence_logs=logging.CRITICAL + 1,  # it calls critical what is only a client that has left
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()


def give_way() -> None:
    """Have this session, the cluster's own, come last.

    Linux shares processors out between sessions before a process's priority counts for anything (`man 7 sched`,
    autogroups). Where there is no such file, priorities are all there is.
    """
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")


if __name__ == "__main__":
    give_way()
    serve(int(sys.argv[1]))
