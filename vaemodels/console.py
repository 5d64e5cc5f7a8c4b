"""Standard output and error as they are found: of any encoding, closed, or on a disk that is full."""

import codecs
import io
import os
import sys
import unicodedata
from contextlib import suppress
from typing import Any, TextIO

ERRORS = "vaemodels.plain"  # the name of `plain` among the ways of meeting a character that can't be encoded
PLAIN = {
    "α": "a", "β": "b", "ε": "e", "μ": "m", "σ": "s", "−": "-", "–": "-", "±": "+/-", "×": "x", "·": "*",
    "≤": "<=", "≥": ">=", "→": "->", "‖": "||", "’": "'", "“": '"', "”": '"',
}  # fmt: skip


def plain(error: UnicodeError) -> tuple[str, int]:
    """What an encoding has not, in ASCII: the letter that is meant, the letter without its accent, or a question mark.

    An error handler as `codecs.register_error` wants it.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def prepare() -> None:
    """Have both streams there, and printing what they can rather than failing."""
    codecs.register_error(ERRORS, plain)
    # A stream that was closed before the program began is None: `print` would send errors to standard output.
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, for as long as the program runs
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


class Aside:
    """Standard error for a progress bar, which must not end what it tells of: from the first failure on it is lost."""

    def write(self, text: str) -> None:
        """Print `text`, or lose it."""
        try:
            sys.stderr.write(text)
        except (OSError, ValueError):
            give_up(sys.stderr)

    def flush(self) -> None:
        """Have what was printed appear, or lose it."""
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            give_up(sys.stderr)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def give_up(stream: TextIO) -> None:
    """What is still to be printed can go nowhere: at its end Python would try again, and say that it failed."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _ascii(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return PLAIN.get(character) or decomposed or "?"
