"""Home: a model to touch at once, what each variant changes, and where to start."""

import streamlit as st

from ui import explorer_panel, frame, models
from ui.address import url_state
from ui.all_pages import PAGES
from ui.explorer import prior_samples
from ui.home import lesson, starts, variants
from ui.home.page import HOME, START

head = frame.begin(HOME)
st.markdown(
    "A variational autoencoder learns to write digits it has never seen. This one squeezes every image into **two "
    "numbers**: drag in the plane, and its decoder draws what those two numbers mean."
)


@st.fragment
def touch() -> None:
    """The explorer; where it is let go of and what its plane shows go into the address."""
    explorer_panel.explorer(
        HOME.slot,
        head.name,
        head.checkpoint,
        key="home-explorer",
        start=explorer_panel.Start(explorer_panel.Place(START)),
        show=head.show,
        seed=head.seed,
    )
    url_state.write_when_quiet()


explorer, beside = st.columns([7, 4], gap="large")
with explorer:
    touch()
    st.caption(models.describe(head.checkpoint.card))
with beside:
    st.header("Where to start", anchor=False)
    starts.take_tour()
    starts.first(PAGES)
    lesson.offer()
prior_samples(
    HOME.slot,
    key="home-samples",
    rows=1,
    columns=16,
    show=head.show,
    seed=head.seed,
    about="Draws z ~ N(0, I), decoded in your browser. Choose one to carry its z to the plane above.",
)
st.header("What each variant changes", anchor=False)
variants.table(PAGES, head.show, head.seed)
st.header("Something to do on each page", anchor=False)
starts.all_starts(PAGES)
explorer_panel.publish(head.name, head.checkpoint, HOME.slot)
frame.end(head)
