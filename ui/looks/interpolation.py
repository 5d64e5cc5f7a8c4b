"""From one image to another along a straight line in the latent space."""

import re
from functools import lru_cache

import streamlit as st
import torch

from ui import url_state
from ui.explorer import End, interpolation
from ui.image_choice import Chosen, at_hand, image_named
from ui.image_picker import image_picker
from ui.image_token import Place, image_token
from ui.looks.view import View
from ui.vae_page import code
from vaemodels import data

PICKER = "second-image"
OF_EACH_DIGIT = 2
DATASETS = ("digits", "mnist")
TOKEN = re.compile(rf"({'|'.join(DATASETS)})-([0-9]{{1,5}})")


def draw(view: View) -> None:
    """The choice of the second image, the steps on the way to it, and the slider that leads the explorer there."""
    st.caption(
        "Choose a second image. The decoder writes what lies on the straight line between the two codes; **play**, or "
        "move the slider below, and the explorer goes along."
    )
    second = _pick_second(view)
    interpolation(
        view.slot,
        key="interpolation",
        first=End(view.chosen.caption, view.chosen.x, code(view.model, view.chosen)),
        second=End(second.caption, second.x, code(view.model, second)),
        show=view.show,
        seed=view.seed,
    )


def _pick_second(view: View) -> Chosen:
    """The visitor's choice among a few images of each digit, or the image that the address names."""
    dataset = _dataset(view)
    places = list(_of_each_digit(dataset))
    linked = _linked_place(dataset)
    if linked is not None and linked not in places:
        places.append(linked)
    split = data.load(dataset, "test")
    index = image_picker(
        split.images[places],
        data.get(dataset).image_shape,
        split.labels[places],
        key=PICKER,
        selected=0 if linked is None else places.index(linked),
        columns=10,
        label="Choose the second image",
    )
    place = places[index]
    url_state.put("to", f"{dataset}-{place}" if index else None)
    return image_named(image_token(Place(dataset, place)), view.model)


def _dataset(view: View) -> str:
    """That of the first image; for a picture of the visitor's own, that of the model."""
    chosen = re.split("[/-]", view.chosen.key)[0]
    trained_on = view.checkpoint.card["dataset"]
    for name in (chosen, trained_on):
        if name in DATASETS and at_hand(name):
            return str(name)
    return "digits"


@lru_cache(maxsize=4)
def _of_each_digit(dataset: str) -> tuple[int, ...]:
    """Places of the first test images of every digit, 0 to 9 and again."""
    labels = data.load(dataset, "test").labels
    first = torch.stack([(labels == digit).nonzero().flatten()[:OF_EACH_DIGIT] for digit in range(10)])
    return tuple(first.T.flatten().tolist())


def _linked_place(dataset: str) -> int | None:
    """The test image the address named when the visitor came, for as long as they stay with its dataset."""
    if url_state.decides(PICKER):
        st.session_state["_linked_second"] = url_state.get("to")
    wanted = st.session_state.get("_linked_second")
    if wanted is None:
        return None
    match = TOKEN.fullmatch(wanted)
    if match and match[1] == dataset and int(match[2]) < len(data.load(dataset, "test").labels):
        return int(match[2])
    if url_state.decides(PICKER):
        url_state.note(f"The link's second image is not one of the {dataset} test images; choose another.")
    return None
