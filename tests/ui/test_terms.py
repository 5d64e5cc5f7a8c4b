import re

import pytest
import torch

from ui.terms import formula, in_a_line, per_dimension
from vaemodels.evaluation import ImageTerms


def terms(reconstruction: float, kl: dict[str, float]) -> ImageTerms:
    return ImageTerms(reconstruction, 0.25, 64, torch.zeros(4), kl, {}, torch.zeros(2), torch.zeros(4), True)


def number(html: str, term: str) -> float:
    [text] = re.findall(rf'data-term="{term}">([^<]+)<', html)
    return float(text.replace("−", "-"))


def test_formula_has_its_numbers_filled_in():
    html = formula(terms(70.25, {"z1": 20.5, "z2": 4.0}))
    assert number(html, "nelbo") == pytest.approx(94.75, abs=0.051)
    assert number(html, "reconstruction") == pytest.approx(70.25, abs=0.051)
    assert number(html, "kl") == 24.5
    assert "64 draws of z, ± 0.2" in html
    assert 'aria-label="reconstruction 70.2, KL 24.5 nats"' in html
    assert 'class="lab-bar-rec" style="width:74.1%"' in html


def test_a_density_can_make_the_reconstruction_negative():
    html = formula(terms(-500.0, {"z": 20.0}))
    assert number(html, "nelbo") == -480
    assert "-480" not in html  # a true minus sign
    assert "lab-stack" not in html


def test_the_line_for_a_phone_says_the_same():
    line = re.sub("<[^>]+>", "", in_a_line(terms(70.25, {"z1": 20.5, "z2": 4.0})))
    assert line == "−ELBO 94.8 = reconstruction 70.2 + KL 24.5 nats"
    assert re.sub("<[^>]+>", "", in_a_line(terms(70.0, {}))) == "reconstruction error 70.0 nats"


def test_an_autoencoder_has_an_error_and_no_bound():
    html = formula(terms(70.0, {}))
    assert "reconstruction error = " in html
    assert "70.0" in html
    assert "data-term" not in html
    assert "ELBO" not in html


def test_per_dimension_has_a_bar_for_each():
    html = per_dimension(torch.tensor([2.5, 0.0, -1e-7, 10.0]), top=5.0)
    assert re.findall(r"<span>(z[₀-₉]+)</span>", html) == ["z₁", "z₂", "z₃", "z₄"]
    assert re.findall(r'style="width:([\d.]+)%', html) == ["50.0", "0.0", "0.0", "200.0"]
    assert re.findall(r"</i><span>([^<]+)</span>", html) == ["2.50", "0.00", "0.00", "10.00"]
    assert 'title="KL of z4: 10.000 nats"' in html
