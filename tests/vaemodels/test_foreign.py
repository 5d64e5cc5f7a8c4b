"""Weights of other programs: taken over whole, or refused with every tensor's name."""

import pickle
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from tests.small import DIM, make_hvae, make_vae, random_binary
from vaemodels import checkpoints, cli, conditional, data, foreign, networks, presets
from vaemodels.cards import make_card
from vaemodels.errors import LabError, UsageError
from vaemodels.models import build

Tensors = dict[str, Tensor]
X = random_binary(5)


def read(tensors: Tensors) -> Tensors:
    return foreign.read(
        safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()})
    )


CHANGES: dict[str, tuple[Callable[[str], str], torch.dtype]] = {
    "as they are": (lambda name: name, torch.float32),
    "wrapped": (lambda name: f"module.{name}", torch.float32),
    "wrapped twice": (lambda name: f"module._orig_mod.{name}", torch.float32),
    "double precision": (lambda name: name, torch.float64),
    "bfloat16": (lambda name: f"model.{name}", torch.bfloat16),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_other_prefixes_and_precisions_are_taken(kind: str) -> None:
    rename, dtype = CHANGES[kind]
    theirs, ours = make_vae(), make_vae()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.randn_like(parameter).to(dtype))
            # What bfloat16 rounds is rounded before it is compared.
    foreign.adopt(ours, read({rename(n): t.to(dtype) for n, t in theirs.state_dict().items()}), {})
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
    assert {parameter.dtype for parameter in ours.parameters()} == {torch.float32}


class TwoHeads(nn.Module):
    """The encoder and decoder of many a tutorial: a layer for the means, another for log σ²."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(DIM, 12), nn.Linear(12, 8)
        self.mu, self.logvar = nn.Linear(8, 3), nn.Linear(8, 3)
        self.fc3, self.fc4, self.fc5 = nn.Linear(3, 8), nn.Linear(8, 12), nn.Linear(12, DIM)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = nn.functional.elu(self.fc2(nn.functional.elu(self.fc1(x))))
        return self.mu(h), self.logvar(h)


RENAME = {
    "fc1": "encoder.0",
    "fc2": "encoder.2",
    "mu+logvar": "encoder.4",
    "fc3": "decoder.0",
    "fc4": "decoder.2",
    "fc5": "decoder.4",
}


def test_two_heads_and_a_log_variance_give_the_same_posterior() -> None:
    theirs, ours = TwoHeads(), make_vae()
    foreign.adopt(ours, read(theirs.state_dict()), RENAME, "log_variance")
    with torch.no_grad():
        mean, log_variance = theirs.encode(X)
        q = ours.encode(X)["z"]
        torch.testing.assert_close(q.mean, mean)
        torch.testing.assert_close(q.variance, log_variance.exp())


@pytest.mark.parametrize("spread", ["softplus_std", "softplus_variance"])
@pytest.mark.parametrize("kind", ["vae", "gmvae", "ssvae", "fsvae"])
def test_an_encoder_of_softplus_gives_the_same_posterior_after_it_was_saved(
    spread: str, kind: str, tmp_path: Path
) -> None:
    sizes: dict[str, Any] = {"image_shape": (1, 4, 4), "z_dim": 3, "hidden": (12, 8)}
    torch.manual_seed(1)
    theirs = build(kind, sizes)
    ours = build(kind, asdict(foreign.with_spread(theirs.config, spread)))
    foreign.adopt(ours, read(theirs.state_dict()), {}, spread)
    card = make_card(name="ours", model=ours, dataset="digits", binarization="static", training={}, seed=0)
    checkpoints.save(tmp_path / "ours.safetensors", ours, card, dtype=torch.float32)
    opened = checkpoints.load(tmp_path / "ours.safetensors").model
    assert opened.config == ours.config
    y = torch.arange(5)
    encoder = theirs.encoder
    assert isinstance(encoder, nn.Sequential)
    with torch.no_grad():
        layers = conditional.apply(encoder, X, y) if theirs.n_labels else encoder(X)
        mean, raw = layers.chunk(2, -1)
        variance = torch.nn.functional.softplus(raw)
        variance = variance.square() if spread == "softplus_std" else variance
        q = opened.encode(X, y)["z"]
    torch.testing.assert_close(q.mean, mean)
    torch.testing.assert_close(q.variance, variance)


def test_a_softplus_keeps_to_the_limits_and_its_slope_is_finite() -> None:
    for spread in ("softplus_std", "softplus_variance"):
        raw = torch.tensor([-200.0, -12.0, 0.0, 3.0, 1e9], requires_grad=True)
        std = networks.diagonal_normal(torch.cat([torch.zeros(5), raw]), spread).stddev
        assert std.min().item() == pytest.approx(1 / 255)
        assert std.max().item() == pytest.approx(1e3)
        std.sum().backward()
        assert raw.grad is not None and raw.grad.isfinite().all() and raw.grad[2] > 0


def test_what_cannot_be_of_softplus_says_so() -> None:
    config = make_vae().config
    assert foreign.with_spread(config, "log_variance") is config
    with pytest.raises(
        UsageError, match="choose one of log_variance, log_std, softplus_std, softplus_variance"
    ):
        foreign.with_spread(config, "softplus")
    with pytest.raises(UsageError, match="choose --spread log_std or log_variance"):
        foreign.with_spread(make_hvae("parallel").config, "softplus_std")
    with pytest.raises(UsageError, match="choose log_std, softplus_std or softplus_variance"):
        make_vae(spread="log_variance")


def without(tensors: Tensors, name: str) -> Tensors:
    return {each: tensor for each, tensor in tensors.items() if each != name}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: without(t, "encoder.0.bias"), r"missing are encoder\.0\.bias \[12\]; name"),
        (lambda t: t | {"extra": torch.ones(2, 5)}, r"left over are extra \[2, 5\]; name"),
        (
            lambda t: t | {"decoder.4.bias": torch.ones(9)},
            r"of another shape are decoder\.4\.bias \[9\], where the model has decoder\.4\.bias \[16\];",
        ),
        (
            lambda t: without(t, "encoder.0.bias") | {"b": torch.ones(12)},
            r"missing are encoder\.0\.bias \[12\], left over are b \[12\];",
        ),
    ],
)
def test_differences_are_named_tensor_by_tensor(change: Callable[[Tensors], Tensors], words: str) -> None:
    model = make_vae()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(UsageError, match=words):
        foreign.adopt(model, read(change(dict(model.state_dict()))), {})
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize(
    ("rename", "spread", "words"),
    [
        ({"nothing": "encoder.0"}, "log_std", "no nothing to rename; the file holds encoder.0.weight"),
        ({"encoder.0+gone": "encoder.0"}, "log_std", "no gone.(weight|bias) to join"),
        ({"encoder.0+encoder.2": "a"}, "log_std", "their inputs differ"),
    ],
)
def test_names_that_are_not_there(rename: dict[str, str], spread: str, words: str) -> None:
    model = make_vae()
    with pytest.raises(UsageError, match=words):
        foreign.adopt(model, model.state_dict(), rename, spread)


def test_weights_beyond_float32_are_refused() -> None:
    model = make_vae()
    tensors = {name: tensor.double() for name, tensor in model.state_dict().items()}
    tensors["encoder.2.bias"] = torch.full((8,), 1e300, dtype=torch.float64)
    with pytest.raises(LabError, match=r"encoder\.2\.bias has weights that are not finite"):
        foreign.adopt(model, tensors, {})


@pytest.mark.parametrize("content", [pickle.dumps({"a": 1}), b"PK\x03\x04" + bytes(40)])
def test_a_pickle_is_never_opened(content: bytes) -> None:
    with pytest.raises(LabError, match="save_file and import that"):
        foreign.read(content)


def test_an_imported_file_is_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    file, out = tmp_path / "theirs.safetensors", tmp_path / "ours.safetensors"
    sizes: Any = {"fc1": (784, 8), "fc2": (8, 2), "fc3": (2, 8), "fc4": (8, 784)}
    layers = {name: nn.Linear(*size) for name, size in sizes.items()}
    layers["fc2b"] = nn.Linear(8, 2)
    safetensors.torch.save_file(
        {f"{name}.{k}": t for name, layer in layers.items() for k, t in layer.state_dict().items()}, file
    )
    command = [
        "import",
        str(file),
        "--preset",
        "vae-digits",
        "--set",
        "hidden=8",
        "z_dim=2",
        "--out",
        str(out),
    ]
    names = ["fc1=encoder.0", "fc2+fc2b=encoder.2", "fc3=decoder.0", "fc4=decoder.2"]
    assert cli.main([*command, "--rename", *names, "--json"]) == 0
    model = checkpoints.load(out).model
    assert torch.equal(model.state_dict()["encoder.2.bias"][2:], layers["fc2b"].bias)
    spread = ["--rename", *names, "--spread", "softplus_variance", "--overwrite", "--json"]
    assert cli.main([*command, *spread]) == 0
    assert checkpoints.load(out).model.config.spread == "softplus_variance"
    assert cli.main(["evaluate", str(out), "--k", "1", "--limit", "5", "--json"]) == 0
    capsys.readouterr()
    assert cli.main([*command, "--json"]) == 2
    assert "is there already; add --overwrite" in capsys.readouterr().err
    assert cli.main([*command, "--overwrite", "--json"]) == 2
    assert "missing are encoder.0.weight [8, 784]" in capsys.readouterr().err


def test_weights_are_taken_over_where_the_preset_s_images_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "no data"))
    data.pixel_means.cache_clear()  # other tests may have read them
    preset = presets.get("vae")
    theirs = build("vae", asdict(preset.config)).state_dict()
    file, out = tmp_path / "theirs.safetensors", tmp_path / "ours.safetensors"
    safetensors.torch.save_file(theirs, file)
    assert cli.main(["import", str(file), "--preset", "vae", "--out", str(out), "--json"]) == 0
    assert capsys.readouterr().err == ""
    ours = checkpoints.load(out)
    assert all(torch.equal(ours.model.state_dict()[name], tensor) for name, tensor in theirs.items())
    assert (ours.card["name"], ours.card["dataset"]) == ("vae", "mnist")
