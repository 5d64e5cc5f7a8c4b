"""HTML that changes with a visitor's every choice.

`st.html` cleans what it is given anew at each change, which takes the browser longer than all the rest of the element.
"""

from pathlib import Path

from ui.components.assets import component

_changing_html = component(
    "vaelab_changing_html",
    Path(__file__).with_name("changing_html"),
    isolate_styles=False,  # it looks like what st.html shows
)


def changing_html(html: str, *, key: str) -> None:
    """Show `html` as it is, like `st.html` of the page; what comes from visitors has to be escaped in it."""
    _changing_html(key=key, data=html)
