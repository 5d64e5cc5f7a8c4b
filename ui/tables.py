"""Tables of numbers that scroll by themselves where a phone is too narrow for them."""

from collections.abc import Sequence
from html import escape

import streamlit as st


def table(label: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, in_words: bool = False) -> None:
    """A table called `label`; the first cell of each row is its name, the others stand to the right.

    One that is `in_words` has lines of text, which break and stand to the left.
    """
    titles = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(text)}</td>" for text in cells)}</tr>'
        for name, *cells in rows
    )
    kind = "lab-words" if in_words else "lab-numbers"
    st.html(
        f'<div class="lab-scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="lab-table {kind}"><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'
    )
