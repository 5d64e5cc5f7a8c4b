"""The one-vector Adam against torch's own, parameter by parameter."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.small import LIKELIHOODS, make_vae, random_binary
from vaemodels.models import Model
from vaemodels.optimizer import Optimizer

RATES = (1e-2, 5e-3, 1e-3)


def loss_of(model: Model, step: int) -> Tensor:
    output: Tensor = model(random_binary(20), None, torch.Generator().manual_seed(step)).nelbo.mean()
    return output


def gradients_of(loss: Tensor, model: Model) -> Sequence[Tensor | None]:
    return torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)


def step_with(optimizer: Optimizer, model: Model, steps: int, dtype: torch.dtype = torch.float32) -> None:
    for step in range(steps):
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            loss = loss_of(optimizer.working, step)
        optimizer.step(gradients_of(loss, optimizer.working), RATES[step % 3])


@pytest.mark.parametrize("settings", LIKELIHOODS)
def test_in_float32_it_is_torchs_adam(settings: Mapping[str, Any]) -> None:
    model, reference = make_vae(**settings), make_vae(**settings)
    optimizer = Optimizer(model, torch.float32)
    adam = torch.optim.Adam(reference.parameters())
    for step in range(12):
        adam.param_groups[0]["lr"] = RATES[step % 3]
        adam.zero_grad()
        loss_of(reference, step).backward()
        adam.step()
    step_with(optimizer, model, 12)
    for name, value in reference.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value, rtol=1e-5, atol=1e-6)
    assert optimizer.working is model


@pytest.mark.parametrize("settings", LIKELIHOODS)
def test_in_bfloat16_the_weights_are_kept_and_moved_in_float32(settings: Mapping[str, Any]) -> None:
    model, reference = make_vae(**settings), make_vae(**settings)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    step_with(Optimizer(reference, torch.float32), reference, 6)
    optimizer = Optimizer(model, torch.bfloat16)
    step_with(optimizer, model, 6, torch.bfloat16)
    full, rounded = model.state_dict(), optimizer.working.state_dict()
    moved, agree = 0.0, 0.0
    for name, value in full.items():
        assert value.dtype == torch.float32
        layer = name.startswith(("encoder", "decoder"))
        assert rounded[name].dtype == (torch.bfloat16 if layer else torch.float32)
        assert torch.equal(rounded[name], value.to(rounded[name].dtype))
        moved += (reference.state_dict()[name] - start[name]).square().sum().item()
        agree += (reference.state_dict()[name] - value).square().sum().item()
    assert agree < 0.05 * moved


def test_steps_far_below_bfloat16s_precision_still_add_up() -> None:
    model = make_vae()
    optimizer = Optimizer(model, torch.bfloat16)
    before = model.state_dict()["decoder.4.weight"].clone()
    for step in range(20):
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(optimizer.working, step)
        optimizer.step(gradients_of(loss, optimizer.working), 1e-6)
    moved = (model.state_dict()["decoder.4.weight"] - before).abs()
    assert 1e-6 < moved.mean() < 21e-6


def test_it_goes_on_from_its_state_as_if_it_had_never_stopped() -> None:
    whole, stopped = make_vae(), make_vae()
    step_with(Optimizer(whole, torch.float32), whole, 3)
    state: dict[str, Tensor] = {}
    for step in range(3):
        optimizer = Optimizer(stopped, torch.float32, state=state)
        optimizer.step(gradients_of(loss_of(stopped, step), stopped), RATES[step])
        state = optimizer.state()
    assert all(torch.equal(value, stopped.state_dict()[name]) for name, value in whole.state_dict().items())
    assert state["step"].item() == 3


def test_a_state_is_a_copy() -> None:
    model = make_vae()
    optimizer = Optimizer(model, torch.float32)
    step_with(optimizer, model, 1)
    state = optimizer.state()
    kept = {name: value.clone() for name, value in state.items()}
    step_with(optimizer, model, 1)
    assert all(torch.equal(kept[name], state[name]) for name in kept)
    Optimizer(make_vae(), torch.float32, state=state).step(gradients_of(loss_of(model, 0), model), 1e-3)
    assert all(torch.equal(kept[name], state[name]) for name in kept)


def test_what_the_loss_does_not_touch_stays_where_it_is() -> None:
    model = make_vae()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    kl = model(random_binary(5)).kl["z"].mean()
    Optimizer(model, torch.float32).step(gradients_of(kl, model), 1e-2)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) == name.startswith("decoder"), name
