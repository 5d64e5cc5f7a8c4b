"""What a page shows as HTML, as AppTest sees it."""

import json

from streamlit.testing.v1 import AppTest


def elbo(at: AppTest) -> str:
    """The chosen image with its reconstruction, and the terms of its ELBO."""
    [found] = [
        element
        for element in at.get("bidi_component")
        if element.proto.component_name == "vaelab_changing_html"
    ]
    text: str = json.loads(found.proto.json)
    return text
