"""What tests of jobs need: small runs, patience, and a look at what the scheduler keeps."""

import os
import time
from collections.abc import Callable
from typing import Any

from distributed import Client

from vaemodels import runs
from vaemodels.models import VAEConfig
from vaemodels.training import TrainingConfig

FOREVER = 100_000  # epochs: ends when it is told to


def request(epochs: int) -> bytes:
    model = VAEConfig(z_dim=2, hidden=(16,))
    run, card = runs.new("test", "vae", model, TrainingConfig(epochs=epochs, batch_size=200))
    return runs.dumps(run, card)


def wait(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def kept_by_scheduler(client: Client) -> set[str]:
    """The names of the jobs' variables and tasks that the scheduler knows."""

    def names(dask_scheduler: Any) -> list[str]:
        return [*dask_scheduler.extensions["variables"].variables, *map(str, dask_scheduler.tasks)]

    return {name for name in client.run_on_scheduler(names) if name.startswith("vaelab-")}


def worker_pid(client: Client) -> int:
    [pid] = client.run(os.getpid).values()
    return int(pid)
