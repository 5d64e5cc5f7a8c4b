"""Studio: choose and train, watch all runs in one chart, keep what comes of them."""

import streamlit as st

from ui import frame, try_this
from ui.address import share_link
from ui.all_pages import PAGES
from ui.studio import bench, keep, overlay
from ui.studio.page import STUDIO
from ui.training.run import panel
from ui.training.tab import run_of_this_tab

head = frame.begin(STUDIO)
run_of_this_tab()
try_this.current(frame.experiments_of(STUDIO), {try_this.TOP, *head.hide})
st.caption(
    "Train any model here, on your own pictures too: choose the settings, and each run adds a curve and its images. "
    "Dashed curves are of models that came with the app."
)
form, runs = st.columns([10, 24], gap="medium")
with form:
    bench.form(STUDIO.kinds)
with runs, share_link.part("runs", head.hide), st.container(key="runs"):
    st.fragment(bench.runs, run_every=bench.POLL_EVERY if panel().job is not None else None)()
if "runs" not in head.hide:
    st.header("What each run writes", anchor=False)
    st.fragment(overlay.images, run_every=overlay.POLL_EVERY if panel().job is not None else None)()
if "models" not in head.hide:
    st.header("What came of your runs", anchor=False)
    keep.models_of_the_visit(PAGES, STUDIO.kinds, head.show, head.seed)
frame.end(head)
