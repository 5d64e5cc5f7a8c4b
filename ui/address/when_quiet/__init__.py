"""What nothing on a page should wait for, done once its visitor rests."""

from collections.abc import Callable
from pathlib import Path

from ui.components.assets import component

_when_quiet = component("vaelab_when_quiet", Path(__file__).with_name("when_quiet"))


def when_quiet(do: Callable[[], None], *, occasion: str, key: str) -> None:
    """Have the browser ask for a run of this fragment in which `do` is called first, once nobody touches the page.

    It asks once for every new `occasion`, not at all for an empty one, and no more once the visitor turns to another
    page. It draws nothing; style.css takes its place on the page away.
    """
    _when_quiet(key=key, data=occasion, on_quiet_change=do)
