"""L_k of one image, the implicit posterior and the exact toy, against closed forms and quadrature."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from tests.small import make_ae, make_gmvae, make_hvae, make_vae, random_binary
from tests.vaemodels import linear_gaussian as linear
from vaemodels import models, objectives
from vaemodels.analysis import bounds, implicit, measure, toy
from vaemodels.analysis.diagnostics import effective_sample_size
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.errors import UsageError


def seeded(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linear_model(z_dim: int = 2) -> tuple[models.VAE, Tensor]:
    """A model whose log p(x) is known and an image; its q is not the posterior."""
    return linear.make_model(z_dim, 4), torch.rand(4, generator=seeded(1))


# One image


def test_the_bounds_rise_over_the_chain_and_end_at_the_exact_evidence() -> None:
    model, x = linear_model()
    points = bounds.curve(bounds.draw(model, x, bounds.MOST_DRAWS, seeded()).log_w)
    assert [point.k for point in points] == list(bounds.CHAIN)
    means = [point.mean for point in points]
    assert means == sorted(means)
    exact = linear.log_evidence(model, x.unsqueeze(0)).item()
    elbo = linear.elbo(model, x.unsqueeze(0)).item()
    spread = points[0].spread / math.sqrt(points[0].repeats)
    assert means[0] == pytest.approx(elbo, abs=4 * spread)
    assert elbo < means[3] < exact + 0.02
    assert means[-1] == pytest.approx(exact, abs=0.05)


def test_what_a_bound_misses_is_the_exact_evidence_less_the_bound() -> None:
    model, _ = linear_model()
    x = torch.rand((3, 4), generator=seeded(1))
    log_p, missed = linear.log_evidence(model, x), []
    for i, image in enumerate(x):
        log_w = bounds.draw(model, image, bounds.MOST_DRAWS, seeded(i)).log_w.double()
        missed.append(log_p[i].item() - (log_w.logsumexp(0).item() - math.log(len(log_w))))
        gap, ess = measure.missed_nats(model, image, i)
        assert gap == pytest.approx(missed[i], abs=1e-4)
        assert ess == pytest.approx(effective_sample_size(log_w.unsqueeze(1)).item(), rel=1e-3)
    found = measure.below_evidence(model, x)
    assert found["images"] == 3
    assert found["mean"][0] == pytest.approx(sum(missed) / 3, abs=2e-4)
    assert found["worst"] == found["worst_reliable"] == pytest.approx(max(missed), abs=2e-4)
    assert missed[found["worst_image"]] == max(missed) and found["worst_ess"] > 10


def test_a_point_is_the_mean_over_blocks_and_its_spread_theirs() -> None:
    log_w = torch.randn(110, generator=seeded())
    points = bounds.curve(log_w)
    assert [(point.k, point.repeats) for point in points] == [(1, 100), (5, 20), (10, 10), (50, 2), (100, 1)]
    assert points[0].mean == pytest.approx(log_w[:100].mean().item())
    fifty = torch.stack([objectives.iwae(part) for part in log_w[:100].double().view(2, 50, 1)])[:, 0]
    assert points[3].mean == pytest.approx(fifty.mean().item())
    assert points[3].spread == pytest.approx(fifty.std().item())
    assert math.isnan(points[4].spread)


@pytest.mark.parametrize("scale", [1, 30])
def test_the_bounds_never_fall_over_the_chain_however_many_draws_there_are(scale: int) -> None:
    log_w = scale * torch.randn(1_100, generator=seeded())
    for n in (*range(1, 120), *range(491, 511), *range(991, 1_011)):
        means = [point.mean for point in bounds.curve(log_w[:n])]
        assert all(low <= high + 1e-9 for low, high in itertools.pairwise(means)), n


@pytest.mark.parametrize(
    "make", [make_vae, make_gmvae, lambda: make_hvae("parallel"), lambda: make_hvae("bottom_up")]
)
def test_draws_are_the_models_own_and_go_on_from_where_they_were(make) -> None:
    model, x = make(), random_binary(1)[0]
    generator = seeded()
    parts = [bounds.draw(model, x, k, generator) for k in (3, 4)]
    whole = bounds.joined(parts)
    assert whole.log_w.shape == (7,) and len(whole.z) == 7
    again = seeded()
    expected = torch.cat([model.log_weights(x.unsqueeze(0), k, generator=again)[:, 0] for k in (3, 4)])
    torch.testing.assert_close(whole.log_w, expected)
    assert whole.z.shape[1] == next(iter(model.latent_dims.values()))


def test_how_many_draws_carry_the_sum() -> None:
    assert bounds.carriers(torch.zeros(20)) in (18, 19)  # 0.9 is none of float64's numbers
    assert bounds.carriers(torch.zeros(10), 0.75) == 8
    assert bounds.carriers(torch.tensor([0.0, 50.0, 0.0])) == 1
    assert bounds.carriers(torch.tensor([0.45, 0.1, 0.45]).log()) == 2
    assert bounds.carriers(torch.zeros(1)) == 1


def test_the_leaders_hold_the_largest_of_every_beginning() -> None:
    log_w = torch.randn(300, generator=seeded())
    kept = set(bounds.leaders(log_w, 4).tolist())
    for n in range(1, 301):
        assert set(log_w[:n].topk(min(4, n)).indices.tolist()) <= kept
    assert len(kept) < 40


@pytest.mark.parametrize(
    ("make", "k", "words"),
    [
        (make_vae, 0, "1 to 5,000 draws"),
        (make_vae, 10**9, "not 1,000,000,000"),
        (make_ae, 5, "no likelihood"),
        (lambda: models.build("fsvae", {"z_dim": 2, "hidden": [4]}), 5, "labels"),
        (lambda: models.build("ssvae", {"z_dim": 2, "hidden": [4]}), 5, "labels"),
    ],
)
def test_what_has_no_bound_of_so_many_draws_is_refused_in_a_sentence(make, k: int, words: str) -> None:
    with pytest.raises(UsageError, match=words) as refusal:
        bounds.draw(make(), random_binary(1)[0], k)
    assert str(refusal.value).endswith(".") and "\n" not in str(refusal.value)
    with pytest.raises(UsageError, match="grey pixels"):
        bounds.draw(make_vae(), torch.full((16,), 0.5), 5)


# The implicit posterior


def grid_of(model: models.VAE, x: Tensor, side: int = 90) -> tuple[Tensor, float]:
    """Nodes over q's mass and the posterior's, and the area of a cell."""
    q, p = linear.q(model, x.unsqueeze(0)), linear.posterior(model, x.unsqueeze(0))
    axes = []
    for i in range(2):
        ends = [
            (of.mean[0, i] + sign * 6 * of.covariance_matrix[0, i, i].sqrt()).item()
            for of in (q, p)
            for sign in (-1, 1)
        ]
        axes.append(torch.linspace(min(ends), max(ends), side, dtype=torch.float64))
    return torch.cartesian_prod(*axes), float((axes[0][1] - axes[0][0]) * (axes[1][1] - axes[1][0]))


def test_the_implicit_density_begins_as_q_and_nears_the_posterior() -> None:
    model, x = linear_model()
    points, cell = grid_of(model, x)
    nodes = implicit.nodes_at(model, x, points)
    log_w = bounds.draw(model, x, 5_000, seeded()).log_w
    posterior = linear.posterior(model, x.unsqueeze(0)).log_prob(points)
    q = linear.q(model, x.unsqueeze(0)).log_prob(points)
    torch.testing.assert_close(implicit.density(nodes, log_w, 1), q.exp(), rtol=1e-3, atol=1e-5)
    distances = []
    for k in (1, 10, 100):
        density = implicit.density(nodes, log_w, k)
        assert density.sum().item() * cell == pytest.approx(1, abs=0.02)
        distances.append(implicit.divergence(density, posterior, cell))
    assert distances[0] == pytest.approx(linear.gap(model, x.unsqueeze(0)).item(), abs=0.01)
    assert distances[0] > 3 * distances[1] > 9 * max(distances[2], 0)


def test_resampled_draws_have_the_mean_that_quadrature_gives() -> None:
    model, x = linear_model()
    points, cell = grid_of(model, x)
    generator = seeded()
    draws = bounds.joined([bounds.draw(model, x, 5_000, generator) for _ in range(4)])
    nodes = implicit.nodes_at(model, x, points)
    for k in (1, 10):
        kept = implicit.resample(draws, k, seeded(4)).double()
        assert kept.shape == (20_000 // k, 2)
        mean = (implicit.density(nodes, draws.log_w, k) * cell) @ points
        error = kept.std(0) / math.sqrt(len(kept))
        assert ((kept.mean(0) - mean).abs() < 4.5 * error + 0.003).all()
    many = implicit.resample(draws, 100, seeded(4)).double()
    error = many.std(0) / math.sqrt(len(many))
    assert ((many.mean(0) - exact_posterior(model, x).mean).abs() < 4.5 * error + 0.01).all()


# The toy


KS = [16, 64, 256, 1_024]


def test_the_toys_bound_ends_at_its_evidence() -> None:
    model = toy.make(0.01, seed=0)
    z = model.mean + math.sqrt(toy.VARIANCE) * torch.randn((100, 2_000, toy.DIMENSIONS), generator=seeded())
    l_k = (torch.logsumexp(toy.log_weights(model, z).double(), 1) - math.log(2_000)).mean().item()
    assert l_k < model.log_p + 0.02
    assert l_k == pytest.approx(model.log_p, abs=0.05)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_toys_ratios_follow_the_powers_of_the_paper(seed: int) -> None:
    """Rainforth et al. 2018, theorem 1: √K for the generative network, 1/√K for the inference network under iwae."""
    found = [toy.ratios(toy.make(0.01, seed), k, seed) for k in KS]
    exponents = {
        name: toy.exponent(KS, [getattr(of, name) for of in found]) for name in ("generative", "iwae")
    }
    assert exponents["generative"] == pytest.approx(0.5, abs=0.1)
    assert exponents["iwae"] == pytest.approx(-0.5, abs=0.1)
    # Tucker et al. 2019: dreg's rises; so does that of stl, whose signal is its bias.
    for name in ("stl", "dreg"):
        assert 0.3 < toy.exponent(KS, [getattr(of, name) for of in found]) < 0.6
    assert all(of.stl > of.dreg > of.iwae for of in found)


def by_autograd(model: toy.Toy, k: int, repeats: int) -> dict[str, Tensor]:
    """The four gradients by differentiating densities of torch, from noise of its own."""
    generator = seeded(99)
    noise = torch.randn((repeats, k, toy.DIMENSIONS), generator=generator).double()
    found = {}
    for name in ("generative", "iwae", "stl", "dreg"):
        b, mu = (part.double().expand(repeats, -1).clone().requires_grad_() for part in (model.b, model.mu))
        mean = (model.a.double() @ model.x.double() + b).unsqueeze(1)
        std = math.sqrt(toy.VARIANCE)
        z = mean + std * noise
        held = mean if name in ("generative", "iwae") else mean.detach()
        log_w = (
            torch.distributions.Normal(mu.unsqueeze(1), 1.0).log_prob(z)
            + torch.distributions.Normal(z, 1.0).log_prob(model.x.double())
            - torch.distributions.Normal(held, std).log_prob(z)
        ).sum(-1)
        if name == "dreg":
            weights = log_w.detach().softmax(1).unsqueeze(-1)
            z.register_hook(lambda gradient, weights=weights: weights * gradient)
        of = mu if name == "generative" else b
        [found[name]] = torch.autograd.grad(torch.logsumexp(log_w, 1).sum(), of)
    return found


def test_the_closed_gradients_are_those_of_autograd() -> None:
    model = toy.make(0.3, seed=2)
    closed = toy.gradients(model, 5, 40, seeded(99))
    for name, expected in by_autograd(model, 5, 40).items():
        torch.testing.assert_close(getattr(closed, name).double(), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("k", [4, 16, 64])
def test_stls_bias_is_what_independent_draws_give(k: int) -> None:
    """At K = 4, 16, 64 some 2, 9 and 39 times the length of the true gradient, which iwae and dreg expect."""
    model = toy.make(0.01, seed=0)
    found = by_autograd(model, k, 131_072 // k)
    truth, difference = found["dreg"].mean(0), (found["stl"] - found["dreg"]).mean(0)
    assert toy.ratios(model, k).stl_bias == pytest.approx((difference.norm() / truth.norm()).item(), rel=0.12)
    error = found["iwae"].std(0) / math.sqrt(len(found["iwae"]))
    assert ((found["iwae"].mean(0) - truth).abs() < 5 * error).all()


def test_one_draw_has_ratios_in_closed_form() -> None:
    """At K = 1 every gradient is Gaussian: iwae's has mean μ + x − 2 (A x + b) and variance 4 · ⅔ in each dimension."""
    model = toy.make(0.1, seed=0)
    signal = (model.mu + model.x - 2 * model.mean).norm().item()
    spread = math.sqrt(toy.DIMENSIONS * toy.VARIANCE)
    found = toy.ratios(model, 1)
    assert found.iwae == pytest.approx(signal / (2 * spread), rel=0.05)
    assert found.dreg == found.stl == pytest.approx(signal / (spread * (1 / toy.VARIANCE - 2) * -1), rel=0.05)
    assert found.generative == pytest.approx((model.mean - model.mu).norm().item() / spread, rel=0.05)
    assert found.stl_bias == 0


def test_far_from_the_optimum_many_draws_are_worth_one() -> None:
    assert toy.effective_draws(toy.make(0.01), 1) == pytest.approx(1)
    assert toy.effective_draws(toy.make(0.01), 256) > 100
    assert toy.effective_draws(toy.make(1.0), 256) < 1.5
    model = toy.make(0.1)
    z = model.mean + math.sqrt(toy.VARIANCE) * torch.randn((64, 500, toy.DIMENSIONS), generator=seeded(8))
    log_w = toy.log_weights(model, z).double()
    expected = effective_sample_size(log_w).median().item()
    assert toy.effective_draws(model, 64) == pytest.approx(expected, rel=0.15)


def test_the_exponent_of_a_power_is_its_own() -> None:
    assert toy.exponent([1, 4, 16], [3, 6, 12]) == pytest.approx(0.5)
