"""Compare: one image through every variant, then what was measured of all of them, as far as it may be compared."""

import streamlit as st

from ui import frame, models, try_this
from ui.address import share_link, url_state
from ui.compare import linked
from ui.compare.measured import measured
from ui.compare.page import COMPARE
from ui.compare.row import choose_row, show_row
from ui.images import choice

head = frame.begin(COMPARE)
experiments = frame.experiments_of(COMPARE)
try_this.current(experiments, {try_this.TOP, *head.hide})


@st.fragment
def explore() -> None:
    """One image through several models, then two models at one z."""
    pick, beside = st.columns([10, 38], gap="medium")
    with pick, share_link.part("pick", head.hide):
        chosen = choice.pick_image(head.checkpoint, COMPARE.slot)
    with beside, share_link.part("row", head.hide):
        names = choose_row(models.names(COMPARE.kinds, COMPARE.image_shape))
        show_row(names, chosen, head.show, head.seed, COMPARE.slot)
    with share_link.part("linked", head.hide), st.container(key="linked"):
        st.header("Two models at one z", anchor=False)
        try_this.current(experiments, {"linked"} - head.hide)
        linked.side_by_side(head, chosen)
    url_state.write_when_quiet()


@st.fragment
def compare() -> None:
    """The table and the plane of what may be compared."""
    with st.container(key="measured"):
        st.header("What was measured", anchor=False)
        try_this.current(experiments, {"measured"})
        measured(models.names(COMPARE.kinds), head.show, head.seed)
    url_state.write_when_quiet("address-compare")


explore()
if "measured" not in head.hide:
    compare()
frame.end(head)
