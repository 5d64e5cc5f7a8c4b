"""The gradient that is written out against autograd's."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.small import encode_to, make_ae, make_config, make_run, make_vae, random_binary, trained
from vaemodels import backpropagation, losses
from vaemodels.backpropagation import is_written_out, loss_and_gradients, vae_loss_and_gradients
from vaemodels.losses import Batch, Loss
from vaemodels.models import GMVAE, SSVAE, VAE, GMVAEConfig, Model, SSVAEConfig
from vaemodels.optimizer import Optimizer

X = random_binary(7)


def noise() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def by_autograd(model: VAE, weight: float = 1.0, beta: float = 1.0) -> tuple[Loss, Sequence[Tensor]]:
    config = make_config(reconstruction_weight=weight, beta=beta)
    loss = losses.loss(model, Batch(X, torch.zeros(7)), config, 0.0, noise())
    return loss, torch.autograd.grad(loss.value, list(model.parameters()))


def by_hand(model: VAE, weight: float = 1.0, beta: float = 1.0) -> tuple[Loss, Sequence[Tensor]]:
    return vae_loss_and_gradients(model, X, weight, beta, noise())


@pytest.mark.parametrize(("weight", "beta"), [(1.0, 1.0), (0.5, 4.0), (1.0, 0.0), (0.0, 1.0)])
@pytest.mark.parametrize("activation", ["elu", "tanh", "relu"])
def test_loss_terms_and_gradients_are_autograds(activation: Any, weight: float, beta: float) -> None:
    model = make_vae(activation=activation)
    (ours, our_gradients), (theirs, their_gradients) = (
        by_hand(model, weight, beta),
        by_autograd(model, weight, beta),
    )
    torch.testing.assert_close(ours.value, theirs.value)
    torch.testing.assert_close(ours.terms, theirs.terms)
    for parameter, one, other in zip(model.parameters(), our_gradients, their_gradients, strict=True):
        assert one.shape == parameter.shape
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-7)
    assert any(gradient.abs().max() > 1e-2 for gradient in our_gradients)


def test_a_standard_deviation_at_its_limit_gets_no_gradient() -> None:
    model = make_vae()
    encode_to(model, torch.tensor([0.5, -1.0, 2.0, -9.0, 0.3, 8.0]))
    ours, theirs = by_hand(model), by_autograd(model)
    torch.testing.assert_close(ours[0].terms, theirs[0].terms)
    torch.testing.assert_close(list(ours[1]), list(theirs[1]), rtol=1e-4, atol=1e-4)
    of_bias = ours[1][5]
    assert of_bias[[3, 5]].tolist() == [0, 0] and of_bias[4] != 0


def test_in_bfloat16_the_gradient_is_the_same_but_for_its_rounding() -> None:
    model = make_vae()
    working = Optimizer(model, torch.bfloat16).working
    assert isinstance(working, VAE)
    loss, gradients = by_hand(working)
    full, full_gradients = by_autograd(model)
    assert loss.value.dtype == torch.float32
    torch.testing.assert_close(loss.value, full.value, rtol=1e-2, atol=0)
    for one, other in zip(gradients, full_gradients, strict=True):
        assert one.dtype == torch.bfloat16
        assert (one - other).norm() < 0.05 * other.norm()


def test_it_leaves_no_trace_in_the_model() -> None:
    model = make_vae()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    images = X.clone()
    by_hand(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(X, images)


def test_a_run_is_the_same_by_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    settings: dict[str, Any] = {"beta": 2.0, "kl_warmup_epochs": 2}
    by_hand = trained(make_run(**settings))
    monkeypatch.setattr(backpropagation, "is_written_out", lambda *_: False)
    by_autograd = trained(make_run(**settings))
    for one, other in zip(by_hand, by_autograd, strict=True):
        assert one.train == pytest.approx(other.train, rel=1e-5)
        assert one.held_out == pytest.approx(other.held_out, rel=1e-5)


SMALL: Mapping[str, Any] = {"image_shape": (1, 4, 4), "hidden": (12, 8)}


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (make_ae(), {}),
        (make_vae(likelihood="gaussian"), {}),
        (make_vae(), {"k": 5}),
        (make_vae(), {"objective": "iwae"}),
        (GMVAE(GMVAEConfig(**SMALL)), {}),
    ],
)
def test_everything_else_is_left_to_autograd(model: Model, changes: Mapping[str, Any]) -> None:
    config = make_config(**changes)
    assert is_written_out(make_vae(), make_config()) and not is_written_out(model, config)
    batch = Batch(X, torch.zeros(7))
    loss, gradients = loss_and_gradients(model, batch, config, 0.0, noise())
    expected = losses.loss(model, batch, config, 0.0, noise())
    expected.value.backward()
    torch.testing.assert_close(loss.terms, expected.terms)
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        torch.testing.assert_close(gradient, parameter.grad)


def test_a_parameter_that_the_loss_does_not_touch_has_none() -> None:
    model = SSVAE(SSVAEConfig(**SMALL))
    batch = Batch(X, torch.full((7,), -1), X[:2], torch.tensor([0, 1]))
    config = make_config(labelled=2, gen_weight=0.0)
    _, gradients = loss_and_gradients(model, batch, config, 0.0, noise())
    names = {
        name.split(".")[0]
        for (name, _), gradient in zip(model.named_parameters(), gradients, strict=True)
        if gradient is not None
    }
    assert names == {"classifier"}
