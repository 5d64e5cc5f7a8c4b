"""What holds for the repository as a whole."""

import ast
import itertools
import tomllib
from pathlib import Path

import pytest
import streamlit.config

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_an_exact_version_and_a_reason(name):
    lines = (ROOT / name).read_text().splitlines()
    for reason, line in itertools.pairwise(lines):
        if not line.startswith("#"):
            assert line.count("==") == 1
            assert reason.startswith("# ")


def _options(table: dict, prefix: str = "") -> list[str]:
    names: list[str] = []
    for key, value in table.items():
        names += _options(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key]
    return names


def test_streamlit_knows_every_option_of_its_configuration():
    table = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    assert [o for o in _options(table) if o not in streamlit.config._config_options_template] == []


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("vaemodels", {"streamlit", "plotly", "ui", "pages", "sklearn", "tests"}),
        ("ui", {"pages", "sklearn", "tests"}),
        ("pages", {"pages", "sklearn", "tests"}),
    ],
)
def test_arrows_between_the_packages_point_one_way(folder, forbidden):
    for path in (ROOT / folder).rglob("*.py"):
        assert not _imports(path) & forbidden, path
