import re

import pytest
import torch

from ui.charts import COLOURS
from ui.terms import formula, in_a_line, measured_terms, per_dimension
from vaemodels import checkpoints
from vaemodels.evaluation import ImageTerms, image_terms

SMALL = ["vae-digits", "gmvae-10-digits", "ssvae-digits", "fsvae-digits", "hvae-digits"]


def terms(
    reconstruction: float, kl: dict[str, float], *, exact: bool = True, label_is_given: bool = False
) -> ImageTerms:
    zeros = torch.zeros(4)
    return ImageTerms(reconstruction, 0.25, 64, zeros, kl, {}, zeros[:2], zeros, exact, label_is_given)


def number(html: str, term: str) -> float:
    [text] = re.findall(rf'data-term="{term}">([^<]+)<', html)
    return float(text.replace("−", "-"))


def plain(html: str) -> str:
    return re.sub("<[^>]+>", "", html)


def widths(html: str) -> dict[str, float]:
    """The segments of the bar, in per cent."""
    found = re.findall(r'<i class="[^"]+" data-bar="([^"]+)" style="width:([\d.]+)%">', html)
    return {name: float(width) for name, width in found}


def test_formula_has_its_numbers_filled_in():
    html = formula(terms(70.25, {"z": 24.5}))
    assert number(html, "nelbo") == pytest.approx(94.75, abs=0.051)
    assert number(html, "reconstruction") == pytest.approx(70.25, abs=0.051)
    assert number(html, "kl") == 24.5
    assert "log p(x|z)" in plain(html) and "KL(q ‖ p)" in html
    assert plain(html).endswith(
        "In nats; q = q(z|x), p = p(z). The mean of 64 draws of z, ± 0.2; the KL is exact."
    )
    assert 'aria-label="reconstruction 70.2, KL 24.5 nats"' in html
    assert widths(html) == {"reconstruction": 74.1, "kl_z": 25.9}


def test_several_kls_stand_by_themselves_in_their_shades():
    html = formula(terms(70.0, {"z1": 20.5, "z2": 9.5}, exact=False))
    assert plain(html).startswith("−ELBO100.0=−Eq[log p(x|z1)]70.0+KLz120.5+KLz29.5")
    assert re.findall(r'data-term="([^"]+)"', html) == ["nelbo", "reconstruction", "kl_z1", "kl_z2", "stderr"]
    assert '<b class="lab-kl-z1" data-term="kl_z1">20.5</b>' in html
    assert widths(html) == {"reconstruction": 70.0, "kl_z1": 20.5, "kl_z2": 9.5}
    assert 'aria-label="reconstruction 70.0, KL of z1 20.5, KL of z2 9.5 nats"' in html
    assert "lab-bar-kl-z2" in html
    assert plain(html).endswith(
        "q = q(z1, z2|x), p = p(z1, z2). The mean of 64 draws of z1 and z2, ± 0.2, the KLs as well."
    )


def test_a_labels_kl_is_called_what_it_is_and_an_exact_one_is_called_exact():
    html = formula(terms(70.0, {"z": 8.0, "y": 2.0}))
    assert "KLz8.0+KL(q(y|x) ‖ p(y))2.0" in plain(html)
    assert "log p(x|y, z)" in html
    assert "draws of z, ± 0.2; the KLs are exact." in plain(html)


def test_where_the_label_is_given_it_is_said_what_is_bounded():
    html = formula(terms(70.0, {"z": 8.0}, label_is_given=True))
    assert "log p(x|y, z)" in html
    assert "q = q(z|x, y), p = p(z)." in html
    assert "the ELBO bounds log p(x|y)." in html


def test_an_estimate_below_0_is_explained_and_not_stacked():
    html = formula(terms(70.0, {"z": -1.25}, exact=False))
    assert number(html, "kl") == -1.2
    assert "lab-stack" not in html
    assert "A KL is never below 0; its estimate from draws can be." in html
    rounded = formula(terms(70.0, {"z": -1e-7}))
    assert widths(rounded) == {"reconstruction": 100.0, "kl_z": 0.0}
    assert "never below 0" not in rounded
    assert number(rounded, "kl") == 0 and "−0.0" not in rounded


def test_what_is_no_divergence_is_not_said_to_be_one():
    html = formula(terms(70.0, {"z1": -1.25, "z2": 3.0}, exact=False))
    assert number(html, "kl_z1") == -1.2 and "lab-stack" not in html
    assert plain(html).endswith("KLz1 is Eq[log q(z1|x) − log p(z1|z2)], no divergence: it can be below 0.")
    assert "never below 0" not in html
    assert "no divergence" not in formula(terms(70.0, {"z1": 1.25, "z2": 3.0}, exact=False))


@pytest.mark.parametrize("name", SMALL)
def test_every_kind_of_model_has_its_terms_written_out(name):
    model = checkpoints.load(name).model
    x = torch.rand(784, generator=torch.Generator().manual_seed(1)).round()
    found = image_terms(model, x, torch.tensor(3) if model.needs_labels else None)
    html = formula(found)
    marks = ["kl"] if len(found.kl) == 1 else [f"kl_{latent}" for latent in found.kl]
    assert [number(html, mark) for mark in marks] == [pytest.approx(v, abs=0.051) for v in found.kl.values()]
    assert number(html, "nelbo") == pytest.approx(found.nelbo, abs=0.051)
    assert ("exact" in html) == model.kl_is_exact
    assert ("log p(x|y, " in html) == bool(model.n_labels)
    assert sum(widths(html).values()) == pytest.approx(100, abs=0.2)
    for latent in found.kl:
        assert f"kl_{latent}" in COLOURS["light"]


def test_a_density_can_make_the_reconstruction_negative():
    html = formula(terms(-500.0, {"z": 20.0}))
    assert number(html, "nelbo") == -480
    assert "-480" not in html  # a true minus sign
    assert "lab-stack" not in html


def test_the_line_for_a_phone_says_the_same():
    assert plain(in_a_line(terms(70.25, {"z": 24.5}))) == "−ELBO 94.8 = reconstruction 70.2 + KL 24.5 nats"
    several = plain(in_a_line(terms(70.25, {"z1": 20.5, "z2": 4.0})))
    assert several == "−ELBO 94.8 = reconstruction 70.2 + KLz1 20.5 + KLz2 4.0 nats"
    assert plain(in_a_line(terms(70.0, {}))) == "reconstruction error 70.0 nats"


def test_an_autoencoder_has_an_error_and_no_bound():
    html = formula(terms(70.0, {}))
    assert "reconstruction error = " in html
    assert "70.0" in html
    assert re.findall(r'data-term="([^"]+)"', html) == ["reconstruction"]
    assert "ELBO" not in html


def test_per_dimension_has_a_bar_for_each():
    html = per_dimension(torch.tensor([2.5, 0.0, -1e-7, 10.0]), top=5.0)
    assert re.findall(r"<span>(z[₀-₉]+)</span>", html) == ["z₁", "z₂", "z₃", "z₄"]
    assert re.findall(r'data-dimension="([^"]+)" style="width:([\d.]+)%', html) == [
        ("z:0", "50.0"),
        ("z:1", "0.0"),
        ("z:2", "0.0"),
        ("z:3", "200.0"),
    ]
    assert re.findall(r'<span data-value="([^"]+)">([^<]+)</span>', html) == [
        ("z:0", "2.50"),
        ("z:1", "0.00"),
        ("z:2", "0.00"),
        ("z:3", "10.00"),
    ]
    assert 'title="KL of z4: 10.000 nats"' in html
    assert 'data-top="5"' in html


def test_per_dimension_says_whose_dimensions_they_are():
    html = per_dimension(torch.tensor([2.5, 0.5]), top=5.0, latent="z2")
    assert re.findall(r"<span>(z2[₀-₉]+)</span>", html) == ["z2₁", "z2₂"]
    assert re.findall(r'class="([^"]+)" data-dimension="([^"]+)"', html) == [
        ("lab-bar-kl-z2", "z2:0"),
        ("lab-bar-kl-z2", "z2:1"),
    ]
    assert 'title="KL of z2, dimension 2: 0.500 nats"' in html
    assert "KL of each dimension of z2, in nats" in html


@pytest.mark.parametrize("name", [*SMALL, "ae-2d"])
def test_what_was_measured_of_a_model_is_written_out(name):
    card = checkpoints.read_card(name)
    result = card["evaluation"]
    html = measured_terms(card, "distortion", "rate")
    assert "data-term" not in html
    assert "distortion" in html
    for value in (result["reconstruction"], *result["kl"].values()):
        assert f"{value:.1f} ± " in html or f"{value:.2f} ± " in html
    assert ("rate" in html) == (len(result["kl"]) == 1)
