"""Tables of numbers that fit a phone."""

from collections.abc import Sequence
from html import escape

_STYLE = """<style>
.lab-table { border-collapse: collapse; font-size: clamp(.68rem, 3vw, .88rem); font-variant-numeric: tabular-nums; }
.lab-table :is(th, td) {
  padding: .2rem clamp(.25rem, .7vw, .7rem); text-align: right; border-bottom: 1px solid rgb(128 128 128 / .25);
}
.lab-table :is(th, td):first-child { text-align: left; padding-left: 0; }
</style>"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table, the first column of which names its rows."""
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "".join(
        "<tr>"
        + f'<th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f'{_STYLE}<table class="lab-table"><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>'
