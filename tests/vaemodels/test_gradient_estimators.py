"""Gradients of iwae, stl and dreg: what they agree on, what they differ in, and which of them are noise."""

import math
from collections.abc import Sequence
from functools import cache
from typing import get_args

import pytest
import torch
from torch import Tensor

from tests.small import make_ae, make_gmvae, make_hvae, make_vae, random_binary
from tests.vaemodels import linear_gaussian as exact
from tests.vaemodels.normal_nodes import standard_normal_nodes
from vaemodels import models, objectives
from vaemodels.analysis.gradient_noise import SignalToNoise, signal_to_noise
from vaemodels.errors import UsageError
from vaemodels.models import Model
from vaemodels.objectives import Objective, bound

IMAGES = 3
COPIES = 250
REPEATS = 60


def seeded(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linear_model(z_dim: int = 1) -> tuple[models.VAE, Tensor]:
    """A linear-Gaussian VAE whose q is not the posterior, and images."""
    return exact.make_model(z_dim, 3), torch.rand((IMAGES, 3), generator=seeded(1))


def mixture_model() -> tuple[models.GMVAE, Tensor]:
    return make_gmvae(3, z_dim=2, likelihood="gaussian"), random_binary(IMAGES)


def two_level_model() -> tuple[models.HVAE, Tensor]:
    return make_hvae("parallel", 2, 1), random_binary(IMAGES)


def gradients(model: Model, x: Tensor, objective: Objective, k: int, repeats: int = REPEATS) -> Tensor:
    """Independent draws `[repeats, parameters]` of the gradient of the mean bound over x, COPIES of it averaged."""
    generator = seeded()
    many = x.repeat(COPIES, 1)
    parameters = list(model.parameters())
    samples = []
    for _ in range(repeats):
        value = bound(model, many, objective, k, generator=generator).mean()
        samples.append(torch.cat([g.flatten() for g in torch.autograd.grad(value, parameters)]).double())
    return torch.stack(samples)


def is_inference(model: Model) -> Tensor:
    """Which entries of the gradient belong to q's networks."""
    return torch.cat(
        [torch.full((p.numel(),), name.startswith("encoder")) for name, p in model.named_parameters()]
    )


def standardised(a: Tensor, b: Tensor) -> Tensor:
    """Differences of the means of two samples of gradients in standard errors; 0 where neither moves."""
    error = (a.var(0) / len(a) + b.var(0) / len(b)).sqrt()
    return (a.mean(0) - b.mean(0)) / error.clamp(min=1e-9)


# The values


@pytest.mark.parametrize("objective", get_args(Objective))
def test_an_estimator_changes_no_value(objective: Objective) -> None:
    for model, x in (linear_model(2), mixture_model(), two_level_model()):
        log_w = model.log_weights(x, 5, generator=seeded())
        expected = objectives.elbo(log_w) if objective == "elbo" else objectives.iwae(log_w)
        value = bound(model, x, objective, 5, generator=seeded())
        assert value.shape == (IMAGES,)
        torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("objective", get_args(Objective))
def test_l_1_is_the_elbo(objective: Objective) -> None:
    for model, x in (linear_model(2), mixture_model(), two_level_model()):
        expected = bound(model, x, "elbo", 1, generator=seeded())
        torch.testing.assert_close(bound(model, x, objective, 1, generator=seeded()), expected)
    model, x = linear_model(2)
    many = bound(model, x.repeat(20_000, 1), objective, 1, generator=seeded()).double().view(-1, IMAGES)
    error = many.std(0) / math.sqrt(len(many))
    assert ((many.mean(0) - exact.elbo(model, x)).abs() < 4 * error).all()


# The gradients


MODELS = [linear_model, mixture_model, two_level_model]


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("k", [1, 2, 8])
def test_dreg_agrees_with_iwae_in_expectation(make, k: int) -> None:
    model, x = make()
    iwae, dreg = gradients(model, x, "iwae", k), gradients(model, x, "dreg", k)
    difference = standardised(iwae, dreg)
    assert difference.abs().max() < 4.5
    assert difference.square().mean() < 2
    # Small enough errors to tell: the error of the mean gradient is a few percent of its length.
    assert dreg.std(0).norm() / math.sqrt(REPEATS) < 0.05 * dreg.mean(0).norm()


@pytest.mark.parametrize("make", MODELS)
def test_stl_agrees_with_iwae_in_expectation_for_one_draw(make) -> None:
    model, x = make()
    difference = standardised(gradients(model, x, "iwae", 1), gradients(model, x, "stl", 1))
    assert difference.abs().max() < 4.5
    assert difference.square().mean() < 2


@pytest.mark.parametrize("objective", ["stl", "dreg"])
@pytest.mark.parametrize("k", [2, 8])
def test_the_generative_network_keeps_the_iwae_gradient_draw_by_draw(objective: Objective, k: int) -> None:
    for model, x in (linear_model(2), mixture_model(), two_level_model()):
        generative = [p for name, p in model.named_parameters() if not name.startswith("encoder")]
        expected = torch.autograd.grad(bound(model, x, "iwae", k, generator=seeded()).mean(), generative)
        found = torch.autograd.grad(bound(model, x, objective, k, generator=seeded()).mean(), generative)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


def exact_gradient(model: models.VAE, x: Tensor) -> Tensor:
    """d L_2 / d parameters by Gauss–Hermite nodes for both noises, z having one dimension."""
    nodes, log_weights = standard_normal_nodes(64, 2)
    log_w = torch.stack([exact.log_weight(model, x, noise.view(-1, 1, 1)) for noise in nodes.T])
    l2 = (log_weights.exp().unsqueeze(1) * (torch.logsumexp(log_w, 0) - math.log(2))).sum(0)
    return exact.gradient(l2.mean(), model)


def exact_stl_gradient(model: models.VAE, x: Tensor) -> Tensor:
    """What stl expects at k = 2, by the same nodes: E Σ w̃_i ∂log w_i/∂z_i ∂z_i/∂φ."""
    nodes, log_weights = standard_normal_nodes(64, 2)
    q = exact.q(model, x)
    held = torch.distributions.MultivariateNormal(q.mean.detach(), scale_tril=q.scale_tril.detach())
    log_w = []
    for noise in nodes.T:
        z = q.mean + q.stddev * noise.view(-1, 1, 1)
        weight, bias = exact.parameters(model.decoder)
        likelihood = torch.distributions.Normal(z @ weight.T + bias, math.sqrt(exact.VARIANCE))
        prior = torch.distributions.Normal(torch.zeros_like(z), 1.0)
        log_joint = likelihood.log_prob(x.double()).sum(-1) + prior.log_prob(z).sum(-1)
        log_w.append(log_joint - held.log_prob(z))
    l2 = (log_weights.exp().unsqueeze(1) * torch.logsumexp(torch.stack(log_w), 0)).sum(0)
    return exact.gradient(l2.mean(), model)


def test_iwae_and_dreg_agree_with_quadrature_and_stl_is_biased_by_what_it_says() -> None:
    model, x = linear_model()
    expected, biased = exact_gradient(model, x), exact_stl_gradient(model, x)
    mean = {objective: gradients(model, x, objective, 2) for objective in ("iwae", "stl", "dreg")}
    for objective, target in (("iwae", expected), ("dreg", expected), ("stl", biased)):
        samples = mean[objective]
        error = samples.std(0) / math.sqrt(REPEATS)
        assert ((samples.mean(0) - target).abs() < 4 * error + 1e-6).all(), objective
    q = is_inference(model)
    bias = (biased - expected)[q]
    error = (mean["stl"].std(0) / math.sqrt(REPEATS))[q]
    assert bias.norm() > 0.3 * expected[q].norm()  # 0.32 of it, measured here
    assert (bias.abs() > 10 * error).any()
    torch.testing.assert_close(biased[~q], expected[~q])


def test_the_bias_of_stl_shows_for_more_than_one_draw_only() -> None:
    model, x = linear_model()
    q = is_inference(model)
    off: Sequence[float] = [
        standardised(gradients(model, x, "iwae", k), gradients(model, x, "stl", k))[q].abs().max().item()
        for k in (1, 8)
    ]
    assert off[0] < 4 and off[1] > 20


@pytest.mark.parametrize("objective", ["stl", "dreg"])
@pytest.mark.parametrize("k", [1, 2, 8])
def test_inference_gradients_vanish_draw_by_draw_where_q_is_the_posterior(
    objective: Objective, k: int
) -> None:
    model, x = exact.make_model(2, 5), torch.rand((4, 5), generator=seeded(1))
    exact.infer_exactly(model)
    for seed in range(5):
        encoder = list(model.encoder.parameters())
        path = torch.autograd.grad(bound(model, x, objective, k, generator=seeded(seed)).sum(), encoder)
        score = torch.autograd.grad(bound(model, x, "iwae", k, generator=seeded(seed)).sum(), encoder)
        # float32 leaves 10⁻⁵ of terms of order ten; the score that stl and dreg drop is of order one.
        assert max(g.abs().max() for g in path) < 1e-4
        assert max(g.abs().max() for g in score) > 0.1


def test_x_is_encoded_once_and_only_z_is_repeated() -> None:
    for objective in get_args(Objective):
        model, x = mixture_model()
        encoded: list[torch.Size] = []
        decoded: list[torch.Size] = []
        model.encoder.register_forward_hook(lambda m, i, out, seen=encoded: seen.append(out.shape))
        model.decoder.register_forward_hook(lambda m, i, out, seen=decoded: seen.append(out.shape))
        bound(model, x, objective, 50)
        assert [len(shape) for shape in encoded] == [2] and encoded[0][0] == IMAGES
        assert [shape[:2] for shape in decoded] == [(50, IMAGES)]


def test_a_network_that_is_not_trained_is_left_alone() -> None:
    model, x = mixture_model()
    model.encoder.requires_grad_(False)
    bound(model, x, "dreg", 5).mean().backward()
    assert all(p.grad is None for p in model.encoder.parameters())
    assert all(p.grad is not None for p in model.decoder.parameters())


# Signal and noise


def test_signal_to_noise_is_the_mean_over_the_deviation() -> None:
    """Of one gradient of known mean and variance: d/dθ of θ·(mean + noise)."""

    class Noisy(models.VAE):
        def log_weights(self, x: Tensor, k: int, y=None, generator=None) -> Tensor:
            inference, generative = next(self.encoder.parameters()), next(self.decoder.parameters())
            noise = torch.randn((1, 1), generator=generator)
            return (inference.sum() * (3 + 2 * noise) + generative.sum() * noise).expand(1, len(x))

    model = Noisy(models.VAEConfig(image_shape=(1, 2, 2), z_dim=1, hidden=(2,)))
    ratio = signal_to_noise(model, torch.zeros(1, 4), "iwae", 1, repeats=4000)
    assert ratio.inference == pytest.approx(1.5, rel=0.05)
    assert ratio.generative < 0.05


def test_more_draws_drown_the_inference_gradient_of_iwae_and_not_of_dreg() -> None:
    """Rainforth et al. 2018: iwae's falls as 1/√k, the generative network's rises as √k; so does dreg's."""
    model, x = exact.make_model(2, 5), torch.rand((1, 5), generator=seeded(1))
    exact.infer_exactly(model)
    with torch.no_grad():
        exact.layer(model.encoder).bias.add_(0.1)  # an almost perfect q, where the limit of large k is near

    @cache
    def ratio(objective: Objective, k: int) -> SignalToNoise:
        return signal_to_noise(model, x, objective, k, repeats=400)

    assert ratio("iwae", 4).inference / ratio("iwae", 1).inference == pytest.approx(1 / 2, rel=0.25)
    assert ratio("dreg", 16).inference / ratio("dreg", 1).inference == pytest.approx(4, rel=0.2)
    for objective in ("iwae", "dreg"):
        rise = ratio(objective, 16).generative / ratio(objective, 1).generative
        assert rise == pytest.approx(4, rel=0.2)


def test_a_gradient_without_noise_is_all_signal_and_one_seed_gives_one_ratio() -> None:
    model, x = exact.make_model(2, 5), torch.rand((2, 5), generator=seeded(1))
    first, again = (signal_to_noise(model, x, "iwae", 4, repeats=20, seed=5) for _ in range(2))
    assert first == again and first != signal_to_noise(model, x, "iwae", 4, repeats=20, seed=6)


# What is refused


@pytest.mark.parametrize(
    ("make", "objective", "k", "words"),
    [
        (make_vae, "vimco", 5, "Unknown objective"),
        (make_vae, "iwae", 0, "1 to 1,000 draws"),
        (make_vae, "iwae", 1001, "1 to 1,000 draws"),
        (make_ae, "iwae", 5, "no likelihood"),
        (lambda: make_hvae("bottom_up"), "stl", 5, "inference=parallel"),
        (lambda: make_hvae("bottom_up"), "dreg", 5, "inference=parallel"),
        (lambda: models.build("fsvae", {"z_dim": 2, "hidden": [4]}), "iwae", 5, "not for a fsvae"),
        (lambda: models.build("ssvae", {"z_dim": 2, "hidden": [4]}), "dreg", 5, "not for a ssvae"),
    ],
)
def test_what_is_not_defined_is_refused_in_one_sentence(
    make, objective: Objective, k: int, words: str
) -> None:
    model = make()
    with pytest.raises(UsageError, match=words) as refusal:
        bound(model, random_binary(2), objective, k)
    assert str(refusal.value).endswith(".") and "\n" not in str(refusal.value)


def test_iwae_is_defined_for_both_orders_of_inference() -> None:
    for inference in ("parallel", "bottom_up"):
        assert bound(make_hvae(inference), random_binary(2), "iwae", 5).shape == (2,)
