"""Tables of numbers that scroll by themselves where a phone is too narrow for them."""

import html
from collections.abc import Sequence

import streamlit as st

_CELL = "padding:.15rem .6rem;white-space:nowrap;border-bottom:1px solid rgb(128 128 128 / .22);text-align:"


def table(label: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table called `label`; the first cell of each row is its name, the others stand to the right."""
    titles = "".join(_cell("th", "col", text, i) for i, text in enumerate(head))
    lines = "".join(
        f"<tr>{''.join(_cell('td' if i else 'th', 'row', text, i) for i, text in enumerate(row))}</tr>"
        for row in rows
    )
    st.html(
        f'<div tabindex="0" role="region" aria-label="{html.escape(label)}" style="overflow-x:auto">'
        '<table style="border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums">'
        f"<thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _cell(tag: str, scope: str, text: str, place: int) -> str:
    side = "right" if place else "left"
    scoped = f' scope="{scope}"' if tag == "th" else ""
    weight = ";font-weight:400" if tag == "th" and scope == "row" else ""
    return f'<{tag}{scoped} style="{_CELL}{side}{weight}">{html.escape(text)}</{tag}>'
