"""Components from plain files: a script, a style sheet and a bit of HTML of one stem, each with what it needs.

A script or style sheet names the files it needs in its first line, relative to its own folder:

    // needs: decoder.js ../components/names.js          /* needs: ../components/controls.css */

What is needed comes first, and once, however many need it. All scripts of a component share one scope. Lines that are
nothing but a comment are left out: Streamlit sends a component's script again with all that is new for it.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.bidi_component.state import ComponentResult

from ui.address.fragments import run_what_is_left_out

_NEEDS = re.compile(r"(?://|/\*) needs: ([^*\n]+)")
_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)


def component(name: str, stem: Path, *, isolate_styles: bool = True) -> Callable[..., ComponentResult]:
    """The component of the files `stem`.html, .css and .js, of which the script has to be there.

    It is mounted as Streamlit's own are, with `key`, `data` and an `on_…_change` for all that it reports.
    """
    html, css, js = (stem.with_suffix(suffix) for suffix in (".html", ".css", ".js"))
    mount = st.components.v2.component(
        name,
        html=html.read_text(encoding="utf-8") if html.exists() else None,
        css=with_needs(css) if css.exists() else None,
        js=with_needs(js),
        isolate_styles=isolate_styles,
    )

    def mounted(**arguments: Any) -> ComponentResult:
        reports = {name: _report(do) for name, do in arguments.items() if name.startswith("on_")}
        return mount(**(arguments | reports))

    return mounted


def _report(do: Callable[[], None]) -> Callable[[], None]:
    def report() -> None:
        do()
        run_what_is_left_out()

    return report


def with_needs(path: Path) -> str:
    """The text of a script or style sheet, after those of all the files it needs."""
    texts: dict[Path, str] = {}
    _collect(path.resolve(), texts, ())
    return "\n".join(_COMMENT.sub("", text) for text in texts.values())


def _collect(path: Path, texts: dict[Path, str], needed_by: tuple[Path, ...]) -> None:
    assert path not in needed_by, f"{path} needs itself"
    if path in texts:
        return
    text = path.read_text(encoding="utf-8")
    if needs := _NEEDS.match(text):
        for name in needs[1].split():
            _collect((path.parent / name).resolve(), texts, (*needed_by, path))
    texts[path] = text
