"""The optimisers against torch's own, parameter by parameter."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.small import LIKELIHOODS, make_vae, random_binary
from vaemodels.models import FSVAE, GMVAE, FSVAEConfig, GMVAEConfig, Model
from vaemodels.optimizer import (
    NEWTON_SCHULZ,
    NEWTON_SCHULZ_ROUNDS,
    REST_RATE_FRACTION,
    Optimizer,
    orthogonalised,
)
from vaemodels.training_config import OptimizerName

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


@pytest.mark.parametrize("name", ["adam", "muon"])
def test_it_goes_on_from_its_state_as_if_it_had_never_stopped(name: OptimizerName) -> None:
    whole, stopped = make_vae(), make_vae()
    step_with(Optimizer(whole, torch.float32, name), whole, 3)
    state: dict[str, Tensor] = {}
    for step in range(3):
        optimizer = Optimizer(stopped, torch.float32, name, state)
        optimizer.step(gradients_of(loss_of(stopped, step), stopped), RATES[step])
        state = optimizer.state()
    assert all(torch.equal(value, stopped.state_dict()[key]) for key, value in whole.state_dict().items())
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


# Muon


def test_a_matrix_is_orthogonalised_as_its_singular_values_are() -> None:
    matrix = torch.randn(30, 70, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    u, s, vt = torch.linalg.svd(matrix, full_matrices=False)
    s = s / s.norm()
    a, b, c = NEWTON_SCHULZ
    for _ in range(NEWTON_SCHULZ_ROUNDS):
        s = a * s + b * s**3 + c * s**5
    torch.testing.assert_close(orthogonalised(matrix), u @ s.diag() @ vt)
    torch.testing.assert_close(orthogonalised(matrix.T), (u @ s.diag() @ vt).T)
    assert s.min() > 0.3 and s.max() < 1.3


def test_no_gradient_is_no_direction() -> None:
    assert torch.equal(orthogonalised(torch.zeros(3, 2)), torch.zeros(3, 2))


def test_layers_move_as_torchs_muon_has_it_and_the_rest_as_its_adam() -> None:
    model, reference = make_vae(), make_vae()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    matrices = [parameter for parameter in reference.parameters() if parameter.ndim == 2]
    muon = torch.optim.Muon(matrices, weight_decay=0.0, ns_steps=NEWTON_SCHULZ_ROUNDS)
    adam = torch.optim.Adam([parameter for parameter in reference.parameters() if parameter.ndim < 2])
    optimizer = Optimizer(model, torch.float32, "muon")
    for step in range(6):
        muon.param_groups[0]["lr"] = RATES[step % 3]
        adam.param_groups[0]["lr"] = RATES[step % 3] * REST_RATE_FRACTION
        reference.zero_grad()
        loss_of(reference, step).backward()
        muon.step()
        adam.step()
        optimizer.step(gradients_of(loss_of(model, step), model), RATES[step % 3])
    for name, value in reference.state_dict().items():
        ours, theirs = model.state_dict()[name] - before[name], value - before[name]
        assert (ours - theirs).norm() < 0.03 * theirs.norm(), name  # torch's is in bfloat16


def test_a_priors_means_are_no_layer() -> None:
    model = GMVAE(GMVAEConfig(z_dim=2, components=3, hidden=(4,), image_shape=(1, 4, 4)))
    rest = {
        parameter.shape
        for parameter in Optimizer(model, torch.float32, "muon").adam.param_groups[0]["params"]
    }
    of_prior = {parameter.shape for name, parameter in model.named_parameters() if "prior" in name}
    assert of_prior and of_prior <= rest


def test_filters_move_as_matrices_do() -> None:
    torch.manual_seed(0)
    model = FSVAE(FSVAEConfig(image_shape=(1, 16, 16), z_dim=2, hidden=(8,), network="conv"))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = Optimizer(model, torch.float32, "muon")
    x = random_binary(20, 256)
    y = torch.arange(20) % 10
    loss = model(x, y, torch.Generator().manual_seed(0)).nelbo.mean()
    optimizer.step(gradients_of(loss, model), 1e-2)
    name, filters = next((name, value) for name, value in model.named_parameters() if value.ndim == 4)
    moved = (filters - before[name]).flatten(1) / 1e-2
    tall = max(1.0, moved.shape[0] / moved.shape[1])
    singular = torch.linalg.svdvals(moved.detach() / tall**0.5)
    assert singular.max() < 1.3 and singular.median() > 0.3
