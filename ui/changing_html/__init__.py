"""HTML that changes with a visitor's every choice.

`st.html` cleans what it is given anew at each change, which takes the browser longer than all the rest of the element.
"""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_changing_html = st.components.v2.component(
    "vaelab_changing_html",
    html="<div></div>",
    js=(_HERE / "changing_html.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # it looks like what st.html shows
)


def changing_html(html: str, *, key: str) -> None:
    """Show `html` as it is, like `st.html` of the page; what comes from visitors has to be escaped in it."""
    _changing_html(key=key, data=html)
