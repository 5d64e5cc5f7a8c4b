"""Closer looks at the model of a page, one on screen at a time: each is one file, one story and one function."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from ui.looks import (
    autoencoder,
    beta,
    cloud,
    decoders,
    interpolation,
    latents,
    pairs,
    planes,
    prior,
    traversal,
    units,
)
from ui.looks.view import EXPLORER, View
from ui.url_state import segmented

__all__ = ["EXPLORER", "LOOKS", "Look", "View", "closer_look"]


class Look(NamedTuple):
    """A look's title on its button, the models it can be taken at, and the function that draws it."""

    title: str
    kinds: set[str]
    draw: Callable[[View], None]


LOOKS: dict[str, Look] = {
    "samples": Look("Samples", {"vae", "ae"}, prior.draw),
    "pairs": Look("Pairs", {"vae", "ae"}, pairs.draw),
    "interpolate": Look("Interpolation", {"vae", "ae"}, interpolation.draw),
    "traversal": Look("Traversals", {"vae", "ae"}, traversal.draw),
    "cloud": Look("One image, 50 times", {"vae", "ae"}, cloud.draw),
    "latents": Look("Test-set latents", {"vae", "ae"}, latents.draw),
    "units": Look("Units and collapse", {"vae"}, units.draw),
    "beta": Look("Rate and distortion", {"vae", "ae"}, beta.draw),
    "planes": Look("Reconstruction or KL", {"vae", "ae"}, planes.draw),
    "autoencoder": Look("Autoencoder", {"vae", "ae"}, autoencoder.draw),
    "decoders": Look("Two decoders", {"vae", "ae"}, decoders.draw),
}


def closer_look(view: View) -> None:
    """The choice of a look, and the look."""
    looks = {name: look for name, look in LOOKS.items() if view.model.name in look.kinds}
    titles = {name: look.title for name, look in looks.items()}
    chosen = segmented("Closer looks", "look", titles, next(iter(looks)), label_visibility="collapsed")
    with st.container(key="closer-look"):
        looks[chosen].draw(view)
