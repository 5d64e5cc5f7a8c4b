"""The conditional VAE: its terms by hand, its bound on log p(x|y) by quadrature, both kinds of network."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import kl_divergence

from tests.vaemodels.normal_nodes import standard_normal_nodes
from vaemodels import models, networks, objectives
from vaemodels.errors import UsageError
from vaemodels.models import FSVAE, FSVAEConfig

KINDS: list[Mapping[str, Any]] = [
    {"image_shape": (1, 4, 4)},
    {"image_shape": (3, 4, 4), "likelihood": "gaussian"},
    {"image_shape": (3, 8, 8), "likelihood": "gaussian", "network": "conv"},
]


def make(z_dim: int = 3, **settings: Any) -> FSVAE:
    torch.manual_seed(0)
    return FSVAE(FSVAEConfig(z_dim=z_dim, hidden=(12, 8), **settings))


def random_images(model: FSVAE, n: int) -> Tensor:
    x = torch.rand((n, math.prod(model.config.image_shape)), generator=torch.Generator().manual_seed(5))
    return x.round() if model.config.likelihood == "bernoulli" else x


@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_a_perfect_mean_on_colour_costs_1536_log_a_fifth_of_pi(network: str) -> None:
    model = make(image_shape=(3, 32, 32), likelihood="gaussian", network=network)
    last = model.decoder[-1] if network == "mlp" else model.to_image[-2]
    assert isinstance(last, nn.Linear | nn.ConvTranspose2d) and last.bias is not None
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.linspace(0, 1, len(last.bias)))
    x = last.bias.detach().repeat_interleave(3072 // len(last.bias)).expand(2, -1)
    reconstruction = model(x, torch.tensor([3, 8])).reconstruction
    assert 1536 * math.log(0.2 * math.pi) == pytest.approx(-713.8, abs=0.05)
    torch.testing.assert_close(reconstruction, torch.full((2,), 1536 * math.log(0.2 * math.pi)))


@pytest.mark.parametrize("settings", KINDS)
def test_terms_are_those_of_the_networks_on_images_and_one_hot_labels(settings: Mapping[str, Any]) -> None:
    model, y = make(**settings), torch.tensor([0, 9, 4, 4])
    x = random_images(model, 4)
    output = model(x, y)
    onehot = nn.functional.one_hot(y, 10).float()
    q = networks.diagonal_normal(model.encoder(torch.cat([model.from_image(x), onehot], 1)))
    torch.testing.assert_close(output.posteriors["z"].mean, q.mean, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(output.kl["z"], kl_divergence(q, model.prior()))
    torch.testing.assert_close(model.kl_by_dimension(output.posteriors)["z"].sum(1), output.kl["z"])
    outputs = model.to_image(model.decoder(torch.cat([output.latents["z"], onehot], 1)))
    if settings.get("likelihood") == "gaussian":
        by_hand = ((x - outputs) ** 2 / 0.2).sum(1) + x.shape[1] / 2 * math.log(0.2 * math.pi)
    else:
        by_hand = nn.functional.binary_cross_entropy_with_logits(outputs, x, reduction="none").sum(1)
    torch.testing.assert_close(output.reconstruction, by_hand, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(output.nelbo, output.reconstruction + output.kl["z"])
    assert list(output.kl) == ["z"]


@pytest.mark.parametrize("settings", KINDS)
def test_log_weights_are_log_joint_given_y_minus_log_q(settings: Mapping[str, Any]) -> None:
    model, y = make(**settings), torch.tensor([0, 9, 4])
    x = random_images(model, 3)
    log_w = model.log_weights(x, 5, y, torch.Generator().manual_seed(3))
    q = model.encode(x, y)["z"]
    noise = torch.randn((5, 3, 3), generator=torch.Generator().manual_seed(3)).double()
    z = q.mean.double() + q.stddev.double() * noise
    log_q = (-0.5 * noise**2 - q.stddev.double().log() - 0.5 * math.log(2 * math.pi)).sum(-1)
    log_prior = (-0.5 * z**2 - 0.5 * math.log(2 * math.pi)).sum(-1)
    for i in range(5):
        log_likelihood = model.decode(z[i].float(), y).log_prob(x).double()
        expected = log_likelihood + log_prior[i] - log_q[i]
        torch.testing.assert_close(log_w[i].double(), expected, rtol=1e-5, atol=1e-3)


def test_l_k_rises_to_log_p_of_x_given_y_by_quadrature() -> None:
    """All images of four binary pixels under one label: their exact probabilities add up to 1, and L_k bounds them."""
    model = make(z_dim=1, image_shape=(1, 2, 2), n_labels=3, activation="tanh").requires_grad_(False)
    for layer in model.decoder:
        if isinstance(layer, nn.Linear):
            layer.weight.mul_(3)
    last = model.encoder[-1]
    assert isinstance(last, nn.Linear)
    last.bias.copy_(
        torch.tensor([0.3, 0.1])
    )  # no narrower than the posterior, so that weights have a variance
    x = torch.tensor(list(itertools.product([0.0, 1.0], repeat=4)))
    nodes, log_node_weights = standard_normal_nodes(80, 1)
    means = []
    for label in range(3):
        y = torch.full((16,), label)
        log_likelihood = model.decode(nodes.float().unsqueeze(1), y).log_prob(x).double()
        log_p = torch.logsumexp(log_likelihood + log_node_weights.unsqueeze(1), 0)
        assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-5)
        log_w = model.log_weights(x, 4096, y).double()
        error = (log_w - log_p).exp().std(0) / 64
        assert ((objectives.iwae(log_w) - log_p).abs() < 4 * error + 1e-4).all()
        assert error.max() < 0.05
        bounds = [objectives.iwae_in_blocks(log_w, k).mean() for k in (1, 8, 64)]
        assert bounds == sorted(bounds) and bounds[0] < log_p.mean() - 0.02
        assert objectives.elbo(log_w).mean().item() == pytest.approx(bounds[0].item(), abs=1e-5)
        means.append(log_p)
    assert (means[0] - means[1]).abs().max() > 0.5  # the label matters


def test_one_style_is_decoded_under_every_label_at_once() -> None:
    model = make(**KINDS[2])
    styles = model.sample_prior(20)
    grid = model.decode(styles, torch.arange(10).unsqueeze(1)).mean
    assert styles.shape == (20, 3) and grid.shape == (10, 20, 192)
    torch.testing.assert_close(grid[7, 3], model.decode(styles[3], torch.tensor(7)).mean)
    assert (grid[1] - grid[2]).abs().max() > 1e-3


@pytest.mark.parametrize("call", ["encode", "embed", "forward", "reconstruct"])
def test_a_missing_label_is_refused_in_one_sentence(call: str) -> None:
    model = make(**KINDS[0])
    for refused in (
        lambda: getattr(model, call)(random_images(model, 2)),
        lambda: model.decode(torch.zeros(2, 3)),
        lambda: model.log_weights(random_images(model, 2), 3),
    ):
        with pytest.raises(UsageError, match="give a label") as refusal:
            refused()
        assert str(refusal.value).endswith(".") and "\n" not in str(refusal.value)
    assert model.needs_labels


@pytest.mark.parametrize("settings", KINDS)
def test_training_starts_at_the_pixels_means(settings: Mapping[str, Any]) -> None:
    """A convolutional decoder has one bias a channel."""
    model = make(**settings)
    means = torch.linspace(0.05, 0.95, math.prod(model.config.image_shape))
    model.start_at(means)
    if settings.get("network") == "conv":
        last = model.to_image[-2]
        assert isinstance(last, nn.ConvTranspose2d) and last.bias is not None
        torch.testing.assert_close(last.bias, means.view(3, -1).mean(1))
    else:
        last = model.decoder[-1]
        assert isinstance(last, nn.Linear)
        bias = torch.sigmoid(last.bias) if model.config.likelihood == "bernoulli" else last.bias
        torch.testing.assert_close(bias, means)


@pytest.mark.parametrize("settings", KINDS)
def test_every_parameter_learns_and_bfloat16_gives_the_same(settings: Mapping[str, Any]) -> None:
    model, y = make(**settings), torch.arange(10)
    x = random_images(model, 10)
    output = model(x, y, torch.Generator().manual_seed(0))
    output.nelbo.mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    with torch.autocast("cpu", torch.bfloat16):
        rounded = model(x, y, torch.Generator().manual_seed(0))
    assert rounded.reconstruction.dtype == rounded.kl["z"].dtype == torch.float32
    torch.testing.assert_close(rounded.nelbo, output.nelbo, rtol=0.02, atol=0.3)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"image_shape": [3, 32, 32]}, "black-and-white"),
        ({"likelihood": "poisson"}, "choose one of"),
        ({"network": "transformer"}, "choose one of"),
        ({"network": "conv"}, "multiples of 8"),
        ({"n_labels": 1}, "2 to 100 classes"),
        ({"n_labels": 10_000_000}, "2 to 100 classes"),
        ({"hidden": [4096, 4096]}, "more than the 20,000,000"),
    ],
)
def test_settings_that_make_no_sense_are_refused(config: Mapping[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        models.build("fsvae", config)


def test_a_config_built_by_hand_is_checked_as_well() -> None:
    for settings in ({"likelihood": "poisson"}, {"network": "transformer"}, {"n_labels": 1}):
        with pytest.raises(UsageError):
            FSVAEConfig(**settings)
