"""Weights that somebody else's program saved, taken over into a model of a preset. Nothing is ever unpickled."""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from vaemodels import tensor_file
from vaemodels.errors import LabError, UsageError
from vaemodels.models import Model
from vaemodels.networks import Spread
from vaemodels.tensor_file import Refused

# What an encoder here can end in behind the means; log σ² becomes log σ.
SPREADS: tuple[str, ...] = ("log_variance", *get_args(Spread))

ITEM_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "U8": 1, "BOOL": 1}
WRAPPERS = (
    "module.",
    "model.",
    "_orig_mod.",
)  # what DataParallel, a training loop and the compiler put before names
MOST_NAMED = 20  # tensors in one sentence, of each kind


def read(data: bytes, name: str = "The file") -> dict[str, Tensor]:
    """The tensors of a .safetensors file of any origin, by name.

    Raises:
        LabError: in a sentence that begins with `name`, if it is none, or damaged.
    """
    if data.startswith((b"PK\x03\x04", b"\x80")) and not data[8:9] == b"{":
        raise LabError(
            f"{name} is a pickle or zip file, which can run code and is never opened: where you trust it, save its "
            "state_dict with safetensors.torch.save_file and import that."
        )
    try:
        tensor_file.read_header(io.BytesIO(data), len(data), ITEM_SIZES)
        return safetensors.torch.load(data)
    except Refused as refusal:
        raise LabError(f"{name} {refusal}") from refusal
    except safetensors.SafetensorError as error:
        raise LabError(f"{name} is damaged: {tensor_file.SAVE_AGAIN}.") from error


def adopt(
    model: Model, tensors: Mapping[str, Tensor], rename: Mapping[str, str], spread: str = "log_std"
) -> None:
    """Put `tensors` in the place of the weights of `model`, in float32.

    What wraps all names ("module.") is dropped. `rename` gives the model's name for a foreign one, of a tensor or of
    all that begin with it; "a+b" joins two layers' outputs into one's, as where mean and spread have a layer each. Of
    an encoder that ends in log σ² (`spread` "log_variance") the second half is halved; one that ends in what softplus
    turns into σ or σ² is a model of that `spread` (`with_spread`).

    Raises:
        UsageError: with every tensor that is missing, left over or of another shape.
        LabError: if a weight is not finite in float32.
    """
    if spread != "log_std" and not model.has_likelihood:
        raise UsageError(f"The model '{model.name}' infers points without a spread; leave --spread out.")
    found = _renamed(_unwrapped(tensors), rename)
    expected = model.state_dict()
    _check_names(found, expected)
    weights = {name: found[name].to(torch.float32) for name in expected}
    for name, weight in weights.items():
        if not weight.isfinite().all():
            raise LabError(f"{name} has weights that are not finite in float32; import another file.")
    if spread == "log_variance":
        weights |= _halved_spread(weights)
    model.load_state_dict(weights)


def with_spread(config: Any, spread: str) -> Any:
    """The `config` of a model whose encoder ends in means and `spread`.

    Raises:
        UsageError: if there is no such spread, or the model has no such encoder.
    """
    if spread not in SPREADS:
        raise UsageError(f"Unknown spread '{spread}'; choose one of {', '.join(SPREADS)}.")
    if spread in {"log_std", "log_variance"}:
        return config
    if not hasattr(config, "spread"):
        raise UsageError(
            "Only vae, gmvae, ssvae and fsvae can have an encoder of softplus; choose --spread log_std or log_variance."
        )
    return replace(config, spread=spread)


def _unwrapped(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    found = dict(tensors)
    while found and (
        prefix := next((each for each in WRAPPERS if all(n.startswith(each) for n in found)), "")
    ):
        found = {name.removeprefix(prefix): tensor for name, tensor in found.items()}
    return found


def _renamed(tensors: Mapping[str, Tensor], rename: Mapping[str, str]) -> dict[str, Tensor]:
    found = dict(tensors)
    for old, new in rename.items():
        parts = old.split("+")
        ends = {
            name[len(parts[0]) :] for name in tensors if name == parts[0] or name.startswith(f"{parts[0]}.")
        }
        if not ends:
            raise UsageError(f"There is no {parts[0]} to rename; the file holds {_named(tensors)}.")
        for end in ends:
            missing = [part + end for part in parts if part + end not in tensors]
            if missing:
                raise UsageError(f"There is no {missing[0]} to join; the file holds {_named(tensors)}.")
            joined = [found.pop(part + end) for part in parts]
            if len({tensor.shape[1:] for tensor in joined}) > 1:
                raise UsageError(f"{old} can't be joined, their inputs differ; rename them apart.")
            found[new + end] = torch.cat(joined) if len(joined) > 1 else joined[0]
    return found


def _check_names(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    shared = found.keys() & expected.keys()
    other_shape = {
        name: found[name] for name in expected if name in shared and found[name].shape != expected[name].shape
    }
    complaints = [
        f"{words} {_named(tensors)}"
        for words, tensors in (
            ("missing are", {name: tensor for name, tensor in expected.items() if name not in shared}),
            ("left over are", {name: tensor for name, tensor in found.items() if name not in shared}),
            ("of another shape are", other_shape),
        )
        if tensors
    ]
    complaints += [f"where the model has {_named({name: expected[name] for name in other_shape})}"] * bool(
        other_shape
    )
    if complaints:
        raise UsageError(
            f"The weights are not the model's: {', '.join(complaints)}; name them with --rename OLD=NEW, "
            "or give the model's sizes with --set."
        )


def _named(tensors: Mapping[str, Tensor]) -> str:
    """Each tensor with its shape."""
    names = [f"{name} {list(tensor.shape)}" for name, tensor in list(tensors.items())[:MOST_NAMED]]
    return ", ".join(names) + (f" and {len(tensors) - MOST_NAMED} more" if len(tensors) > MOST_NAMED else "")


def _halved_spread(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """log σ = ½ log σ²: of the encoder's last layer, the rows behind the means."""
    last = max(
        (name for name in weights if name.startswith("encoder.")), key=lambda name: int(name.split(".")[1])
    )
    layer = last.rpartition(".")[0]
    halved = {}
    for name in (f"{layer}.weight", f"{layer}.bias"):
        mean, spread = weights[name].chunk(2)
        halved[name] = torch.cat([mean, spread / 2])
    return halved
