"""log p(x) and p(z|x) on a grid against closed forms, Gauss–Hermite nodes and importance sampling."""

import itertools
import math

import pytest
import torch
from torch import Tensor, nn

from tests.small import make_ae, make_gmvae, make_hvae, make_vae, random_binary
from tests.vaemodels import linear_gaussian as exact
from tests.vaemodels.normal_nodes import standard_normal_nodes
from vaemodels import models, objectives
from vaemodels.analysis import quadrature
from vaemodels.analysis.quadrature import ExactPosterior, exact_posterior
from vaemodels.errors import UsageError
from vaemodels.evaluation import log_weights_in_chunks
from vaemodels.models import VAE, Model


def linear_model(x_dim: int, scale: float = 0.3) -> tuple[VAE, Tensor]:
    """A linear-Gaussian VAE and an image of its own; the larger `scale` and `x_dim`, the narrower its posterior."""
    model = exact.make_model(2, x_dim, seed=2)
    with torch.no_grad():
        exact.layer(model.decoder).weight.mul_(scale / 0.3)
        x = model.decode(torch.tensor([0.7, -1.1])).mean + 0.3 * torch.randn(x_dim)
    return model, x


def assert_is_posterior(found: ExactPosterior, density: Tensor) -> None:
    """`density` at the nodes is what was found, and it adds up to 1."""
    torch.testing.assert_close(found.density, density, rtol=1e-2, atol=1e-4 * density.max().item())
    assert found.density.sum().item() * found.grid.cell == pytest.approx(1, abs=1e-9)


def nodes(found: ExactPosterior) -> Tensor:
    """The grid's nodes, `[n, n, 2]`."""
    return torch.cartesian_prod(found.grid.z1, found.grid.z2).view(*found.density.shape, 2)


# In closed form


@pytest.mark.parametrize(("x_dim", "scale"), [(3, 0.1), (5, 0.3), (50, 1.0), (250, 2.0)])
def test_evidence_and_posterior_of_a_linear_gaussian_model(x_dim: int, scale: float) -> None:
    """Posteriors from as wide as the prior to a three-hundredth of it."""
    model, x = linear_model(x_dim, scale)
    found = exact_posterior(model, x)
    expected = exact.posterior(model, x)
    log_p = exact.log_evidence(model, x).item()
    assert found.log_p == pytest.approx(log_p, abs=2e-5 + 1e-6 * abs(log_p))
    assert found.coarser < 1e-3
    assert_is_posterior(found, expected.log_prob(nodes(found)).exp())
    torch.testing.assert_close(found.mean, expected.mean, rtol=0, atol=1e-3 * expected.stddev.min().item())


def test_the_box_holds_all_but_a_millionth_of_the_mass() -> None:
    model, x = linear_model(50, 1.0)
    grid = exact_posterior(model, x).grid
    z = exact.posterior(model, x).sample((1_000_000,))
    outside = (
        (z[:, 0] < grid.z1[0]) | (z[:, 0] > grid.z1[-1]) | (z[:, 1] < grid.z2[0]) | (z[:, 1] > grid.z2[-1])
    )
    assert outside.sum() < 8
    assert grid.z1[-1] - grid.z1[0] < 16 * exact.posterior(model, x).stddev[0]


def test_a_posterior_far_from_where_prior_and_q_look_is_found() -> None:
    model, _ = linear_model(50, 1.0)
    x = model.decode(torch.tensor([14.0, -3.0])).mean.detach()
    with torch.no_grad():
        exact.layer(model.encoder).weight.zero_()
    assert exact_posterior(model, x).log_p == pytest.approx(exact.log_evidence(model, x).item(), abs=1e-3)


class Far(nn.Module):
    """f where z1 > 9, seen from 10 on, else nothing but the bias: what explains x lies beyond the prior's range."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, z: Tensor) -> Tensor:
        moved = torch.stack([z[..., 0] - 10, z[..., 1]], -1)
        return torch.where(z[..., :1] > 9, self.decoder(moved), self.decoder(torch.zeros_like(moved)))


def test_a_peak_that_q_alone_leads_to_is_found_and_others_may_be_missed() -> None:
    model, x = linear_model(50, 1.0)
    expected = exact.posterior(model, x).mean + torch.tensor([10.0, 0.0])
    assert not exact_posterior(model, x).may_miss
    model.decoder = nn.Sequential(Far(model.decoder))
    with torch.no_grad():
        exact.layer(model.encoder).weight.zero_()
        exact.layer(model.encoder).bias[:2] = expected.float()
    found = exact_posterior(model, x)
    assert (found.grid.z1[0] < expected[0] < found.grid.z1[-1]) and found.may_miss
    torch.testing.assert_close(found.mean, expected, rtol=0, atol=0.05)


class Mirrored(nn.Module):
    """f(|z1|, z2): whatever z is, its mirror image explains x as well."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, z: Tensor) -> Tensor:
        return self.decoder(torch.stack([z[..., 0].abs(), z[..., 1]], -1))


def test_two_peaks_count_twice() -> None:
    model, x = linear_model(250, 1.0)
    log_p = exact.log_evidence(model, x).item()
    model.decoder = nn.Sequential(Mirrored(model.decoder))
    found = exact_posterior(model, x)
    assert found.log_p == pytest.approx(log_p + math.log(2), abs=1e-3)
    assert found.mean[0].item() == pytest.approx(0, abs=1e-3) and found.mean[1].item() < -0.9


def test_where_x_says_nothing_the_posterior_is_the_prior() -> None:
    model, x = make_vae(z_dim=2), random_binary(1)[0]
    last = model.decoder[-1]
    assert isinstance(last, nn.Linear)
    nn.init.zeros_(last.weight)
    found = exact_posterior(model, x)
    assert found.log_p == pytest.approx(model.decode(torch.zeros(2)).log_prob(x).item(), abs=1e-4)
    assert_is_posterior(found, model.prior().log_prob(nodes(found)).exp().double())


# Against other ways of integrating


@pytest.fixture(scope="module", params=["vae", "gmvae"])
def curved(request: pytest.FixtureRequest) -> Model:
    """Six pixels and a decoder steep enough that posteriors are far from Gaussian."""
    torch.manual_seed(3)
    sizes = {"image_shape": (1, 2, 3), "z_dim": 2, "hidden": (8,), "activation": "tanh"}
    components = {"components": 3} if request.param == "gmvae" else {}
    model = models.build(request.param, sizes | components)
    with torch.no_grad():
        for name, parameter in model.decoder.named_parameters():  # type: ignore[union-attr]
            if name.endswith("weight"):
                parameter.mul_(2.5)
        if isinstance(model, models.GMVAE):
            model.prior_mean.mul_(0.4)  # within reach of a q that was never trained
    return model.requires_grad_(False)


IMAGES = torch.tensor(list(itertools.product([0.0, 1.0], repeat=6)))


def test_log_p_agrees_with_gauss_hermite_nodes() -> None:
    torch.manual_seed(3)
    model = VAE(models.VAEConfig((1, 2, 3), 2, (8,), "tanh"))
    nodes, log_weights = standard_normal_nodes(80, 2)
    with torch.no_grad():
        log_likelihood = model.decode(nodes.float().unsqueeze(1)).log_prob(IMAGES).double()
    expected = torch.logsumexp(log_likelihood + log_weights.unsqueeze(1), 0)
    for x, log_p in zip(IMAGES[::9], expected[::9], strict=True):
        assert exact_posterior(model, x).log_p == pytest.approx(log_p.item(), abs=1e-5)


def test_the_probabilities_of_all_images_sum_to_one(curved: Model) -> None:
    total = sum(math.exp(exact_posterior(curved, x).log_p) for x in IMAGES)
    assert total == pytest.approx(1, abs=1e-5)


def test_l_5000_agrees_within_its_standard_error(curved: Model) -> None:
    x = IMAGES[::7]
    log_p = torch.tensor([exact_posterior(curved, image).log_p for image in x], dtype=torch.float64)
    log_w = log_weights_in_chunks(curved, x, 5000, generator=torch.Generator().manual_seed(0)).double()
    error = (log_w - log_p).exp().std(0) / math.sqrt(5000)
    assert ((objectives.iwae(log_w) - log_p).abs() < 4 * error + error**2).all()
    assert (error < 0.15).all()


def test_a_grid_that_is_too_coarse_is_refined(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = linear_model(50, 1.0)
    monkeypatch.setattr(quadrature, "FINE_NODES", 6)
    found = exact_posterior(model, x)
    assert len(found.grid.z1) > 6 and found.coarser < quadrature.TOLERANCE
    assert found.log_p == pytest.approx(exact.log_evidence(model, x).item(), abs=1e-3)


def test_no_more_than_a_few_hundred_points_are_decoded_at_once() -> None:
    model, x = linear_model(5)
    sizes: list[int] = []
    model.decoder.register_forward_hook(lambda module, inputs, output: sizes.append(len(output)))
    exact_posterior(model, x)
    assert max(sizes) <= quadrature.POINTS_AT_ONCE and sum(sizes) < 18_000


# What is refused


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_vae(z_dim=3),
        lambda: make_gmvae(z_dim=1),
        make_ae,
        lambda: make_hvae("parallel", 2, 2),
        lambda: models.build("fsvae", {"image_shape": [1, 4, 4], "z_dim": 2, "hidden": [4]}),
    ],
)
def test_only_a_model_with_two_latents_has_a_grid(make) -> None:
    with pytest.raises(UsageError, match="two latents"):
        exact_posterior(make(), random_binary(1)[0])


def test_grey_pixels_are_refused() -> None:
    with pytest.raises(UsageError, match="grey pixels"):
        exact_posterior(make_vae(z_dim=2), torch.full((16,), 0.5))
