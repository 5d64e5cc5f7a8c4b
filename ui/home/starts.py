"""Where to start: links that open a page with something to do."""

from collections.abc import Sequence

import streamlit as st

from ui.lead import query
from ui.page import Page


def links(pages: Sequence[Page]) -> None:
    """Each start of the pages as a link to it, and what one sees there."""
    for page in pages:
        for start in page.starts:
            with st.container(gap=None):
                st.page_link(
                    page.file, label=f"**{start.title}** →", query_params=query(start.state, start.at)
                )
                st.caption(start.about)
