"""The files beside this one, joined into the components of the latent explorer."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_HERE = Path(__file__).parent


def component(
    name: str, *, html: str | None = None, css: Sequence[str] = (), js: Sequence[str]
) -> ComponentRenderer:
    """A component made of files of this folder: scripts are joined in the order given, as are style sheets."""
    return st.components.v2.component(
        name,
        html=html and (_HERE / html).read_text(encoding="utf-8"),
        css=_joined(css) if css else None,
        js=_joined(js),
    )


def _joined(names: Sequence[str]) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)
