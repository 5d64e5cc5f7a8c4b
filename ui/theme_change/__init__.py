"""A change of the browser's theme on an open page: what Python has drawn in the colours of one is drawn anew."""

from pathlib import Path

from ui import charts
from ui.components.assets import component

_theme = component("vaelab_theme", Path(__file__).with_name("theme_change"))


def follow() -> None:
    """Have the page run again once the visitor's theme is no longer the one it was drawn for.

    Called by the entry point. It draws nothing; style.css takes its place on the page away.
    """
    _theme(key="theme", data={"drawn": charts.theme()}, on_change_change=lambda: None)
