"""A Streamlit server of our own for one script, for as long as a `with` block."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Server(NamedTuple):
    """A running server: its address and the process that answers there."""

    url: str
    pid: int


@contextmanager
def serve(
    script: Path | str, env: Mapping[str, str] | None = None, timeout: float = 60.0
) -> Iterator[Server]:
    """Runs `streamlit run script` on a free local port, from the repository's root.

    The server and everything it started (training workers too) are ended on leaving.
    Raises RuntimeError with the end of the server's log if it isn't healthy within `timeout` seconds.
    """
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a process group of its own, so that we end ours and nobody else's
        )
        try:
            url = f"http://127.0.0.1:{port}"
            if not _healthy(url, process, timeout):
                log.seek(0)
                raise RuntimeError(f"{script} did not start:\n{log.read().decode(errors='replace')[-4000:]}")
            yield Server(url, process.pid)
        finally:
            _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(url: str, process: subprocess.Popen[bytes], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(timeout=10)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait(timeout=10)
