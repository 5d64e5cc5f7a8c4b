"""Where to start: the tour, and links that open a page with something to do."""

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

import streamlit as st

from ui import tour
from ui.lead import query
from ui.page import Page, Start


def take_tour() -> None:
    """The button that starts the tour; once begun, one that goes on with it too."""
    reached = tour.progress()
    with st.container(horizontal=True, gap="small"):
        if reached > 1 and st.button(f"Go on with step {reached} of {len(tour.STEPS)}", type="primary"):
            tour.begin(reached)
        first_time = reached <= 1
        label = "Take the tour" if first_time else "Start again"
        if st.button(label, type="primary" if first_time else "secondary", key="take_tour"):
            tour.begin(1)
    st.caption(
        f"{len(tour.STEPS)} steps through the pages: each sets the controls and says what to look for."
    )


def first(pages: Sequence[Page]) -> None:
    """A line for each page that there is a start on: its name, and what to do there first."""
    with st.container(gap="xxsmall", key="first-starts"):
        for page in pages:
            if page.starts:
                start = page.starts[0]
                label = f"**{page.title}** → {start.title}"
                st.page_link(page.file, label=label, query_params=query(start.state, start.at))


def all_starts(pages: Sequence[Page]) -> None:
    """All starts side by side, in turns from each page, with what one sees there."""
    by_page = [[(page, start) for start in page.starts] for page in pages]
    with st.container(key="other-starts"):
        _links(found for found in chain.from_iterable(zip_longest(*by_page)) if found is not None)


def _links(starts: Iterable[tuple[Page, Start]]) -> None:
    for page, start in starts:
        with st.container(gap=None):
            st.page_link(page.file, label=f"**{start.title}** →", query_params=query(start.state, start.at))
            st.caption(start.about)
