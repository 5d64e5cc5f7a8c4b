"""Scripts and style sheets bring what they need, first and once."""

import re
from pathlib import Path

import pytest

from tests.browser.server import ROOT
from ui.components.assets import with_needs

FILES = sorted(path for suffix in ("js", "css") for path in (ROOT / "ui").rglob(f"*.{suffix}"))


@pytest.fixture
def write(tmp_path: Path):
    def go(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return go


def test_what_is_needed_comes_first_and_once(write):
    write("shared/base.js", "base\n")
    write("own/left.js", "// needs: ../shared/base.js\nleft\n")
    write("own/right.js", "// needs: ../shared/base.js left.js\nright\n")
    top = write("own/top.js", "// needs: right.js left.js\ntop\n")
    assert re.findall(r"^\w+$", with_needs(top), re.MULTILINE) == ["base", "left", "right", "top"]


def test_a_style_sheet_names_its_needs_in_a_comment(write):
    write("own/base.css", "base\n")
    assert with_needs(write("own/top.css", "/* needs: base.css */\ntop\n")).startswith("base\n")


def test_a_file_that_needs_itself_is_a_mistake(write):
    write("own/a.js", "// needs: b.js\n")
    with pytest.raises(AssertionError, match="needs itself"):
        with_needs(write("own/b.js", "// needs: a.js\n"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "ui")))
def test_no_name_is_given_twice_in_what_belongs_together(path: Path):
    names = re.findall(r"^(?:export )?(?:const|let|function|class) (\w+)", with_needs(path), re.MULTILINE)
    assert len(names) == len(set(names))
