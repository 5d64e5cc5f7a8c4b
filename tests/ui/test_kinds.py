"""Every kind of model can be named, described and written out with an image's numbers."""

from math import prod

import pytest
import torch

from tests import small
from ui import models
from ui.kinds import KINDS
from vaemodels import checkpoints
from vaemodels.config_parsing import fields_of
from vaemodels.evaluation import image_terms
from vaemodels.models import MODELS
from vaemodels.presets import QUICK

NAMES = checkpoints.pretrained_names()


def test_every_kind_has_a_row_whose_fields_are_its_configs():
    assert KINDS.keys() == MODELS.keys()
    for name, kind in KINDS.items():
        assert set(kind.fields) <= set(fields_of(MODELS[name][1]))
        assert QUICK[kind.preset].model == name


@pytest.mark.parametrize("name", NAMES)
def test_every_pretrained_model_is_described_in_a_sentence(name):
    card = checkpoints.read_card(name)
    text = models.describe(card)
    assert text.startswith(KINDS[card["model"]].title)
    assert text.endswith(".")
    assert "nats" in text


@pytest.mark.parametrize(
    "name", ["vae", "vae-gaussian", "ae-2d", "gmvae-10", "ssvae", "fsvae", "fsvae-streetdigits", "hvae"]
)
def test_the_equations_of_a_model_end_with_its_objective_for_the_image(name):
    model = checkpoints.load(name).model
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(prod(model.config.image_shape), generator=generator).round()
    y = torch.tensor(3)
    *_, objective = KINDS[model.name].equations(model, x, y)
    terms = image_terms(model, x, y if model.needs_labels else None)
    value = -terms.nelbo if model.has_likelihood else terms.reconstruction
    assert f"{value:.1f}" in objective.numbers
    assert r"-\mathbb E_q[\log p(x" not in objective.numbers  # the sum is the ELBO's, not −ELBO's
    for kl in terms.kl.values():
        assert f"{kl:.1f}" in objective.numbers


@pytest.mark.parametrize(
    ("model", "likelihood", "std"),
    [
        (small.make_vae(), r"\mathrm{Bernoulli}", None),
        (small.make_gmvae(), r"\mathrm{Bernoulli}", None),
        (small.make_vae(likelihood="continuous_bernoulli"), r"e^{l_i x_i}", None),
        (small.make_gmvae(likelihood="gaussian"), r"f(z),\, \sigma_x^2 I)", r"\sigma_x &= 0.316"),
        (
            small.make_vae(likelihood="gaussian", variance="per_pixel"),
            r"f(z),\, \mathrm{diag}\, \sigma_x^2(z))",
            r"\overline{\sigma_x(\mu(x))} &= ",
        ),
    ],
)
def test_the_likelihood_is_written_as_the_model_has_it(model, likelihood, std):
    first, *_ = KINDS[model.name].equations(model, small.random_binary(1)[0], None)
    assert likelihood in first.symbols
    assert (r"\sigma_x" in first.numbers) == (std is not None)
    assert std is None or std in first.numbers


@pytest.mark.parametrize("name", ["vae", "ssvae", "fsvae", "gmvae-10", "hvae"])
@torch.no_grad()
def test_a_kl_called_exact_is_the_same_for_every_draw(name):
    model = checkpoints.load(name).model
    x = torch.rand(784, generator=torch.Generator().manual_seed(1)).round().expand(8, -1)
    y = torch.full((8,), 3) if model.needs_labels else None
    kl = model(x, y, torch.Generator().manual_seed(0)).kl_total
    assert (kl.std().item() < 1e-4) == model.kl_is_exact
