"""The bound: push q about under the exact posterior of one image, and see what −ELBO is made of, read twice."""

import streamlit as st

from ui import elbo_panel, explorer_panel, frame, try_this
from ui.address import url_state
from ui.bound.page import BOUND
from ui.bound.push import push
from ui.bound.pushed_q import show_terms
from ui.bound.weights import publish
from ui.images import choice
from ui.looks import View, closer_look
from ui.source import source

head = frame.begin(BOUND)
experiments = frame.experiments_of(BOUND)
st.caption(
    "Why −ELBO bounds −log p(x), and by how much. Here log p(x) itself is known, by a sum over the plane of z, only "
    "because z has two dimensions."
)
try_this.current(experiments, {try_this.TOP, *head.hide})


@st.fragment
def explore() -> None:
    """One image: its posterior, q on the plane, the bound read twice; then a closer look."""
    pick, plane, beside = frame.main_columns(head.hide)
    with pick:
        chosen = choice.pick_image(head.checkpoint, BOUND.slot)
    terms = elbo_panel.terms_of(head.model, chosen)
    start = explorer_panel.start_at(head.model, chosen)
    assert start.posterior is not None
    with plane:
        push(BOUND.slot, f"{head.name}/{chosen.key}", chosen.x, start.posterior, head.show, head.seed)
    with beside:
        show_terms(head.checkpoint, chosen, terms, head.show, head.seed, BOUND.slot)
    explorer_panel.encode_drawings(head.model, BOUND.slot)
    if "looks" not in head.hide:
        with st.container(key="looks"):
            try_this.current(experiments, {"looks"})
            closer_look(
                View(head.name, head.checkpoint, chosen, head.show, head.seed, BOUND.slot), BOUND.looks
            )
    if "source" not in head.hide:
        source(head.model)
    url_state.write_when_quiet()


explore()
publish(head.name, head.checkpoint, BOUND.slot)
frame.end(head)
