"""A VAE with two latents and so few pixels that log p(x) and p(z|x) can be computed by quadrature."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from tests.vaemodels.normal_nodes import standard_normal_nodes
from vaemodels import objectives
from vaemodels.evaluation import log_weights_in_chunks
from vaemodels.models import VAE, VAEConfig

K = 5000


@pytest.fixture(scope="module")
def model() -> VAE:
    """A decoder steep enough that the posteriors are far from Gaussian, and an encoder that never learned them."""
    torch.manual_seed(3)
    model = VAE(VAEConfig(image_shape=(1, 2, 3), z_dim=2, hidden=(8,), activation="tanh"))
    with torch.no_grad():
        for layer in (model.decoder[0], model.decoder[2]):
            assert isinstance(layer, torch.nn.Linear)
            layer.weight.mul_(2.5)
    return model.requires_grad_(False)


@pytest.fixture(scope="module")
def images() -> Tensor:
    """Every image that six binary pixels can make: [64, 6]."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=6)))


@pytest.fixture(scope="module")
def log_p(model: VAE, images: Tensor) -> Tensor:
    """log p(x) = log ∫ p(x|z) p(z) dz, Gauss–Hermite with 80 x 80 nodes, [64] in float64."""
    nodes, log_weights = standard_normal_nodes(80, 2)
    return torch.logsumexp(log_likelihood(model, images, nodes) + log_weights.unsqueeze(1), 0)


def log_likelihood(model: VAE, images: Tensor, z: Tensor) -> Tensor:
    """log p(x|z) for every z and image, [len(z), len(images)]."""
    return model.decode(z.float().unsqueeze(1)).log_prob(images).double()


def test_the_probabilities_of_all_images_sum_to_one(log_p: Tensor) -> None:
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_the_posterior_integrates_to_one_on_a_grid(model: VAE, images: Tensor, log_p: Tensor) -> None:
    along = torch.linspace(-7, 7, 141, dtype=torch.float64)
    z = torch.cartesian_prod(along, along)
    log_joint = log_likelihood(model, images, z) + model.prior().log_prob(z.float()).double().unsqueeze(1)
    density = (log_joint - log_p).exp()
    cell = (along[1] - along[0]).item() ** 2
    torch.testing.assert_close(density.sum(0) * cell, torch.ones(64, dtype=torch.float64), atol=1e-4, rtol=0)


def test_l_5000_agrees_with_quadrature_within_its_standard_error(
    model: VAE, images: Tensor, log_p: Tensor
) -> None:
    generator = torch.Generator().manual_seed(0)
    log_w = log_weights_in_chunks(model, images, K, generator=generator).double()
    weights = (log_w - log_p).exp()
    error = weights.std(0) / math.sqrt(K)
    bias = -(error**2) / 2
    difference = objectives.iwae(log_w) - log_p
    assert ((difference - bias).abs() < 4 * error).all()
    assert difference.mean().abs() < 4 * (error.norm() / 64)
    assert (error < 0.05).all()


def test_the_gap_between_the_elbo_and_log_p_is_the_kl_to_the_posterior(
    model: VAE, images: Tensor, log_p: Tensor
) -> None:
    """KL(q‖p(z|x)) by quadrature under q, ELBO from the model's own terms."""
    q = model.encode(images)["z"]
    nodes, log_weights = standard_normal_nodes(80, 2)
    z = q.mean + q.stddev * nodes.float().unsqueeze(1)
    log_likelihood = model.decode(z).log_prob(images).double()
    log_posterior = log_likelihood + model.prior().log_prob(z).double() - log_p
    weights = log_weights.exp().unsqueeze(1)
    gap = (weights * (q.log_prob(z).double() - log_posterior)).sum(0)
    elbo = (weights * log_likelihood).sum(0) - model(images).kl["z"].double()
    assert (gap > 0.01).all()
    torch.testing.assert_close(elbo, log_p - gap, atol=1e-4, rtol=1e-4)
