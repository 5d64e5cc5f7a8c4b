"""The gradients that a training step moves by."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch

from tests.small import make_ae, make_config, make_vae, random_binary
from vaemodels import losses
from vaemodels.losses import Batch, loss_and_gradients
from vaemodels.models import GMVAE, SSVAE, GMVAEConfig, Model, SSVAEConfig
from vaemodels.optimizer import Optimizer

X = random_binary(7)


def noise() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_in_bfloat16_the_gradient_is_the_same_but_for_its_rounding() -> None:
    model = make_vae()
    batch, config = Batch(X, torch.zeros(7)), make_config()
    working = Optimizer(model, torch.bfloat16).working
    loss, gradients = loss_and_gradients(working, batch, config, 0.0, noise(), torch.bfloat16)
    full, full_gradients = loss_and_gradients(model, batch, config, 0.0, noise())
    assert loss.value.dtype == torch.float32
    torch.testing.assert_close(loss.value, full.value, rtol=1e-2, atol=0)
    for one, other in zip(gradients, full_gradients, strict=True):
        assert one is not None and other is not None and one.dtype == torch.bfloat16
        assert (one - other).norm() < 0.05 * other.norm()


SMALL: Mapping[str, Any] = {"image_shape": (1, 4, 4), "hidden": (12, 8)}


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (make_ae(), {}),
        (make_vae(), {}),
        (make_vae(likelihood="gaussian"), {}),
        (make_vae(), {"k": 5}),
        (make_vae(), {"objective": "iwae"}),
        (GMVAE(GMVAEConfig(**SMALL)), {}),
    ],
)
def test_gradients_are_those_of_the_loss(model: Model, changes: Mapping[str, Any]) -> None:
    config = make_config(**changes)
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
