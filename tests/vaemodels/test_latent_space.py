import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal

from tests import small
from vaemodels import checkpoints, data
from vaemodels.analysis import latent_space
from vaemodels.analysis.latent_space import aggregate_density, ellipse, encode, principal_plane
from vaemodels.data import binarize
from vaemodels.errors import UsageError
from vaemodels.models import SSVAE


@pytest.fixture
def points() -> torch.Tensor:
    return torch.randn(300, 6) @ torch.randn(6, 6) + torch.randn(6)


def test_the_principal_plane_is_numpys(points):
    plane = principal_plane(points)
    centred = points.double().numpy() - points.double().numpy().mean(0)
    _, singular_values, rows = np.linalg.svd(centred, full_matrices=False)
    for direction, row in zip(plane.directions.numpy(), rows[:2], strict=True):
        np.testing.assert_allclose(direction, row * np.sign(direction @ row), atol=1e-4)
        assert direction[np.abs(direction).argmax()] > 0
    share = singular_values**2 / (singular_values**2).sum()
    np.testing.assert_allclose(plane.share.numpy(), share[:2], rtol=1e-4)


def test_coordinates_keep_the_origin_and_a_standard_normal(points):
    plane = principal_plane(points)
    torch.testing.assert_close(plane.coordinates(torch.zeros(6)), torch.zeros(2))
    torch.testing.assert_close(plane.covariance(torch.ones(6)), torch.eye(2), atol=1e-5, rtol=0)
    coordinates = plane.coordinates(points)
    torch.testing.assert_close(coordinates.var(0) / points.var(0).sum(), plane.share)


@pytest.mark.parametrize("z_dim", [1, 2])
def test_up_to_two_dimensions_are_their_own_plane(z_dim):
    points = torch.randn(50, z_dim) * torch.tensor([0.5, 2.0])[:z_dim]
    plane = principal_plane(points)
    torch.testing.assert_close(plane.coordinates(points)[:, :z_dim], points)
    assert plane.share.sum().item() == pytest.approx(1)


def test_points_that_do_not_vary_have_no_share_to_explain():
    assert principal_plane(torch.ones(4, 3)).share.tolist() == [0, 0]


def test_the_covariance_on_the_plane_is_that_of_draws(points):
    plane = principal_plane(points)
    std = torch.tensor([0.1, 0.5, 1.0, 2.0, 0.3, 0.7])
    draws = plane.coordinates(std * torch.randn(200_000, 6))
    torch.testing.assert_close(plane.covariance(std), draws.T.cov(), atol=0.03, rtol=0.02)


def test_several_gaussians_are_laid_on_the_plane_as_each_by_itself():
    plane, std, centres = principal_plane(torch.randn(50, 4)), torch.rand(3, 4), torch.randn(3, 2)
    covariances = plane.covariance(std)
    torch.testing.assert_close(covariances, torch.stack([plane.covariance(one) for one in std]))
    each = [ellipse(*one, 1) for one in zip(centres, covariances, strict=True)]
    torch.testing.assert_close(ellipse(centres, covariances, 1), torch.stack(each))


def test_an_ellipse_is_closed_and_as_far_as_it_says():
    covariance = torch.tensor([[2.0, 0.6], [0.6, 0.5]])
    centre = torch.tensor([1.0, -3.0])
    outline = ellipse(centre, covariance, sigmas=2)
    away = outline - centre
    distance = (away @ covariance.inverse() * away).sum(1)
    torch.testing.assert_close(distance, torch.full_like(distance, 4.0))
    torch.testing.assert_close(outline[0], outline[-1])


def test_the_radii_of_an_upright_ellipse_are_the_standard_deviations():
    outline = ellipse(torch.zeros(2), torch.tensor([0.25, 4.0]).diag(), sigmas=1)
    torch.testing.assert_close(outline.abs().amax(0), torch.tensor([0.5, 2.0]), atol=1e-3, rtol=0)


def test_the_aggregate_posterior_is_the_mixture_and_integrates_to_one(monkeypatch):
    mean, std = torch.randn(40, 3), torch.rand(40, 3) + 0.1
    edges = torch.linspace(-9, 9, 901)
    density = aggregate_density(mean, std, edges)
    torch.testing.assert_close((density * edges.diff()[:, None]).sum(0), torch.ones(3))
    mixture = MixtureSameFamily(Categorical(torch.ones(3, 40)), Normal(mean.T, std.T))
    centres = (edges[1:] + edges[:-1]) / 2
    expected = mixture.log_prob(centres[:, None].expand(-1, 3)).exp()
    torch.testing.assert_close(density, expected, atol=1e-3, rtol=0)
    monkeypatch.setattr(latent_space, "VALUES_AT_ONCE", 901 * 3 * 7)
    torch.testing.assert_close(aggregate_density(mean, std, edges), density, atol=1e-4, rtol=0)


def test_needles_between_the_edges_lose_no_mass():
    mean, std = torch.randn(200, 1), torch.full((200, 1), 1e-4)
    edges = torch.linspace(-6, 6, 13)
    counts = torch.histogram(mean.flatten(), edges).hist
    torch.testing.assert_close(aggregate_density(mean, std, edges)[:, 0], counts / 200)


def test_one_standard_normal_posterior_is_the_prior():
    edges = torch.linspace(-3, 3, 601)
    density = aggregate_density(torch.zeros(5, 2), torch.ones(5, 2), edges)
    prior = Normal(0, 1).log_prob((edges[1:] + edges[:-1]) / 2).exp()
    torch.testing.assert_close(density, prior[:, None].expand(-1, 2), atol=1e-4, rtol=0)


def digits(n: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = data.load("digits", "test")
    return binarize(images, "static")[:n], labels[:n]


@pytest.mark.parametrize("name", ["vae-digits", "gmvae-10-digits", "hvae-digits", "ae-2d"])
@torch.no_grad()
def test_images_are_coded_without_their_labels_where_a_model_can_do_without(name):
    model = checkpoints.load(name).model
    x, labels = digits()
    code = encode(model, x, labels)
    torch.testing.assert_close(code.mean, model.embed(x))
    assert code.y is None
    posteriors = model.encode(x)
    if not posteriors:
        assert (code.std, code.kl) == (None, None)
        return
    assert code.std is not None
    torch.testing.assert_close(code.std, next(iter(posteriors.values())).stddev)
    assert (code.kl is None) == (name != "vae-digits")


@torch.no_grad()
def test_a_model_that_infers_labels_codes_an_image_at_its_most_probable_one():
    model = checkpoints.load("ssvae-digits").model
    assert isinstance(model, SSVAE)
    x, labels = digits()
    code, told = encode(model, x), encode(model, x, (labels + 1) % 10)
    assert code.y is not None and told.y is not None
    torch.testing.assert_close(code.y, model.most_probable(x))
    torch.testing.assert_close(told.y, code.y)  # it is not told
    torch.testing.assert_close(code.mean, model.embed(x))
    at_label = model.embed(x, code.y)
    torch.testing.assert_close(code.mean, at_label)


@torch.no_grad()
def test_a_model_that_needs_labels_codes_an_image_under_its_own():
    model = checkpoints.load("fsvae-digits").model
    x, labels = digits()
    code = encode(model, x, labels)
    assert code.y is not None and code.kl is not None
    torch.testing.assert_close(code.y, labels)
    torch.testing.assert_close(code.mean, model.embed(x, labels))
    torch.testing.assert_close(code.kl.sum(1), model(x, labels).kl["z"])
    with pytest.raises(UsageError):
        encode(model, x)


def test_of_two_levels_it_is_the_lower_one_that_is_coded():
    for inference in ("parallel", "bottom_up"):
        model = small.make_hvae(inference, z1_dim=3, z2_dim=2)
        code = encode(model, small.random_binary(4))
        assert code.mean.shape == (4, 3)
        assert code.kl is None
