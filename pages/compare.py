"""Compare: one image through every variant, then what was measured of all of them, as far as it may be compared."""

import streamlit as st

from ui import explorer_panel, frame, models, try_this
from ui.address import share
from ui.compare.measured import compare
from ui.compare.page import COMPARE
from ui.compare.row import choose_row, show_row
from ui.images import choice

head = frame.begin(COMPARE)
experiments = frame.experiments_of(COMPARE)
try_this.current(experiments, {try_this.TOP, *head.hide})
names = models.names(COMPARE.kinds, COMPARE.image_shape)
pick, beside = st.columns([10, 38], gap="medium")
with pick, share.part("pick", head.hide):
    chosen = choice.pick_image(head.checkpoint, COMPARE.slot)
with beside, share.part("row", head.hide):
    show_row(choose_row(names), chosen, head.show, head.seed)
start = explorer_panel.start_at(head.model, chosen)
explorer_panel.explorer(
    COMPARE.slot,
    head.name,
    head.checkpoint,
    key="compare-explorer",
    start=start,
    occasion=f"{head.name}/{chosen.key}/{chosen.label}",
    show=head.show,
    seed=head.seed,
)
explorer_panel.publish(head.name, head.checkpoint, COMPARE.slot)
explorer_panel.encode_drawings(head.model, COMPARE.slot)
if "measured" not in head.hide:
    with st.container(key="measured"):
        st.header("What was measured", anchor=False)
        try_this.current(experiments, {"measured"})
        compare(models.names(COMPARE.kinds), head.seed)
frame.end(head)
