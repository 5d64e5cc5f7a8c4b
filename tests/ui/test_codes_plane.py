"""What of a model's prior is drawn on the plane of its codes, and what is said of it."""

import pytest
import torch
from torch import Tensor

from ui.looks.codes_plane import (
    ELLIPSES,
    PRIOR_DRAWS,
    PRIOR_EXTENT,
    Window,
    plane_figure,
    prior_on_plane,
    shown_plane,
    whole_plane,
)
from ui.looks.encoded import Encoded
from ui.looks.prior_samples import OF_NO_PRIOR, about_samples
from ui.looks.symbols import symbols
from vaemodels import checkpoints
from vaemodels.analysis.latent_space import principal_plane
from vaemodels.models import GMVAE, HVAE, Model

WINDOW = Window(torch.zeros(2), 5.0)


def codes_of(model: Model, size: float = 0.5) -> Encoded:
    """Points round 0 in place of a model's codes."""
    z_dim = next(iter(model.latent_dims.values()))
    mean = size * torch.randn(200, z_dim, generator=torch.Generator().manual_seed(0))
    return Encoded("digits", torch.zeros(200), mean, None, None, principal_plane(mean), None)


def load(name: str) -> tuple[Model, Encoded]:
    model = checkpoints.load(name).model
    return model, codes_of(model)


@pytest.mark.parametrize("name", ["vae-digits", "ssvae-digits", "fsvae-digits"])
def test_a_standard_normal_prior_is_two_circles(name):
    model, codes = load(name)
    chart = plane_figure(codes, model, WINDOW)
    assert {shape.x1 for shape in chart.layout.shapes} == {1, 2}
    assert not chart.data
    assert whole_plane(codes, model, torch.zeros(1, 2)).reach == pytest.approx(1.06 * PRIOR_EXTENT)
    assert "prior" not in shown_plane(codes, model)


def test_an_autoencoder_has_no_prior_to_draw():
    model, codes = load("ae-2d")
    chart = plane_figure(codes, model, WINDOW)
    assert not chart.data and not chart.layout.shapes
    assert shown_plane(codes, model) == ""
    assert whole_plane(codes, model, torch.zeros(1, 2)).reach < PRIOR_EXTENT


@pytest.mark.parametrize("name", ["gmvae-2d", "gmvae-10-digits"])
def test_a_mixture_is_an_ellipse_a_component(name):
    model, codes = load(name)
    assert isinstance(model, GMVAE)
    directions = codes.plane.directions
    prior = prior_on_plane(model, codes.plane)
    assert len(prior.outlines) == model.config.components
    for i, outline in enumerate(prior.outlines):
        draws = model.sample_component(i, 20_000, torch.Generator().manual_seed(i)).detach() @ directions.T
        away = outline - draws.mean(0)
        distance = (away @ draws.T.cov().inverse() * away).sum(1).sqrt()
        torch.testing.assert_close(distance, torch.ones_like(distance), atol=0.06, rtol=0)
    [trace] = plane_figure(codes, model, WINDOW).data
    assert (trace.mode, trace.line.dash) == ("lines", "dot")
    x = torch.tensor(trace.x)
    assert x.isnan().sum() == len(prior.outlines)  # where one ends and the next begins
    torch.testing.assert_close(x[~x.isnan()], prior.outlines[..., 0].flatten())
    assert shown_plane(codes, model).startswith("Dotted: 1σ of the prior's 10 components.")
    reach = whole_plane(codes, model, torch.zeros(1, 2)).reach
    inside = (prior.outlines.abs() <= reach).float().mean()
    assert 0.97 <= inside.item() <= 1
    assert reach > codes.plane.coordinates(codes.mean).abs().max().item()


def test_of_many_components_only_the_means_are_drawn():
    model, codes = load("gmvae")
    assert isinstance(model, GMVAE) and model.config.components > ELLIPSES
    [dots] = plane_figure(codes, model, WINDOW).data
    expected = model.prior_mean.detach() @ codes.plane.directions.T
    torch.testing.assert_close(torch.stack([torch.tensor(dots.x), torch.tensor(dots.y)], 1), expected)
    assert shown_plane(codes, model).startswith("Small dots: the means of the prior's 500 components. Of 10 ")


def test_a_prior_of_two_levels_is_draws_from_it():
    model, codes = load("hvae-digits")
    assert isinstance(model, HVAE)
    [dots] = plane_figure(codes, model, WINDOW).data
    points = torch.stack([torch.tensor(dots.x), torch.tensor(dots.y)], 1)
    assert len(points) == PRIOR_DRAWS
    with torch.no_grad():
        many: Tensor = codes.plane.coordinates(model.sample_prior(20_000, torch.Generator().manual_seed(7)))
    spread = many.std(0)
    assert ((points.mean(0) - many.mean(0)).abs() < 5 * spread / PRIOR_DRAWS**0.5).all()
    torch.testing.assert_close(points.std(0), spread, rtol=0.2, atol=0)
    again = plane_figure(codes, model, WINDOW).data[0]
    assert (dots.x == again.x).all()  # a chart that changes is mounted anew
    assert "z2 ~ N(0, I), then z1 ~ p(z1|z2)." in shown_plane(codes, model)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("vae-digits", "z ~ N(0, I), decoded in your browser. Choose one to carry its z to the plane above."),
        (
            "fsvae-digits",
            "z ~ N(0, I), the labels in turn, decoded in your browser. Choose one to carry its z and label to",
        ),
        ("gmvae-10-digits", "z from one of the prior's 10 equally likely components, decoded"),
        (
            "hvae-digits",
            "z2 ~ N(0, I), then z1 ~ p(z1|z2), decoded in your browser. Choose one to carry its z1 ",
        ),
        ("ae-2d", OF_NO_PRIOR),
    ],
)
def test_samples_are_said_to_come_from_the_models_own_prior(name, text):
    assert about_samples(checkpoints.load(name).model).startswith(text)


def test_the_parts_of_a_model_are_called_by_what_it_has():
    by_name = {
        name: symbols(checkpoints.load(name).model)
        for name in ("vae-digits", "ae-2d", "ssvae-digits", "hvae-digits")
    }
    assert by_name["vae-digits"] == ("z", "μ(x)", "q(z|x)", "p(z)", "p(x|z)", "E[x|z]")
    assert by_name["ssvae-digits"] == ("z", "μ(x, y)", "q(z|x, y)", "p(z)", "p(x|y, z)", "E[x|y, z]")
    assert by_name["hvae-digits"] == ("z1", "μ(x)", "q(z1|x)", "p(z1)", "p(x|z1)", "E[x|z1]")
    assert by_name["ae-2d"].code == "g(x)"
