"""Two levels of one dimension each, where every expectation is an integral over a line or a plane."""

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Independent, kl_divergence

from tests.small import DIM, make_hvae, random_binary
from tests.vaemodels.normal_nodes import standard_normal_nodes
from vaemodels import networks, objectives
from vaemodels.errors import UsageError
from vaemodels.evaluation import evaluate
from vaemodels.models import HVAE, HVAEConfig

INFERENCE = ("parallel", "bottom_up")
POINTS = 48


def seeded(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module", params=INFERENCE)
def model(request: pytest.FixtureRequest) -> HVAE:
    """One dimension a level and four pixels, decoded by networks steep enough to bend the posterior."""
    torch.manual_seed(4)
    config = HVAEConfig((1, 2, 2), 1, 1, (6,), (5,), inference=request.param)
    model = HVAE(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith("decoder") and name.endswith("weight"):
                parameter.mul_(2.0)
    return model.requires_grad_(False)


@pytest.fixture(scope="module")
def images() -> Tensor:
    """Every image of four binary pixels, [16, 4]."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=4)))


@pytest.fixture(scope="module")
def log_p(model: HVAE, images: Tensor) -> Tensor:
    """log p(x) = log ∫∫ p(x|z1) p(z1|z2) p(z2) dz1 dz2 by Gauss–Hermite nodes for both noises, [16] in float64."""
    nodes, log_weights = standard_normal_nodes(80, 2)
    p1 = model.conditional_prior(nodes[:, 1:].float())
    z1 = p1.mean + p1.stddev * nodes[:, :1].float()
    log_likelihood = model.decode(z1.unsqueeze(1)).log_prob(images).double()
    return torch.logsumexp(log_likelihood + log_weights.unsqueeze(1), 0)


def under_q(model: HVAE, images: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    """Nodes of both latents under q `[nodes, 16, 1]`, log q of each level there `[nodes, 16]`, weights `[nodes, 1]`."""
    nodes, log_weights = standard_normal_nodes(POINTS, 2)
    noise = nodes.float().unsqueeze(1)
    q1 = networks.diagonal_normal(model.encoder(images))
    z1 = q1.mean + q1.stddev * noise[..., :1]
    q2 = networks.diagonal_normal(model.encoder_z2(images if model.config.inference == "parallel" else z1))
    z2 = q2.mean + q2.stddev * noise[..., 1:]
    log_q = {"z1": q1.log_prob(z1).double(), "z2": q2.log_prob(z2).double()}
    return {"z1": z1, "z2": z2}, log_q, log_weights.exp().unsqueeze(1)


# On one dimension a level


def test_the_probabilities_of_all_images_sum_to_one(log_p: Tensor) -> None:
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-6)


def test_every_term_is_its_expectation_under_q(model: HVAE, images: Tensor) -> None:
    z, log_q, weights = under_q(model, images)
    standard = networks.standard_normal(1, images)
    expected = {
        "reconstruction": -model.decode(z["z1"]).log_prob(images),
        "z1": log_q["z1"] - model.conditional_prior(z["z2"]).log_prob(z["z1"]),
        "z2": log_q["z2"] - standard.log_prob(z["z2"]),
    }
    draws = 10_000
    output = model(images.repeat(draws, 1), generator=seeded())
    for name, values in (output.kl | {"reconstruction": output.reconstruction}).items():
        exact = (weights * expected[name]).sum(0)
        samples = values.double().view(draws, -1)
        error = samples.std(0) / math.sqrt(draws)
        assert ((samples.mean(0) - exact).abs() < 4 * error + 1e-5).all(), name
        assert (error < 0.05 * exact).all(), name


def test_reconstruction_and_kls_make_up_log_p_minus_the_gap(
    model: HVAE, images: Tensor, log_p: Tensor
) -> None:
    """The gap is KL(q(z1, z2|x) ‖ p(z1, z2|x)), here by quadrature under q."""
    z, log_q, weights = under_q(model, images)
    log_joint = model.log_joint(images, z).double()
    gap = (weights * (log_q["z1"] + log_q["z2"] - (log_joint - log_p))).sum(0)
    assert (gap > 0.01).all()
    nelbo = model(images.repeat(10_000, 1), generator=seeded()).nelbo.double().view(10_000, -1)
    error = nelbo.std(0) / 100
    assert ((-nelbo.mean(0) - (log_p - gap)).abs() < 4 * error).all()


def test_l_k_rises_from_the_elbo_to_log_p(model: HVAE, images: Tensor, log_p: Tensor) -> None:
    log_w = model.log_weights(images, 2**14, generator=seeded()).double()
    z, log_q, weights = under_q(model, images)
    elbo = (weights * (model.log_joint(images, z) - log_q["z1"] - log_q["z2"])).sum(0)
    bounds = torch.stack([objectives.iwae_in_blocks(log_w, 2**i) for i in range(0, 15, 2)])
    assert ((bounds[0] - elbo).abs() < 4 * log_w.std(0) / 2**7).all()
    assert (bounds.diff(dim=0) > 0).all()
    error = (log_w - log_p).exp().std(0) / 2**7
    assert ((bounds[-1] - log_p).abs() < 4 * error + error**2).all()
    assert (error < 0.1).all()


def test_ancestral_samples_are_those_of_the_marginal(model: HVAE, images: Tensor, log_p: Tensor) -> None:
    """Frequencies of all sixteen images against their probabilities."""
    n = 100_000
    probabilities = model.decode(model.sample_prior(n, seeded())).mean
    drawn = torch.bernoulli(probabilities, generator=seeded()) @ torch.tensor([8.0, 4.0, 2.0, 1.0])
    frequency = torch.bincount(drawn.long(), minlength=16) / n
    p = log_p.exp()
    assert ((frequency - p).abs() < 4 * (p / n).sqrt()).all()


def test_bottom_up_the_lower_levels_term_can_be_negative_and_the_sum_cannot() -> None:
    """q(z1) = N(0, 1), q(z2|z1) = N(z1, t²), p(z1|z2) = N(z2, t²): kl_z1 = log t, kl_z2 = t²/2 − log t."""
    t = 0.5
    model = HVAE(HVAEConfig((1, 2, 2), 1, 1, (6,), (5,), inference="bottom_up"))
    for name, inputs, slope, log_std in (
        ("encoder", 4, 0.0, 0.0),
        ("encoder_z2", 1, 1.0, math.log(t)),
        ("decoder_z1", 1, 1.0, math.log(t)),
    ):
        line = nn.Linear(inputs, 2)
        line.weight.data = torch.tensor([[slope] * inputs, [0.0] * inputs])
        line.bias.data = torch.tensor([0.0, log_std])
        setattr(model, name, nn.Sequential(line))
    model.requires_grad_(False)
    x = torch.zeros(1, 4)
    z, log_q, weights = under_q(model, x)
    standard = networks.standard_normal(1, x)
    exact = {
        "z1": (weights * (log_q["z1"] - model.conditional_prior(z["z2"]).log_prob(z["z1"]))).sum().item(),
        "z2": (weights * (log_q["z2"] - standard.log_prob(z["z2"]))).sum().item(),
    }
    assert exact["z1"] == pytest.approx(math.log(t), abs=1e-4) and exact["z1"] < 0
    assert exact["z2"] == pytest.approx(t**2 / 2 - math.log(t), abs=1e-4)
    assert sum(exact.values()) == pytest.approx(t**2 / 2, abs=1e-4)
    kl = model(x.expand(20_000, -1), generator=seeded()).kl
    for level, values in kl.items():
        assert values.mean().item() == pytest.approx(exact[level], abs=4 * values.std().item() / 20_000**0.5)


# In more dimensions


@pytest.mark.parametrize("inference", INFERENCE)
def test_terms_add_up_and_belong_to_one_draw(inference: str) -> None:
    model, x = make_hvae(inference), random_binary(6)
    output = model(x)
    z1, z2 = output.latents["z1"], output.latents["z2"]
    q1, q2, p1 = output.posteriors["z1"], output.posteriors["z2"], model.conditional_prior(z2)
    assert list(output.kl) == list(output.latents) == list(model.latent_dims) == ["z1", "z2"]
    assert z1.shape == (6, 3) and z2.shape == (6, 2)
    torch.testing.assert_close(output.nelbo, output.reconstruction + output.kl["z1"] + output.kl["z2"])
    torch.testing.assert_close(output.reconstruction, -model.decode(z1).log_prob(x))
    torch.testing.assert_close(output.kl["z2"], kl_divergence(q2, model.prior()))
    expected = kl_divergence(q1, p1) if inference == "parallel" else q1.log_prob(z1) - p1.log_prob(z1)
    torch.testing.assert_close(output.kl["z1"], expected)
    torch.testing.assert_close(model.kl_by_dimension(output.posteriors)["z2"].sum(-1), output.kl["z2"])


@pytest.mark.parametrize("inference", INFERENCE)
def test_log_weights_are_log_joint_minus_log_q(inference: str) -> None:
    """At the very draws that were made, from the networks' outputs by hand."""
    model, x, k = make_hvae(inference), random_binary(4), 5
    log_w = model.log_weights(x, k, generator=seeded())
    noise = seeded()
    mean, log_std = model.encoder(x).chunk(2, -1)
    e1 = torch.randn((k, 4, 3), generator=noise)
    e2 = torch.randn((k, 4, 2), generator=noise)
    z1 = mean + log_std.exp() * e1
    mean2, log_std2 = model.encoder_z2(x if inference == "parallel" else z1).chunk(2, -1)
    z2 = mean2 + log_std2.exp() * e2

    def log_normal(standardised: Tensor, log_std: Tensor) -> Tensor:
        return (-0.5 * standardised**2 - log_std - 0.5 * math.log(2 * math.pi)).sum(-1)

    mean_p, log_std_p = model.decoder_z1(z2).chunk(2, -1)
    log_joint = (
        log_normal(z2, torch.zeros(()))
        + log_normal((z1 - mean_p) / log_std_p.exp(), log_std_p)
        + model.decode(z1).log_prob(x)
    )
    expected = log_joint - log_normal(e1, log_std) - log_normal(e2, log_std2)
    torch.testing.assert_close(log_w, expected, rtol=1e-5, atol=1e-4)


def test_x_is_encoded_once_however_many_draws() -> None:
    for inference in INFERENCE:
        model, x = make_hvae(inference), random_binary(4)
        seen: list[int] = []
        model.encoder.register_forward_hook(
            lambda module, inputs, output, seen=seen: seen.append(len(output))
        )
        model.log_weights(x, 50)
        assert seen == [4]


def test_what_the_posteriors_are_given_is_what_the_config_says() -> None:
    x = random_binary(4)
    assert set(make_hvae("parallel").encode(x)) == {"z1", "z2"}
    assert set(make_hvae("bottom_up").encode(x)) == {"z1"}
    assert make_hvae("parallel").factorised_posterior and not make_hvae("bottom_up").factorised_posterior
    model = make_hvae("bottom_up")
    posteriors, latents = model.infer(x, (3,))
    torch.testing.assert_close(posteriors["z2"].mean, model.encode_z2(latents["z1"]).mean)
    assert posteriors["z2"].batch_shape == (3, 4)


@pytest.mark.parametrize("inference", INFERENCE)
def test_the_lower_level_is_resampled_under_a_given_upper_one(inference: str) -> None:
    model = make_hvae(inference)
    z2 = torch.tensor([[0.5, -1.0], [2.0, 0.0]])
    p1 = model.conditional_prior(z2)
    assert isinstance(p1, Independent) and p1.batch_shape == (2,) and p1.event_shape == (3,)
    z1 = model.sample_lower(z2.expand(50_000, 2, 2), seeded())
    assert z1.shape == (50_000, 2, 3)
    torch.testing.assert_close(z1.mean(0), p1.mean, rtol=0, atol=0.03)
    torch.testing.assert_close(z1.std(0), p1.stddev, rtol=0.02, atol=0)
    upper = model.sample_upper(50_000, seeded())
    torch.testing.assert_close(upper.T.cov(), torch.eye(2), rtol=0, atol=0.03)


@pytest.mark.parametrize("inference", INFERENCE)
def test_the_interface_holds(inference: str) -> None:
    model, x = make_hvae(inference), random_binary(30)
    z1 = model.embed(x)
    torch.testing.assert_close(z1, model.encode(x)["z1"].mean)
    assert model.decode(z1).mean.shape == (30, DIM) and model.sample_prior(7).shape == (7, 3)
    result = evaluate(model, x, ks=(1, 10))
    assert list(result.kl) == ["z1", "z2"] and result.nelbo is not None
    total = result.reconstruction.mean + result.kl["z1"].mean + result.kl["z2"].mean
    assert result.nelbo.mean == pytest.approx(total, abs=1e-5)
    assert torch.equal(model(x, generator=seeded()).nelbo, model(x, generator=seeded()).nelbo)


@pytest.mark.parametrize("inference", INFERENCE)
def test_every_parameter_learns_and_starts_at_the_pixels(inference: str) -> None:
    model = make_hvae(inference)
    model(random_binary(8)).nelbo.mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    means = torch.linspace(0.05, 0.95, DIM)
    model.start_at(means)
    last = model.decoder[-1]
    assert isinstance(last, nn.Linear)
    torch.testing.assert_close(torch.sigmoid(last.bias), means)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"inference": "sideways"}, "choose parallel or bottom_up"),
        ({"z1_dim": 0}, "1 to 512"),
        ({"z2_dim": 513}, "1 to 512"),
        ({"upper_hidden": (5000,)}, "1 to 4096 units"),
        ({"upper_hidden": (4096, 4096)}, "more than the 20,000,000"),
        ({"image_shape": (3, 32, 32)}, "black-and-white"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        HVAEConfig(**settings)
