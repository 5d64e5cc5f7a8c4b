"""The errors a person can cause.

Each carries one plain sentence that names what is wrong and ends with what to do about it, so that the command line
can print it on one line and a page can show it as it stands.
"""


class LabError(Exception):
    """Something outside the program is not as it should be (a file, a folder, the network); exit code 1."""


class UsageError(LabError):
    """A value was asked for that does not exist or makes no sense; exit code 2."""
