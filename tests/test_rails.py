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
    """The modules a file imports, and what it takes from them, as dotted names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _found(path: Path, packages: set[str]) -> set[str]:
    """What a file imports of some packages."""
    return {name for name in _imports(path) if any(_is_in(name, package) for package in packages)}


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
        assert not _found(path, forbidden), path


# From the bottom up: a module may import those of its own layer and of the layers before it in this list.
LAYERS = [
    {"errors", "files", "config_parsing", "tensor_file", "pictures", "console", "interrupts", "avif_as_png"},
    {
        "data",
        "picture_files",
        "picture_ink",
        "picture_by_hand",
        "networks",
        "mixture",
        "conditional",
        "convolutional",
        "pixel_bernoulli",
        "continuous_bernoulli",
    },
    {"models"},
    {"objectives", "evaluation", "cards", "checkpoints", "foreign", "frames"},
    {"training_config", "label_draws", "losses", "optimizer", "analysis", "presets"},
    {"training", "early_stopping"},
    {"runs"},
    {"jobs", "race", "amortisation", "few_labels"},
    {"cli", "__main__"},
]


def test_arrows_inside_the_package_point_one_way():
    of = {name: height for height, layer in enumerate(LAYERS) for name in layer}
    for path in (ROOT / "vaemodels").rglob("*.py"):
        part = path.relative_to(ROOT / "vaemodels").parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        assert part in of, f"{path} is in no layer"
        above = {name for name, height in of.items() if height > of[part]}
        assert not _found(path, {f"vaemodels.{name}" for name in above}), path


PAGES = sorted((ROOT / "pages").glob("*.py"))
NAMES = [path.stem for path in PAGES]
KNOWS_ALL_PAGES = {ROOT / "ui" / "all_pages.py"}


@pytest.mark.parametrize("page", NAMES)
def test_a_page_is_short_and_is_built_from_its_own_folder_and_what_is_shared(page):
    path = ROOT / "pages" / f"{page}.py"
    assert len(path.read_text().splitlines()) <= 100
    assert (ROOT / "ui" / page).is_dir()
    assert not _found(path, {f"ui.{other}" for other in NAMES if other != page})


def test_no_pages_folder_is_imported_by_anothers_nor_by_what_is_shared():
    for path in (ROOT / "ui").rglob("*.py"):
        if path in KNOWS_ALL_PAGES:
            continue
        own = path.relative_to(ROOT / "ui").parts[0]
        assert not _found(path, {f"ui.{page}" for page in NAMES if page != own}), path


def test_every_page_describes_itself_by_one_value_that_the_menu_knows():
    from ui.all_pages import PAGES as described

    assert sorted(page.file for page in described) == [f"pages/{name}.py" for name in NAMES]
