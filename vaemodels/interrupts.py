"""Being asked to stop by a signal: all of them as Ctrl-C is, so that what a command holds can be saved."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# What `kill`, a batch system and a closed terminal send; SIGHUP is not on every platform.
ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def taken_as_ctrl_c() -> Iterator[None]:
    """SIGTERM and SIGHUP raise KeyboardInterrupt meanwhile, unless they are ignored, as `nohup` asks for.

    Only the main thread can say so; in any other nothing changes.
    """
    heard = [each for each in ENDINGS if signal.getsignal(each) != signal.SIG_IGN]
    with _handled_by(signal.default_int_handler, heard):
        yield


@contextmanager
def not_now() -> Iterator[None]:
    """Whoever asks a second time, while what there is is being saved, is not heard."""
    with _handled_by(signal.SIG_IGN, [signal.SIGINT, *ENDINGS]):
        yield


@contextmanager
def _handled_by(handler: Any, signals: list[signal.Signals]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(each, signal.signal(each, handler)) for each in signals]
    try:
        yield
    finally:
        for each, earlier in before:
            signal.signal(each, signal.SIG_DFL if earlier is None else earlier)
