"""From one image to another along a straight line in the latent space."""

from functools import lru_cache

import streamlit as st
import torch

from ui.address import url_state
from ui.explorer import End, interpolation
from ui.images.choice import Chosen, dataset_beside, image_named, thumbnails_of
from ui.images.name import Place, image_name, parse_image_name
from ui.images.picker import image_picker
from ui.images.splits import at_hand
from ui.looks.view import View
from vaemodels import data

PICKER = "second-image"
LINKED = "_second_image_linked"
OF_EACH_DIGIT = 2


def render(view: View) -> None:
    """The choice of the second image, the steps on the way to it, and the slider that leads the explorer there."""
    walk(view)


def walk(view: View) -> tuple[list[float], list[float]]:
    """Draws all that, and returns the codes of both images."""
    st.caption(
        "Choose a second image. The decoder writes what lies on the straight line between the two codes; **play**, or "
        "move the slider below: the large image, and the explorer, go along."
    )
    second = _pick_second(view)
    ends = _code(view, view.chosen), _code(view, second)
    interpolation(
        view.slot,
        key="interpolation",
        first=End(view.chosen.caption, view.chosen.x, ends[0]),
        second=End(second.caption, second.x, ends[1]),
        show=view.show,
        seed=view.seed,
    )
    return ends


def _code(view: View, chosen: Chosen) -> list[float]:
    """Where the encoder puts the image: its posterior mean."""
    code: list[float] = view.code_of(chosen).mean[0].tolist()
    return code


def _pick_second(view: View) -> Chosen:
    """The visitor's choice among a few test images of each digit, and the one that the address named."""
    links, linked = _follow_link(view.model.config.image_shape)
    dataset = dataset_beside(view.chosen, view.checkpoint)
    places = _of_each_digit(dataset)
    if linked is not None and linked not in places:
        places = (*places, linked)
    index = image_picker(
        thumbnails_of(places),
        key=PICKER,
        selected=0 if linked is None else places.index(linked),
        occasion=links,
        columns=10,
        label="Choose the second image",
    )
    key = image_name(places[index])
    url_state.put("to", key if index else None)
    return image_named(key, view.model)


@lru_cache(maxsize=4)
def _of_each_digit(dataset: str) -> tuple[Place, ...]:
    """The first test images of every digit: 0 to 9, and again."""
    labels = data.load(dataset, "test").labels
    first = torch.stack([(labels == digit).nonzero().flatten()[:OF_EACH_DIGIT] for digit in range(10)])
    return tuple(Place(dataset, int(place)) for place in first.T.flatten())


def _follow_link(image_shape: tuple[int, int, int]) -> tuple[int, Place | None]:
    """How many links the visitor came by, and the test image that the last of them named."""
    links, linked = st.session_state.get(LINKED, (0, None))
    if url_state.decides(PICKER):
        wanted = url_state.get("to")
        image = parse_image_name(wanted) if wanted else None
        linked = image if isinstance(image, Place) and _is_here(image, image_shape) else None
        if wanted and linked is None:
            url_state.note("The link's second image is not a test image that is here; choose another.")
        links += 1
        st.session_state[LINKED] = links, linked
    return links, linked


def _is_here(image: Place, image_shape: tuple[int, int, int]) -> bool:
    return data.get(image.dataset).image_shape == image_shape and at_hand(image.dataset)
