"""Home's table: a row for each variant that is there, and none for one that is not."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from ui.all_pages import PAGES
from ui.home import variants
from ui.vae.page import VARIANTS
from vaemodels import checkpoints, presets

ROOT = Path(__file__).parents[2]


def linked() -> list[str]:
    """The models that Home's table leads to."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert not at.exception
    queries = [link.proto.query_string for link in at.get("page_link")]
    return [parse_qs(query)["model"][0] for query in queries if query.startswith("model=")]


def test_every_variant_that_is_there_has_a_row():
    there = checkpoints.pretrained_names()
    assert linked() == [variant.name for page in PAGES for variant in page.variants if variant.name in there]


def test_a_variant_without_its_model_has_none(monkeypatch):
    names = [name for name in checkpoints.pretrained_names() if name != "ae-2d"]
    monkeypatch.setattr(checkpoints, "pretrained_names", lambda: names)
    assert "ae-2d" not in linked()
    assert "vae" in linked()


@pytest.mark.parametrize(
    ("name", "prior"),
    [
        ("vae-digits", "N(0, I)"),
        ("ae-2d", "N(0, I)"),
        ("fsvae-streetdigits", "N(0, I)"),
        ("ssvae-digits", "N(0, I)"),
        ("gmvae-10-digits", "its prior"),
        ("hvae-digits", "its prior"),
    ],
)
def test_a_row_has_samples_of_a_model_of_any_kind(name, prior):
    assert f'alt="8 images that It decodes from draws of {prior}"' in variants._samples(name, "It", "mean", 0)


def test_what_a_row_says_is_how_its_model_is_trained():
    for variant in VARIANTS:
        preset = presets.get(variant.name)
        weighed = preset.training.beta not in (0, 1)
        assert ("KL" in variant.objective) == (weighed or variant.name in {"vae", "vae-2d-kl"})
        assert (variant.name == "vae-2d-kl") == (preset.training.reconstruction_weight == 0)
        assert ("N(f(z), σ²I)" in variant.generative) == (
            getattr(preset.config, "likelihood", "") == "gaussian"
        )
        assert ("a point" in variant.inference) == (preset.model == "ae")
        assert preset.config.z_dim == (2 if "2 dimensions" in variant.generative else 10)


def test_a_row_says_of_how_many_dimensions_z_is_where_it_is_not_ten():
    for page in PAGES:
        for variant in page.variants:
            config = checkpoints.read_card(variant.name)["config"]
            for key in config.keys() & {"z_dim", "z1_dim", "z2_dim"}:
                assert config[key] == 10 or f"of {config[key]}" in variant.generative, variant.name
