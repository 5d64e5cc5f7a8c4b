"""Rules of ui/style.css that cost every visitor where they are written carelessly."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STYLE = re.sub(r"/\*.*?\*/", "", (ROOT / "ui" / "style.css").read_text(), flags=re.DOTALL)


def arguments_of_has() -> list[str]:
    """What stands between the brackets of each `:has()`."""
    found = []
    for start in re.finditer(r":has\(", STYLE):
        depth, end = 1, start.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(STYLE[end], 0)
            end += 1
        found.append(STYLE[start.end() : end - 1])
    return found


@pytest.mark.parametrize("argument", arguments_of_has())
def test_no_rule_looks_for_what_any_element_may_be(argument: str) -> None:
    """With a part of a class or `*` in a `:has()` each element of a chart makes the browser restyle the page."""
    assert "[class" not in argument and "*" not in argument


def test_every_place_that_writes_the_address_is_taken_away() -> None:
    """Each by its whole key: `write_when_quiet()`'s own and those that pages give it."""
    code = "".join(path.read_text() for folder in ("ui", "pages") for path in (ROOT / folder).rglob("*.py"))
    keys = {"address", *re.findall(r"""write_when_quiet\("([^"]+)"\)""", code)}
    assert keys == set(re.findall(r"> \.st-key-(address[\w-]*)", STYLE))
