"""Gradients of an expectation: draws that move with a parameter, two clouds of gradients, and what each costs."""

import streamlit as st

from ui import frame, try_this
from ui.address import url_state
from ui.gradients.clouds import clouds
from ui.gradients.page import GRADIENTS
from ui.images.choice import image_named
from ui.looks import View, closer_look

head = frame.begin(GRADIENTS)
experiments = frame.experiments_of(GRADIENTS)
st.caption(
    "How does E f(z) change with a parameter of z’s distribution? Two answers from the same draws: follow each draw "
    "along its path, or leave the draws where they are and weigh them anew by the score. Drag μ: where f has no jump "
    "both are right on average, "
    "and they scatter very differently."
)
try_this.current(experiments, {try_this.TOP, *head.hide})


@st.fragment
def explore() -> None:
    """The clouds; then a closer look."""
    with st.container(key="clouds"):
        clouds(head.seed)
    if "looks" not in head.hide:
        with st.container(key="looks"):
            try_this.current(experiments, {"looks"})
            first = image_named("digits-0", head.model)
            closer_look(
                View(head.name, head.checkpoint, first, head.show, head.seed, GRADIENTS.slot), GRADIENTS.looks
            )
    url_state.write_when_quiet()


explore()
frame.end(head)
