"""The scheduler that jobs are given to: a local one started on demand, or any whose address is known."""

import atexit
import subprocess
import sys
from pathlib import Path

from distributed import Client
from distributed.comm.addressing import get_address_host_port, normalize_address

from vaemodels.errors import LabError
from vaemodels.training import best_device

CONNECT_TIMEOUT = 5
MEMORY_LIMIT = "2GiB"  # of each worker process
# An accelerator's libraries take gigabytes of the worker's own memory before a model does.
MEMORY_LIMIT_WITH_ACCELERATOR = "6GiB"


def start_local_cluster(workers: int) -> str:
    """Start a local cluster that ends with this process, and give its scheduler's address.

    Raises:
        LabError: if it could not start.
    """
    script = Path(__file__).resolve().with_name("local_cluster.py")
    memory_limit = MEMORY_LIMIT if best_device().type == "cpu" else MEMORY_LIMIT_WITH_ACCELERATOR
    process = subprocess.Popen(
        # -P: the script's own folder, the inside of a package, is no place to import from.
        [sys.executable, "-P", str(script), str(workers), memory_limit],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the owner, whose end ends this
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
