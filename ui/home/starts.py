"""Where to start: links that open a page with something to do."""

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

import streamlit as st

from ui.lead import query
from ui.page import Page, Start


def first(pages: Sequence[Page]) -> None:
    """The first start of each page as a link to it, and what one sees there."""
    _links((page, page.starts[0]) for page in pages if page.starts)


def others(pages: Sequence[Page]) -> None:
    """The other starts side by side, in turns from each page."""
    by_page = [[(page, start) for start in page.starts[1:]] for page in pages]
    with st.container(key="other-starts"):
        _links(found for found in chain.from_iterable(zip_longest(*by_page)) if found is not None)


def _links(starts: Iterable[tuple[Page, Start]]) -> None:
    for page, start in starts:
        with st.container(gap=None):
            st.page_link(page.file, label=f"**{start.title}** →", query_params=query(start.state, start.at))
            st.caption(start.about)
