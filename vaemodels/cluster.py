"""A small Dask cluster in a process of its own, for jobs of whoever started it.

`python -m vaemodels.cluster WORKERS` starts a scheduler and so many worker processes on 127.0.0.1, prints the
scheduler's address, and ends when its standard input is closed. So the cluster never outlives its owner, however the
owner ends, and worker processes are spawned from here, not from a Streamlit script that spawning would run again.
"""

import atexit
import os
import subprocess
import sys
from pathlib import Path

from vaemodels.errors import LabError

MEMORY_LIMIT = "2GiB"


def start(workers: int) -> tuple[str, subprocess.Popen[str]]:
    """The address of a new local cluster and the process that holds it, which ends with this one.

    Raises:
        LabError: if the cluster could not start.
    """
    folder = str(Path(__file__).resolve().parent.parent)
    python_path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "vaemodels.cluster", str(workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": python_path},
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    if not address:
        raise LabError("The training workers could not start; see the server's log and try again.")
    atexit.register(stop, process)
    return address, process


def stop(process: subprocess.Popen[str]) -> None:
    """End a cluster that `start` gave, and wait until it is gone."""
    if process.poll() is None and process.stdin is not None:
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def _serve(workers: int) -> None:
    import dask
    from distributed import LocalCluster

    # A task whose worker died is not run again from the start behind the visitor's back: the job says so instead.
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=MEMORY_LIMIT,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
