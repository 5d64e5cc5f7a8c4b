"""The VAE and the autoencoder: likelihoods, KL terms, the interface every model shares, and sizes that are refused."""

import math
import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, ContinuousBernoulli, Independent, Normal

from tests.small import DIM, LIKELIHOODS, encode_to, make_ae, make_vae, random_binary
from vaemodels import models, networks
from vaemodels.errors import UsageError
from vaemodels.models import AE, VAE, AEConfig, Model, VAEConfig


def decode_to(model: VAE | AE, outputs: Tensor) -> None:
    """Make the decoder give `outputs` whatever z is."""
    layer = model.decoder[-1]
    assert isinstance(layer, nn.Linear)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(outputs)


# Likelihoods


def test_reconstruction_is_the_cross_entropy_on_logits_summed_over_pixels() -> None:
    model, x = make_vae(), random_binary(1)
    logits = torch.linspace(-80, 80, DIM)
    decode_to(model, logits)
    wide = logits.double()
    by_hand = -(x * -torch.log1p((-wide).exp()) + (1 - x) * -torch.log1p(wide.exp())).sum()
    assert model(x).reconstruction.item() == pytest.approx(by_hand.item(), rel=1e-6)
    assert by_hand > 80


def test_probability_one_half_costs_784_log_2() -> None:
    model, x = VAE(VAEConfig(hidden=(8,))), random_binary(20, 784)
    model.start_at(torch.full((784,), 0.5))
    assert model(x).reconstruction.mean().item() == pytest.approx(543.4, rel=0.1)
    decode_to(model, torch.zeros(784))
    torch.testing.assert_close(model(x).reconstruction, torch.full((20,), 784 * math.log(2)))


@pytest.mark.parametrize("model", [make_vae(), make_ae()])
def test_the_output_bias_starts_at_the_pixels_logits(model: VAE | AE) -> None:
    means = torch.linspace(0.05, 0.95, DIM)
    model.start_at(means)
    layer = model.decoder[-1]
    assert isinstance(layer, nn.Linear)
    torch.testing.assert_close(torch.sigmoid(layer.bias), means)


@pytest.mark.parametrize("variance", ["fixed", "learned", "per_pixel"])
def test_a_gaussian_decoder_starts_at_the_pixels_means(variance: str) -> None:
    model = make_vae(likelihood="gaussian", variance=variance)
    layer = model.decoder[-1]
    assert isinstance(layer, nn.Linear)
    before = layer.bias.detach().clone()
    means = torch.linspace(0.05, 0.95, DIM)
    model.start_at(means)
    torch.testing.assert_close(layer.bias[:DIM], means)
    assert torch.equal(layer.bias[DIM:], before[DIM:])


@pytest.mark.parametrize("variance", ["fixed", "learned"])
def test_a_gaussian_keeps_its_constants(variance: str) -> None:
    """A perfect mean at σ² = 1/10 on 3x32x32 pixels costs 1536 log(0.2 π) nats, which is negative."""
    config = VAEConfig((3, 32, 32), 2, (4,), likelihood="gaussian", variance=variance)  # type: ignore[arg-type]
    model, x = VAE(config), torch.rand(1, 3072)
    decode_to(model, x[0])
    expected = 1536 * math.log(0.2 * math.pi)
    assert expected == pytest.approx(-713.8, abs=0.05)
    assert model(x).reconstruction.item() == pytest.approx(expected, abs=0.01)
    off_by_one_tenth = model(x + 0.1).reconstruction.item()
    assert off_by_one_tenth == pytest.approx(expected + 3072 * 0.1**2 / (2 * 0.1), abs=0.05)


def test_the_learned_variance_is_one_scalar_that_starts_at_a_tenth_and_learns() -> None:
    model = make_vae(likelihood="gaussian", variance="learned")
    assert model.decode(torch.zeros(2, 3)).variance.unique().item() == pytest.approx(0.1)
    x = random_binary(3)
    decode_to(model, x.mean(0))
    model(x).reconstruction.mean().backward()
    assert model.log_std.grad is not None
    # d/d log σ of −log N is 1 − (x − μ)²/σ² a pixel.
    expected = (1 - (x - x.mean(0)) ** 2 / 0.1).sum(1).mean()
    assert model.log_std.grad.item() == pytest.approx(expected.item(), rel=1e-4)
    assert "log_std" in model.state_dict()


def test_a_variance_per_pixel_keeps_the_floor() -> None:
    model, x = make_vae(likelihood="gaussian", variance="per_pixel"), random_binary(1)
    decode_to(model, torch.cat([x[0], torch.full((DIM,), -50.0)]))
    likelihood = model(x).likelihood
    torch.testing.assert_close(likelihood.variance, torch.full((1, DIM), networks.VARIANCE_FLOOR))
    expected = DIM / 2 * math.log(2 * math.pi * networks.VARIANCE_FLOOR)
    assert model(x).reconstruction.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("settings", LIKELIHOODS)
def test_the_likelihood_is_the_librarys_over_all_pixels(settings: Mapping[str, Any]) -> None:
    model = make_vae(**settings)
    likelihood = model.decode(torch.randn(7, 5, 3))
    assert isinstance(likelihood, Independent)
    kinds = {"bernoulli": Bernoulli, "gaussian": Normal, "continuous_bernoulli": ContinuousBernoulli}
    kind = kinds[settings["likelihood"]]
    assert isinstance(likelihood.base_dist, kind)
    assert likelihood.batch_shape == (7, 5) and likelihood.event_shape == (DIM,)


# Terms


def test_the_kl_is_right_by_hand() -> None:
    model = make_vae(z_dim=2)
    encode_to(model, torch.tensor([1.0, -2.0, math.log(0.5), math.log(3.0)]))
    mean, variance = torch.tensor([1.0, -2.0]), torch.tensor([0.25, 9.0])
    parts = 0.5 * (mean**2 + variance - 1 - variance.log())
    output = model(random_binary(4))
    torch.testing.assert_close(output.kl["z"], parts.sum().expand(4))
    torch.testing.assert_close(model.kl_by_dimension(output.posteriors)["z"], parts.expand(4, 2))


def test_the_kl_is_zero_where_q_is_the_prior() -> None:
    model = make_vae()
    encode_to(model, torch.zeros(6))
    torch.testing.assert_close(model(random_binary(4)).kl["z"], torch.zeros(4))


def test_the_analytic_kl_is_the_mean_of_log_q_minus_log_p() -> None:
    model, x = make_vae(), random_binary(6)
    encode_to(model, torch.tensor([1.0, -0.5, 0.0, -1.0, 0.3, 0.0]))
    output = model(x)
    q = output.posteriors["z"]
    z = networks.sample_normal(q, (40_000,))
    samples = q.log_prob(z) - model.prior().log_prob(z)
    error = samples.std(0) / 200
    assert ((samples.mean(0) - output.kl["z"]).abs() < 4 * error).all()
    assert (error < 0.02 * output.kl["z"]).all()


@pytest.mark.parametrize("settings", LIKELIHOODS)
def test_terms_add_up(settings: Mapping[str, Any]) -> None:
    model, x = make_vae(**settings), random_binary(6)
    output = model(x)
    assert list(output.kl) == list(model.latent_dims) == ["z"]
    assert output.reconstruction.shape == output.kl["z"].shape == output.nelbo.shape == (6,)
    torch.testing.assert_close(output.nelbo, output.reconstruction + output.kl["z"])
    torch.testing.assert_close(output.kl_total, output.kl["z"])
    by_dimension = model.kl_by_dimension(output.posteriors)["z"]
    assert by_dimension.shape == (6, 3)
    torch.testing.assert_close(by_dimension.sum(1), output.kl["z"])
    torch.testing.assert_close(output.reconstruction, -model.decode(output.latents["z"]).log_prob(x))


def test_several_latents_add_up_too() -> None:
    """The output that models with more than one KL term will fill."""
    rec = torch.tensor([3.0, 4.0])
    kl = {"z1": torch.tensor([1.0, 2.0]), "z2": torch.tensor([0.5, 0.25])}
    output = models.Output({}, {}, Bernoulli(torch.tensor(0.5)), rec, kl)
    torch.testing.assert_close(output.nelbo, torch.tensor([4.5, 6.25]))


@pytest.mark.parametrize("settings", LIKELIHOODS)
def test_log_weights_are_log_joint_minus_log_q(settings: Mapping[str, Any]) -> None:
    """Against densities written out by hand in float64, at the very draws that were made."""
    model, x = make_vae(**settings), random_binary(4)
    k = 6
    log_w = model.log_weights(x, k, generator=torch.Generator().manual_seed(3))
    assert log_w.shape == (k, 4)
    mean, log_std = model.encoder(x).double().chunk(2, dim=-1)
    noise = torch.randn((k, 4, 3), generator=torch.Generator().manual_seed(3)).double()
    z = mean + log_std.exp() * noise
    log_q = (-0.5 * noise**2 - log_std - 0.5 * math.log(2 * math.pi)).sum(-1)
    log_prior = (-0.5 * z**2 - 0.5 * math.log(2 * math.pi)).sum(-1)
    log_likelihood = model.decode(z.float()).log_prob(x).double()
    torch.testing.assert_close(log_w.double(), log_likelihood + log_prior - log_q, rtol=1e-5, atol=1e-4)


def test_log_weights_differ_by_draw_and_belong_to_their_image() -> None:
    model, x = make_vae(), random_binary(4)
    log_w = model.log_weights(x, 3, generator=torch.Generator().manual_seed(3))
    assert len(log_w.unique()) == 12
    swapped = model.log_weights(x.flip(0), 4000).mean(0).flip(0)
    torch.testing.assert_close(swapped, model.log_weights(x, 4000).mean(0), rtol=0, atol=0.08)
    assert swapped.std() > 0.2


@pytest.mark.parametrize("settings", LIKELIHOODS)
def test_one_seed_gives_one_output_whatever_the_global_generator(settings: Mapping[str, Any]) -> None:
    model, x = make_vae(**settings), random_binary(4)

    def numbers(seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        parts = [model(x, generator=generator).nelbo, model.log_weights(x, 3, generator=generator).flatten()]
        return torch.cat([*parts, model.sample_prior(5, generator).flatten()])

    before = torch.get_rng_state()
    first = numbers(1)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(123)
    assert torch.equal(first, numbers(1))
    assert not torch.equal(first, numbers(2))


def test_the_embedding_is_the_posterior_mean_and_labels_are_ignored() -> None:
    model, x = make_vae(), random_binary(4)
    y = torch.arange(4)
    torch.testing.assert_close(model.embed(x), model.encode(x)["z"].mean)
    generator, again = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    assert torch.equal(model(x, y, generator).nelbo, model(x, None, again).nelbo)
    assert model.n_labels == 0


def test_prior_draws_are_standard_normal() -> None:
    z = make_vae().sample_prior(50_000)
    assert z.shape == (50_000, 3)
    assert z.mean(0).abs().max() < 0.03
    torch.testing.assert_close(z.T.cov(), torch.eye(3), rtol=0, atol=0.04)


def test_every_parameter_learns() -> None:
    for settings in LIKELIHOODS:
        model = make_vae(**settings)
        model(random_binary(8)).nelbo.mean().backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_under_bfloat16_the_terms_are_still_float32() -> None:
    model, x = make_vae(), random_binary(8)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(x, generator=torch.Generator().manual_seed(0))
        assert model.encoder(x).dtype == torch.bfloat16
    assert output.reconstruction.dtype == output.kl["z"].dtype == torch.float32
    full = model(x, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(output.nelbo, full.nelbo, rtol=0.02, atol=0.1)


# The autoencoder


def test_an_autoencoder_is_its_reconstruction_and_nothing_else() -> None:
    model, x = make_ae(), random_binary(5)
    output = model(x)
    assert output.kl == {} and output.posteriors == {}
    assert torch.equal(output.nelbo, output.reconstruction)
    assert torch.equal(output.nelbo, model(x).nelbo)
    assert torch.equal(output.latents["z"], model.embed(x))
    expected = nn.functional.binary_cross_entropy_with_logits(
        model.decoder(model.encoder(x)), x, reduction="none"
    )
    torch.testing.assert_close(output.reconstruction, expected.sum(1))


def test_an_autoencoder_says_that_it_has_no_likelihood() -> None:
    model = make_ae()
    assert not model.has_likelihood and model.encode(random_binary(1)) == {}
    assert model.kl_by_dimension({}) == {}
    with pytest.raises(UsageError, match="no likelihood"):
        model.log_weights(random_binary(1), 5)


# The interface


@pytest.mark.parametrize("name", models.MODELS)
def test_every_model_is_built_by_name_from_plain_values(name: str) -> None:
    dims = {"z1": 2, "z2": 1} if name == "hvae" else {"z": 2}
    sizes = {f"{latent}_dim": dim for latent, dim in dims.items()}
    model = models.build(name, {"image_shape": [1, 4, 4], "hidden": [6, 5]} | sizes)
    assert isinstance(model, Model) and model.name == name
    assert model.config.hidden == (6, 5) and model.latent_dims == dims
    x, y = random_binary(3), torch.arange(3) if model.n_labels else None
    z = model.embed(x, y)
    assert z.shape == (3, 2) and model.decode(z, y).mean.shape == (3, DIM)
    assert model.decode(model.sample_prior(3), y).sample().shape == (3, DIM)
    assert model(x, y).likelihood.mean.shape == model.reconstruct(x, y).shape == (3, DIM)
    torch.testing.assert_close(model.reconstruct(x, y), model.decode(z, y).mean)
    assert model.device == torch.device("cpu")


REFUSED: list[tuple[str, Mapping[str, Any], str]] = [
    ("gan", {}, "Unknown model"),
    ("vae", {"depth": 3}, "Unknown setting 'depth'"),
    ("vae", {"z_dim": 0}, "1 to 512"),
    ("vae", {"z_dim": 513}, "1 to 512"),
    ("vae", {"z_dim": 2.5}, "whole number"),
    ("vae", {"z_dim": True}, "whole number"),
    ("vae", {"hidden": []}, "1 to 8 hidden layers"),
    ("vae", {"hidden": [8] * 9}, "1 to 8 hidden layers"),
    ("vae", {"hidden": [10_000_000]}, "1 to 4096 units"),
    ("vae", {"hidden": [0]}, "1 to 4096 units"),
    ("vae", {"hidden": [4096, 4096]}, "more than the 20,000,000"),
    ("vae", {"hidden": "300"}, "whole numbers"),
    ("vae", {"image_shape": [28, 28]}, "image_shape"),
    ("vae", {"image_shape": [1, 28, 100_000]}, "from 1 to 256"),
    ("vae", {"image_shape": [1, 0, 28]}, "from 1 to 256"),
    ("vae", {"activation": "cosine"}, "choose one of"),
    ("vae", {"likelihood": "poisson"}, "choose one of"),
    ("vae", {"variance": "huge"}, "choose one of"),
    ("vae", {"image_shape": [3, 32, 32]}, "black-and-white"),
    ("ae", {"likelihood": "gaussian"}, "Unknown setting"),
    ("ae", {"image_shape": [3, 32, 32]}, "black-and-white"),
    ("ae", {"hidden": [4096] * 8}, "more than the 20,000,000"),
]


@pytest.mark.parametrize(("name", "config", "words"), REFUSED)
def test_a_model_that_makes_no_sense_is_refused_before_it_takes_memory(name, config, words) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match=words) as refusal:
            models.build(name, config)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert str(refusal.value).endswith(".") and "\n" not in str(refusal.value)


def test_a_config_built_by_hand_is_checked_as_well() -> None:
    for settings in ({"likelihood": "poisson"}, {"variance": "huge"}, {"activation": "cosine"}):
        with pytest.raises(UsageError):
            VAEConfig(**settings)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        AEConfig(z_dim=0)
