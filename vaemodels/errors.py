"""The errors a person can cause.

Each carries one plain sentence that names what is wrong and ends with what to do about it, so that the command line
can print it on one line and a page can show it as it stands.
"""


class LabError(Exception):
    """Something outside the program is not as it should be (a file, a folder, the network); exit code 1."""


class UsageError(LabError):
    """A value was asked for that does not exist or makes no sense; exit code 2.

    `setting` is the name of the field of a config whose value it was, where it was one. A sentence that begins with
    that name can be had by another one.
    """

    def __init__(self, sentence: str, setting: str | None = None) -> None:
        super().__init__(sentence)
        self.setting = setting

    def __reduce__(self) -> tuple[type["UsageError"], tuple[str, str | None]]:
        return type(self), (str(self), self.setting)

    def calling_it(self, title: str) -> str:
        """The sentence with the setting at its beginning called by a `title`."""
        begins = self.setting is not None and str(self).startswith(f"{self.setting} ")
        return f"{title}{str(self).removeprefix(self.setting or '')}" if begins else str(self)
