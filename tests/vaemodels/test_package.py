"""The package as it is installed: what comes with it, and where it finds that."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_every_folder_of_the_package_is_installed_with_the_trained_models() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {path.parent for path in (ROOT / "vaemodels").rglob("*.py")}
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert set(setuptools["packages"]) == names | {"vaemodels.pretrained"}
    assert (ROOT / setuptools["package-dir"]["vaemodels.pretrained"]) == ROOT / "pretrained"
    kinds = {f"*{path.suffix}" for path in (ROOT / "pretrained").iterdir()}
    assert kinds <= set(setuptools["package-data"]["vaemodels.pretrained"])


def test_a_model_is_loaded_by_name_where_the_package_is_installed(tmp_path: Path) -> None:
    """From a wheel of the package, built of one small trained model, far from the checkout."""
    pytest.importorskip("setuptools", "77")
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    for name in ("vaemodels", "pyproject.toml", "README.md", "requirements.txt", "LICENSE"):
        (source / name).symlink_to(ROOT / name)
    (source / "pretrained").mkdir()
    for name in ("vae-digits.safetensors", "race.json", "bounds.json", "amortisation.json"):
        (source / "pretrained" / name).symlink_to(ROOT / "pretrained" / name)
    build = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=source, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(tmp_path / built.stdout.split()[-1]) as wheel:
        wheel.extractall(site)
    program = "from vaemodels.checkpoints import load; print(load('vae-digits').model.name)"
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(site)!r}]; {program}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (loaded.stdout, loaded.returncode) == ("vae\n", 0), loaded.stderr
