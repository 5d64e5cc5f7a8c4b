"""Fetching one file through torchvision's downloader, with progress, and without waiting for ever."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from http.client import HTTPException
from pathlib import Path

from vaemodels.data import torchvision_import
from vaemodels.errors import LabError
from vaemodels.files import WRITE_FAILURES, cannot_write

STALLED = 60.0  # seconds without a byte after which a server counts as gone


def fetch(urls: Sequence[str], path: Path, md5: str, progress: Callable[[int], object]) -> None:
    """Download to `path` from the first of `urls` that gives content of this MD5, unless it is there already.

    It arrives beside `path`; what is there stays until the whole of it has come.
    `progress(bytes so far)` is called on the caller's thread, about ten times a second.
    Raises LabError if no address works or the folder cannot be written.
    """
    utils = torchvision_import.datasets().utils
    # torchvision would draw its own bars on stderr, over the caller's.
    utils.tqdm = partial(utils.tqdm, disable=True)
    if utils.check_integrity(path, md5):
        return
    aside = path.with_name(f"{path.name}.part")
    reasons = []
    for url in urls:
        try:
            aside.unlink(missing_ok=True)
            _watch(partial(utils.download_url, url, str(aside.parent), aside.name, md5), aside, progress)
            aside.replace(path)
            return
        except (OSError, HTTPException, RuntimeError) as error:
            if isinstance(error, OSError) and error.errno in WRITE_FAILURES:
                raise cannot_write(path, error) from error
            reasons.append(" ".join(str(getattr(error, "reason", error)).split())[:200].rstrip("."))
    raise LabError(
        f"{path.name} could not be downloaded ({reasons[0]}): check the network connection and try again, "
        "whole files that have arrived are kept."
    )


def _watch(task: Callable[[], None], path: Path, progress: Callable[[int], object]) -> None:
    """Run `task` beside, reporting how `path` grows; raises what it raises, or TimeoutError once it stalls.

    torchvision sets no time limit and cannot be interrupted, so a stalled task is left to its daemon thread.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            task()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    size, last_growth = -1, time.monotonic()
    while thread.is_alive():
        thread.join(0.1)
        arrived = os.path.getsize(path) if os.path.isfile(path) else 0
        if arrived != size:
            size, last_growth = arrived, time.monotonic()
            progress(size)
        elif time.monotonic() - last_growth > STALLED:
            raise TimeoutError(f"nothing came for {STALLED:.0f} seconds")
    if failures:
        raise failures[0]
