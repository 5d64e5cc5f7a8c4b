"""The mixture prior against the library's, by quadrature, and in the cases where it is a single Gaussian."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Independent, MixtureSameFamily, Normal, kl_divergence

from tests.small import DIM, make_gmvae, make_vae, random_binary
from tests.vaemodels.normal_nodes import standard_normal_nodes
from vaemodels import networks
from vaemodels.errors import UsageError
from vaemodels.mixture import GaussianMixture
from vaemodels.models import GMVAE, VAE, GMVAEConfig


def seeded(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# The density


@pytest.mark.parametrize("shape", [(3,), (7, 3), (2, 5, 3)])
def test_the_density_is_the_librarys(shape: tuple[int, ...]) -> None:
    prior, z = make_gmvae(20).prior(), 2 * torch.randn(shape)
    assert isinstance(prior, MixtureSameFamily)
    expected = MixtureSameFamily.log_prob(prior, z)
    assert prior.log_prob(z).shape == shape[:-1] and prior.log_prob(z).dtype == torch.float32
    torch.testing.assert_close(prior.log_prob(z), expected, rtol=1e-5, atol=1e-5)


def test_the_densitys_gradients_are_the_librarys() -> None:
    model, z = make_gmvae(20), torch.randn(50, 3, requires_grad=True)
    inputs = [z, model.prior_mean, model.prior_log_std]
    expected = torch.autograd.grad(MixtureSameFamily.log_prob(model.prior(), z).sum(), inputs)
    for mine, theirs in zip(
        torch.autograd.grad(model.prior().log_prob(z).sum(), inputs), expected, strict=True
    ):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


def test_the_density_keeps_its_digits_where_components_are_narrow_and_far_out() -> None:
    """(z − μ)² / σ² is near 1 here, z² / σ² near 10⁹."""
    means = torch.tensor([[100.0, -50.0], [0.0, 0.0]])
    prior = GaussianMixture(means, torch.full((2, 2), -20.0))  # the floor: 1/255
    z = means + 1 / 255
    torch.testing.assert_close(prior.log_prob(z), MixtureSameFamily.log_prob(prior, z), rtol=1e-4, atol=1e-4)
    assert prior.stddev.isfinite().all()


def test_variances_keep_the_one_floor() -> None:
    model = make_gmvae(2)
    with torch.no_grad():
        model.prior_log_std.fill_(-50.0)
    torch.testing.assert_close(model.prior().stds.square(), torch.full((2, 3), networks.VARIANCE_FLOOR))


def test_under_bfloat16_the_kl_is_still_float32_and_exact() -> None:
    model, z = make_gmvae(), torch.randn(9, 3)
    with torch.autocast("cpu", torch.bfloat16):
        assert model(random_binary(4)).kl["z"].dtype == torch.float32
        torch.testing.assert_close(model.prior().log_prob(z), MixtureSameFamily.log_prob(model.prior(), z))


# Where the mixture is one Gaussian


def as_vae(model: GMVAE) -> VAE:
    """The VAE with the same networks."""
    vae = make_vae(z_dim=model.config.z_dim)
    vae.load_state_dict({name: value for name, value in model.state_dict().items() if "prior" not in name})
    return vae


def test_one_standard_component_is_the_vae() -> None:
    model, x = make_gmvae(1), random_binary(6)
    with torch.no_grad():
        model.prior_mean.zero_()
        model.prior_log_std.zero_()
    vae = as_vae(model)
    torch.testing.assert_close(
        model.log_weights(x, 5, generator=seeded()), vae.log_weights(x, 5, generator=seeded())
    )
    output, expected = model(x, generator=seeded()), vae(x, generator=seeded())
    torch.testing.assert_close(output.reconstruction, expected.reconstruction)
    draws = torch.stack([model(x, generator=generator).kl["z"] for generator in map(seeded, range(400))])
    error = draws.std(0) / 20
    assert ((draws.mean(0) - expected.kl["z"]).abs() < 4 * error).all()


def test_one_component_is_the_vae_with_that_gaussian_for_its_prior() -> None:
    model, x = make_gmvae(1), random_binary(6)
    gaussian = Independent(Normal(model.prior_mean[0], model.prior_log_std[0].exp()), 1)
    vae = as_vae(model)
    vae.prior = lambda: gaussian  # type: ignore[method-assign]
    torch.testing.assert_close(
        model.log_weights(x, 5, generator=seeded()), vae.log_weights(x, 5, generator=seeded())
    )
    draws = torch.stack([model(x, generator=generator).kl["z"] for generator in map(seeded, range(400))])
    expected = kl_divergence(model.encode(x)["z"], gaussian)
    error = draws.std(0) / 20
    assert ((draws.mean(0) - expected).abs() < 4 * error).all()
    assert (error < 0.1 * expected).all()


def test_components_at_one_place_are_one_component() -> None:
    one, many, x = make_gmvae(1), make_gmvae(7), random_binary(6)
    state = one.state_dict()
    for name in ("prior_mean", "prior_log_std"):
        state[name] = state[name].expand(7, 3).clone()
    many.load_state_dict(state)
    torch.testing.assert_close(one(x, generator=seeded()).nelbo, many(x, generator=seeded()).nelbo)
    torch.testing.assert_close(
        one.log_weights(x, 5, generator=seeded()), many.log_weights(x, 5, generator=seeded())
    )
    torch.testing.assert_close(many.responsibilities(torch.randn(4, 3)), torch.full((4, 7), 1 / 7))


# The terms


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_terms_add_up_and_belong_to_one_draw(likelihood: str) -> None:
    model, x = make_gmvae(likelihood=likelihood), random_binary(6)
    output = model(x)
    z, q = output.latents["z"], output.posteriors["z"]
    assert list(output.kl) == list(model.latent_dims) == ["z"] and output.kl["z"].shape == (6,)
    torch.testing.assert_close(output.nelbo, output.reconstruction + output.kl["z"])
    torch.testing.assert_close(output.kl["z"], q.log_prob(z) - model.prior().log_prob(z))
    torch.testing.assert_close(output.reconstruction, -model.decode(z).log_prob(x))
    torch.testing.assert_close(
        model.log_weights(x, 1, generator=seeded())[0], -model(x, generator=seeded()).nelbo
    )
    assert model.kl_by_dimension(output.posteriors) == {}


def test_the_kl_is_without_bias() -> None:
    """Its mean over draws against E_q[log q − log p] by Gauss–Hermite quadrature."""
    model, x = make_gmvae(5, z_dim=2), random_binary(4)
    q = model.encode(x)["z"]
    nodes, log_weights = standard_normal_nodes(60, 2)
    z = q.mean + q.stddev * nodes.float().unsqueeze(1)
    log_ratio = q.log_prob(z) - MixtureSameFamily.log_prob(model.prior(), z)
    expected = (log_weights.exp().unsqueeze(1) * log_ratio).sum(0)
    draws = model(x.repeat(20_000, 1), generator=seeded()).kl["z"].double().view(20_000, 4)
    error = draws.std(0) / math.sqrt(20_000)
    assert ((draws.mean(0) - expected).abs() < 4 * error).all()
    assert (error < 0.03 * expected).all()


def test_every_parameter_learns() -> None:
    model = make_gmvae()
    model(random_binary(8)).nelbo.mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


# Samples, shares


def test_prior_draws_have_the_mixtures_moments() -> None:
    model = make_gmvae(6)
    z = model.sample_prior(100_000, seeded())
    mean, std = model.prior_mean, model.prior_log_std.exp()
    torch.testing.assert_close(z.mean(0), mean.mean(0), rtol=0, atol=0.02)
    expected = torch.diag(std.square().mean(0)) + mean.T.cov(correction=0)
    torch.testing.assert_close(z.T.cov(), expected, rtol=0, atol=0.04)
    assert torch.equal(z, model.sample_prior(100_000, seeded()))


def test_draws_from_a_component_have_its_moments() -> None:
    model = make_gmvae(6)
    z = model.sample_component(4, 50_000, seeded())
    torch.testing.assert_close(z.mean(0), model.prior_mean[4], rtol=0, atol=0.03)
    torch.testing.assert_close(z.std(0), model.prior_log_std[4].exp(), rtol=0.02, atol=0)


def test_responsibilities_are_bayes_rule() -> None:
    model, z = make_gmvae(3), torch.randn(2, 5, 3)
    normals = [Normal(m, s.exp()) for m, s in zip(model.prior_mean, model.prior_log_std, strict=True)]
    densities = torch.stack([normal.log_prob(z).sum(-1).exp() for normal in normals], -1)
    expected = densities / densities.sum(-1, keepdim=True)
    torch.testing.assert_close(model.responsibilities(z), expected, rtol=1e-4, atol=1e-6)


def test_occupancy_counts_the_images_of_each_component() -> None:
    """Codes sent to three far components in the shares 1/2, 1/3 and 1/6 by the first pixel's value."""
    model = make_gmvae(3, z_dim=1)
    with torch.no_grad():
        model.prior_mean.copy_(torch.tensor([[0.0], [10.0], [20.0]]))
        model.prior_log_std.zero_()
    encoder = nn.Linear(DIM, 2)
    model.encoder = nn.Sequential(encoder)
    with torch.no_grad():
        encoder.weight.zero_()
        encoder.weight[0, 0] = 10.0
        encoder.bias.copy_(torch.tensor([0.0, -3.0]))
    x = torch.zeros(60, DIM)
    x[30:50, 0] = 1.0
    x[50:, 0] = 2.0
    torch.testing.assert_close(model.occupancy(x), torch.tensor([1 / 2, 1 / 3, 1 / 6]), atol=1e-3, rtol=0)


# The start, and what is refused


@pytest.mark.parametrize(("components", "z_dim", "apart"), [(500, 10, 0.5), (10, 10, 1.0), (10, 2, 0.05)])
@pytest.mark.parametrize("seed", range(5))
def test_components_start_apart(components: int, z_dim: int, apart: float, seed: int) -> None:
    torch.manual_seed(seed)
    model = GMVAE(GMVAEConfig(z_dim=z_dim, hidden=(8,), components=components))
    assert nn.functional.pdist(model.prior_mean).min() > apart
    assert model.responsibilities(model.prior_mean).diagonal().min() > 1.5 / components


@pytest.mark.parametrize("components", [0, 1001])
def test_a_number_of_components_out_of_range_is_refused(components: int) -> None:
    with pytest.raises(UsageError, match="1 to 1,000 components"):
        GMVAEConfig(components=components)
    with pytest.raises(UsageError, match="1 to 512"):
        GMVAEConfig(z_dim=0)
