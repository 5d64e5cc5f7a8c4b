"""Images of a closer look, any of which can be made the page's own."""

from collections.abc import Callable

import streamlit as st

from ui import lead
from ui.address import url_state
from ui.images.choice import thumbnails_of
from ui.images.name import Place
from ui.images.picker import image_picker


def open_one(
    places: tuple[Place, ...],
    label: str,
    key: str,
    occasion: str,
    about: Callable[[int], str] | None = None,
) -> None:
    """A picker of the images at `places`, and the button that takes the picked one to the top of the page.

    `about` says something of the picked one, by its index.
    """
    index = image_picker(thumbnails_of(places), key=key, occasion=occasion, columns=12, label=label)
    place = places[index]
    if about is not None:
        st.markdown(about(index))

    def look() -> None:
        url_state.prepare({"images": place.dataset, "image": f"{place.dataset}-{place.place}"}, {"image"})
        lead.to("head")

    st.button(
        f"Its ten ELBOs: test image {place.place}",
        on_click=look,
        help="Makes it the image of the page: its bars stand at the top.",
    )
