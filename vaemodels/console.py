"""Standard output and error as they are found: of any encoding, closed, or on a disk that is full."""

import codecs
import io
import os
import sys
import unicodedata
from contextlib import suppress

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


def give_up_output() -> None:
    """What is still to be printed can go nowhere: at its end Python would try again, and say that it failed."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _ascii(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return PLAIN.get(character) or decomposed or "?"
