import math

import pytest
import torch

from tests import small
from vaemodels import checkpoints
from vaemodels.analysis.priors import histogram, prior_components, prior_density, prior_kind

KINDS = {
    "vae-digits": "standard",
    "ssvae-digits": "standard",
    "fsvae-digits": "standard",
    "gmvae-10-digits": "mixture",
    "hvae-digits": "two-level",
    "ae-2d": "none",
}
EDGES = torch.linspace(-60, 60, 1_201)


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_the_kind_of_a_prior_and_how_many_gaussians_it_is_made_of(name, kind):
    model = checkpoints.load(name).model
    assert prior_kind(model) == kind
    means, stds = prior_components(model)
    count = {"standard": 1, "mixture": 10}.get(kind, 0)
    assert means.shape == stds.shape == (count, next(iter(model.latent_dims.values())))
    assert not means.requires_grad


@pytest.mark.parametrize("name", ["vae-digits", "gmvae-10-digits"])
def test_the_components_make_up_the_prior(name):
    model = checkpoints.load(name).model
    means, stds = prior_components(model)
    z = 3 * torch.randn(20, means.shape[1])
    log_probs = torch.distributions.Normal(means, stds).log_prob(z.unsqueeze(1)).sum(-1)
    expected = log_probs.logsumexp(1) - math.log(len(means))
    torch.testing.assert_close(model.prior().log_prob(z).detach(), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", ["vae-digits", "gmvae-10-digits", "hvae-digits"])
def test_the_density_of_each_dimension_is_that_of_draws_from_the_prior(name):
    model = checkpoints.load(name).model
    dimensions = torch.tensor([4, 0])
    density = prior_density(model, dimensions, EDGES)
    mass = density * EDGES.diff()[:, None]
    torch.testing.assert_close(mass.sum(0), torch.ones(2), atol=1e-3, rtol=0)
    with torch.no_grad():
        draws = model.sample_prior(20_000, torch.Generator().manual_seed(3))[:, dimensions]
    centres = (EDGES[1:] + EDGES[:-1])[:, None] / 2
    mean = (mass * centres).sum(0)
    std = (mass * (centres - mean).square()).sum(0).sqrt()
    torch.testing.assert_close(mean, draws.mean(0), atol=0.06, rtol=0.03)
    torch.testing.assert_close(std, draws.std(0), atol=0.02, rtol=0.03)


def test_a_histogram_is_numpys():
    points, edges = torch.randn(500, 3), torch.tensor([-2.0, -0.5, 0.0, 1.0, 4.0])
    for i, values in enumerate(histogram(points, edges).T):
        expected = torch.histogram(points[:, i].contiguous(), edges).hist / len(points) / edges.diff()
        torch.testing.assert_close(values, expected)


def test_a_mixture_of_one_component_is_still_a_mixture():
    model = small.make_gmvae(components=1)
    assert prior_kind(model) == "mixture"
    assert len(prior_components(model)[0]) == 1
