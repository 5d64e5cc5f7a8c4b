"""What a page shows as HTML, as AppTest sees it."""

import json

from streamlit.testing.v1 import AppTest


def elbo(at: AppTest) -> str:
    """The chosen image with its reconstruction, and the terms of its ELBO."""
    [text] = [text for text in changing(at) if "<img" in text]
    return text


def changing(at: AppTest) -> list[str]:
    """All that changes with a visitor's choices, in the order of the page."""
    data = [
        json.loads(element.proto.json)
        for element in at.get("bidi_component")
        if element.proto.component_name in ("vaelab_changing_html", "vaelab_live_terms")
    ]
    return [part if isinstance(part, str) else part["html"] for part in data]
