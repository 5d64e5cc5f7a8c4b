"""The semi-supervised VAE: the sum over labels against one written out by hand, and its bounds against exact log p."""

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import kl_divergence

from tests.vaemodels.normal_nodes import standard_normal_nodes
from vaemodels import evaluation, models, networks, objectives
from vaemodels.errors import UsageError
from vaemodels.models import FSVAE, SSVAE, FSVAEConfig, SSVAEConfig

SHAPE, DIM = (1, 4, 4), 16


def make(**settings: Any) -> SSVAE:
    torch.manual_seed(0)
    values: dict[str, Any] = {"image_shape": SHAPE, "z_dim": 3, "hidden": (12, 8)}
    model = SSVAE(SSVAEConfig(**(values | settings)))
    for network in (model.classifier, model.encoder, model.decoder):
        steepen(network)  # as it is built, q(y|x) is nearly uniform and every style posterior nearly the same
    return model


@torch.no_grad()
def steepen(network: nn.Sequential, factor: float = 2.5) -> None:
    for layer in network:
        if isinstance(layer, nn.Linear):
            layer.weight.mul_(factor)


def random_binary(n: int, dim: int = DIM) -> Tensor:
    return torch.rand((n, dim), generator=torch.Generator().manual_seed(5)).round()


def conditional_half(model: SSVAE) -> FSVAE:
    """The FSVAE with the same encoder and decoder."""
    config = FSVAEConfig(
        model.config.image_shape, model.config.z_dim, model.config.hidden, n_labels=model.n_labels
    )
    half = FSVAE(config)
    weights = {name: tensor for name, tensor in model.state_dict().items() if "classifier" not in name}
    half.load_state_dict(weights)
    return half


def seeded(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# The sum over labels


def test_the_terms_are_the_sum_over_labels_written_out() -> None:
    """One label and one image at a time, the one-hot label joined to the input, in plain loops."""
    model, x = make(), random_binary(4)
    output = model(x, generator=seeded())
    noise = torch.randn((10, 4, 3), generator=seeded())
    q_y = model.classifier(x).softmax(-1)
    assert q_y.max() > 0.2
    for i in range(4):
        reconstruction = kl_z = kl_y = 0.0
        for label in range(10):
            onehot = nn.functional.one_hot(torch.tensor(label), 10).float()
            mean, log_std = model.encoder(torch.cat([x[i], onehot])).double().chunk(2)
            z = mean + log_std.exp() * noise[label, i]
            logits = model.decoder(torch.cat([z.float(), onehot])).double()
            log_likelihood = (x[i] * logits - torch.log1p(logits.exp())).sum()
            p = q_y[i, label].item()
            reconstruction -= p * log_likelihood.item()
            kl_z += p * (0.5 * (mean**2 + (2 * log_std).exp() - 1) - log_std).sum().item()
            kl_y += p * (math.log(p) - math.log(0.1))
        assert output.reconstruction[i].item() == pytest.approx(reconstruction, rel=1e-5)
        assert output.kl["z"][i].item() == pytest.approx(kl_z, rel=1e-5)
        assert output.kl["y"][i].item() == pytest.approx(kl_y, rel=1e-4)
        total = reconstruction + kl_z + kl_y
        assert output.nelbo[i].item() == pytest.approx(total, rel=1e-5)


def test_the_gradient_is_that_of_the_sum_on_repeated_images() -> None:
    """Every image tiled ten times through the whole of the networks, the way it is usually written."""
    model, x = make(), random_binary(5)
    model(x, generator=seeded()).nelbo.mean().backward()
    ours = [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]
    model.zero_grad()
    onehot = torch.eye(10).repeat_interleave(5, 0)
    q_y = model.classifier(x).softmax(-1)
    q_z = networks.diagonal_normal(model.encoder(torch.cat([x.repeat(10, 1), onehot], 1)))
    z = q_z.mean + q_z.stddev * torch.randn((10, 5, 3), generator=seeded()).view(50, 3)
    logits = model.decoder(torch.cat([z, onehot], 1))
    cross_entropy = nn.functional.binary_cross_entropy_with_logits(
        logits, x.repeat(10, 1), reduction="none"
    ).sum(1)
    by_label = (cross_entropy + kl_divergence(q_z, model.prior())).view(10, 5)
    ((q_y.T * by_label).sum(0) + (q_y * (10 * q_y).log()).sum(1)).mean().backward()
    assert len(ours) == len(list(model.parameters()))
    for parameter, gradient in zip(model.parameters(), ours, strict=True):
        assert gradient.abs().sum() > 0
        torch.testing.assert_close(gradient, parameter.grad, rtol=1e-4, atol=1e-5)


def test_the_elbo_is_made_of_the_elbos_of_each_class() -> None:
    """ELBO(x) = Σ_y q(y|x) [ELBO(x, y) − log q(y|x)]."""
    model, x = make(), random_binary(6)
    per_class = model.per_class_elbo(x, seeded())
    assert per_class.shape == (10, 6)
    log_q = model.classify(x).log_softmax(-1).T
    expected = (log_q.exp() * (per_class - log_q)).sum(0)
    torch.testing.assert_close(-model(x, generator=seeded()).nelbo, expected)


# Known labels


def test_a_known_labels_elbo_is_the_conditional_models_plus_log_p_of_y() -> None:
    model, x, y = make(), random_binary(10), torch.arange(10).flip(0)
    half = conditional_half(model)
    output = model(x, y)
    torch.testing.assert_close(output.kl["y"], torch.full((10,), math.log(10)))
    z = output.latents["z"]
    torch.testing.assert_close(output.reconstruction, -half.decode(z, y).log_prob(x))
    torch.testing.assert_close(output.kl["z"], half(x, y).kl["z"])
    torch.testing.assert_close(output.latents["y"], y)
    # From the same draws both bounds come out the same, up to log p(y).
    draws = 1000
    of_both = -model(x.repeat(draws, 1), y.repeat(draws)).nelbo.view(draws, 10)
    of_half = -half(x.repeat(draws, 1), y.repeat(draws)).nelbo.view(draws, 10)
    error = (of_both.var(0) / draws + of_half.var(0) / draws).sqrt()
    assert ((of_both.mean(0) - of_half.mean(0) - math.log(0.1)).abs() < 4 * error).all()
    assert error.max() < 0.4
    torch.testing.assert_close(model.per_class_elbo(x, seeded())[y, range(10)], -model(x, y, seeded()).nelbo)


def test_known_and_unknown_labels_go_together_in_one_batch() -> None:
    model, x = make(), random_binary(4)
    y = torch.tensor([3, -1, -1, 8])
    mixed = model(x, y, seeded())
    known, unknown = model(x, y.clamp(min=0), seeded()), model(x, None, seeded())
    for part in ("reconstruction", "nelbo"):
        expected = torch.where(y >= 0, getattr(known, part), getattr(unknown, part))
        torch.testing.assert_close(getattr(mixed, part), expected)
    torch.testing.assert_close(mixed.kl["y"][[0, 3]], torch.full((2,), math.log(10)))
    assert (mixed.kl["y"][[1, 2]] < math.log(10)).all()
    mixed.nelbo.mean().backward()
    for parameter in model.parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all()


def test_known_labels_teach_the_classifier_nothing_by_their_bound() -> None:
    """Which is why training adds α · (−log q(y|x))."""
    model, x = make(), random_binary(4)
    model(x, torch.arange(4)).nelbo.mean().backward()
    for parameter in model.classifier.parameters():
        assert parameter.grad is not None and not parameter.grad.any()
    assert (model.classify(x).argmax(-1) == model.most_probable(x)).all()
    assert model.most_probable(x, torch.tensor([7, -1, -1, 2]))[[0, 3]].tolist() == [7, 2]


def test_an_image_is_encoded_at_its_label_or_else_at_the_most_probable_one() -> None:
    model, x = make(), random_binary(4)
    y = torch.tensor([3, -1, -1, 8])
    every = model.encode_every_label(x)
    assert every.batch_shape == (10, 4)
    for known, labels in ((None, model.classify(x).argmax(-1)), (y, model.most_probable(x, y))):
        posteriors = model.encode(x, known)
        q = posteriors["z"]
        assert q.batch_shape == posteriors["y"].batch_shape == (4,) and q.event_shape == (3,)
        assert torch.equal(q.mean, every.mean[labels, range(4)])
        assert torch.equal(q.stddev, every.stddev[labels, range(4)])
        assert torch.equal(q.mean, model.embed(x, known))
        by_dimension = model.kl_by_dimension(posteriors)["z"]
        torch.testing.assert_close(by_dimension.sum(1), kl_divergence(q, model.prior()))
    assert model.most_probable(x, y)[[0, 3]].tolist() == [3, 8]


def test_the_styles_posterior_of_an_output_is_the_mixture_over_labels() -> None:
    model, x = make(), random_binary(4)
    q = model(x, generator=seeded()).posteriors["z"]
    assert q.batch_shape == (4,) and q.event_shape == (3,)
    z = torch.randn((5, 4, 3), generator=seeded())
    of_label = model.encode_every_label(x).log_prob(z.unsqueeze(1))  # [5, 10, 4]
    expected = torch.logsumexp(model.classify(x).log_softmax(-1).T + of_label, 1)
    torch.testing.assert_close(q.log_prob(z), expected)


# Bounds against the exact probabilities


@pytest.fixture(scope="module")
def small() -> SSVAE:
    """Three labels, a style of one dimension, four binary pixels, and style posteriors no narrower than the true."""
    model = make(image_shape=(1, 2, 2), z_dim=1, n_labels=3, activation="tanh").requires_grad_(False)
    steepen(model.encoder, 0.25)
    last = model.encoder[-1]
    assert isinstance(last, nn.Linear)
    last.bias.copy_(torch.tensor([0.3, 0.1]))
    return model


@pytest.fixture(scope="module")
def every_image() -> Tensor:
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=4)))


@pytest.fixture(scope="module")
def log_p_xy(small: SSVAE, every_image: Tensor) -> Tensor:
    """log p(x, y) = log ⅓ ∫ p(x|y, z) p(z) dz, `[3, 16]`."""
    nodes, log_weights = standard_normal_nodes(80, 1)
    z = nodes.float()[:, None, None]  # [80, 1, 1, 1]
    log_likelihood = small.decode(z, torch.arange(3).unsqueeze(1)).log_prob(every_image).double()
    return torch.logsumexp(log_likelihood + log_weights[:, None, None], 0) - math.log(3)


def test_all_images_under_all_labels_have_probability_one(log_p_xy: Tensor) -> None:
    assert log_p_xy.shape == (3, 16)
    assert log_p_xy.exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_weights_with_unknown_labels_average_to_p_of_x(
    small: SSVAE, every_image: Tensor, log_p_xy: Tensor
) -> None:
    """So that L_k ≤ log p(x) rises to it; and L_1 is the ELBO with the sum over labels written out."""
    log_p = torch.logsumexp(log_p_xy, 0)
    log_w = small.log_weights(every_image, 8192, generator=seeded()).double()
    error = (log_w - log_p).exp().std(0) / math.sqrt(8192)
    assert ((objectives.iwae(log_w) - log_p).abs() < 4 * error + 1e-4).all()
    assert error.max() < 0.05
    bounds = [objectives.iwae_in_blocks(log_w, k).mean() for k in (1, 8, 64, 512)]
    assert bounds == sorted(bounds)
    assert bounds[0] < log_p.mean() - 0.1 and bounds[-1] > log_p.mean() - 0.01
    repeated = -small(every_image.repeat(4000, 1), generator=seeded()).nelbo.view(4000, 16).double()
    standard_error = (log_w.var(0) / 8192 + repeated.var(0) / 4000).sqrt()
    assert ((objectives.elbo(log_w) - repeated.mean(0)).abs() < 4 * standard_error).all()
    assert (repeated.mean(0) < log_p).all()


def test_weights_with_known_labels_average_to_p_of_x_and_y(
    small: SSVAE, every_image: Tensor, log_p_xy: Tensor
) -> None:
    for label in range(3):
        y = torch.full((16,), label)
        log_w = small.log_weights(every_image, 8192, y, seeded()).double()
        error = (log_w - log_p_xy[label]).exp().std(0) / math.sqrt(8192)
        assert ((objectives.iwae(log_w) - log_p_xy[label]).abs() < 4 * error + 1e-4).all()
        assert error.max() < 0.05


def test_the_bound_of_each_class_is_below_its_exact_value(
    small: SSVAE, every_image: Tensor, log_p_xy: Tensor
) -> None:
    per_class = small.per_class_elbo(every_image.repeat(400, 1), seeded()).view(3, 400, 16).double()
    assert (per_class.mean(1) < log_p_xy + 3 * per_class.std(1) / 20).all()
    assert (log_p_xy - per_class.mean(1)).mean() < 2


def test_drawn_labels_follow_q(small: SSVAE, every_image: Tensor) -> None:
    output = small(every_image.repeat(4000, 1), generator=seeded())
    shares = nn.functional.one_hot(output.latents["y"], 3).float().view(4000, 16, 3).mean(0)
    q = small.classify(every_image).softmax(-1)
    assert ((shares - q).abs() < 4.5 * (q * (1 - q) / 4000).sqrt() + 1e-6).all()


# The interface


def test_what_the_output_holds_fits_together() -> None:
    model, x = make(), random_binary(6)
    output = model(x, generator=seeded())
    assert list(output.kl) == ["z", "y"] and list(model.latent_dims) == ["z"]
    assert output.reconstruction.shape == output.nelbo.shape == (6,)
    torch.testing.assert_close(output.nelbo, output.reconstruction + output.kl["z"] + output.kl["y"])
    by_dimension = model.kl_by_dimension(output.posteriors)["z"]
    assert by_dimension.shape == (6, 3)
    torch.testing.assert_close(by_dimension.sum(1), output.kl["z"])
    z, y = output.latents["z"], output.latents["y"]
    torch.testing.assert_close(output.likelihood.mean, model.decode(z, y).mean)
    assert model.embed(x).shape == (6, 3)
    favourite = model.most_probable(x)
    torch.testing.assert_close(model.embed(x), model.embed(x, favourite))
    torch.testing.assert_close(model.reconstruct(x), model.decode(model.embed(x), favourite).mean)
    assert not model.needs_labels


def test_one_seed_gives_one_output_whatever_the_global_generator() -> None:
    model, x = make(), random_binary(4)

    def numbers(seed: int) -> Tensor:
        generator = seeded(seed)
        log_w = model.log_weights(x, 3, generator=generator)
        output = model(x, generator=generator)
        return torch.cat([log_w.flatten(), output.nelbo, output.likelihood.mean.flatten()])

    before = torch.get_rng_state()
    first = numbers(1)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(123)
    assert torch.equal(first, numbers(1))
    assert not torch.equal(first, numbers(2))


def test_under_bfloat16_the_terms_are_still_float32() -> None:
    model, x = make(), random_binary(8)
    full = model(x, generator=seeded())
    with torch.autocast("cpu", torch.bfloat16):
        output = model(x, generator=seeded())
    assert output.reconstruction.dtype == output.kl["z"].dtype == output.kl["y"].dtype == torch.float32
    torch.testing.assert_close(output.nelbo, full.nelbo, rtol=0.03, atol=0.2)


def test_the_output_bias_starts_at_the_pixels_logits() -> None:
    model, means = make(), torch.linspace(0.05, 0.95, DIM)
    model.start_at(means)
    last = model.decoder[-1]
    assert isinstance(last, nn.Linear)
    torch.testing.assert_close(torch.sigmoid(last.bias), means)


def test_refusals_are_one_sentence() -> None:
    with pytest.raises(UsageError, match="give a label") as refusal:
        make().decode(torch.zeros(2, 3))
    assert str(refusal.value).endswith(".") and "\n" not in str(refusal.value)
    for config, words in (({"image_shape": [3, 32, 32]}, "black-and-white"), ({"n_labels": 0}, "2 to 100")):
        with pytest.raises(UsageError, match=words):
            models.build("ssvae", config)


@pytest.mark.parametrize("ask", [SSVAE.forward, SSVAE.encode, SSVAE.embed, SSVAE.reconstruct])
def test_a_label_that_the_model_does_not_know_is_refused_in_one_sentence(ask: Any) -> None:
    model, x = make(n_labels=4), random_binary(2)
    ask(model, x, torch.tensor([3, -1]))
    with pytest.raises(UsageError, match=r"^This model's labels go from 0 to 3, and .* that range\.$"):
        ask(model, x, torch.tensor([4, -1]))


@pytest.mark.parametrize("label", [4, -1])
def test_no_picture_is_drawn_of_a_label_that_is_none(label: int) -> None:
    with pytest.raises(UsageError, match="labels go from 0 to 3"):
        make(n_labels=4).decode(torch.zeros(1, 3), torch.tensor([label]))


def test_an_image_is_taken_apart_without_its_label() -> None:
    """The terms are averages over labels; the picture is that of the most probable one."""
    model, x = make(), random_binary(1)[0]
    terms = evaluation.image_terms(model, x, draws=2_000)
    assert terms.kl_by_dimension["z"].sum().item() == pytest.approx(terms.kl["z"], rel=1e-4)
    assert terms.per_pixel.sum().item() == pytest.approx(terms.reconstruction, abs=8 * terms.stderr + 0.5)
    torch.testing.assert_close(terms.mean, model.reconstruct(x.unsqueeze(0))[0])
