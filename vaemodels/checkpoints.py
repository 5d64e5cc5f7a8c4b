"""Checkpoints: one .safetensors file with a model's weights and its card. Nothing is ever unpickled.

Loading believes nothing: lengths, names, shapes, dtypes and the card are checked against each other, and
against the model that the card describes, before memory is taken for what the file claims.
"""

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from vaemodels import cards, models, tensor_file
from vaemodels.cards import Card, make_card
from vaemodels.errors import LabError, UsageError
from vaemodels.files import write_atomically
from vaemodels.models import Model
from vaemodels.tensor_file import FOREIGN, SAVE_AGAIN, Header, Refused

__all__ = [
    "SUFFIX",
    "Card",
    "Checkpoint",
    "dumps",
    "load",
    "loads",
    "make_card",
    "pretrained_folder",
    "pretrained_names",
    "read_card",
    "resolve",
    "save",
]

SUFFIX = ".safetensors"
MODEL, RESUME = "model.", "resume."  # what the names of the two kinds of tensors begin with
MODEL_DTYPES = {"F16", "F32"}
RESUME_DTYPES = {"F32", "I64", "U8"}


@dataclass(frozen=True)
class Checkpoint:
    """A model in float32 and eval mode, its card, and what an interrupted training run needs to go on.

    `dtype` is the precision in which the file held the weights.
    """

    model: Model
    card: Card
    resume: dict[str, Tensor] | None
    dtype: torch.dtype


def dumps(
    model: nn.Module,
    card: Card,
    dtype: torch.dtype = torch.float16,
    resume: Mapping[str, Tensor] | None = None,
) -> bytes:
    """The checkpoint file as bytes, the weights in `dtype` (float16 or float32).

    `resume` may hold float32, int64 and uint8 tensors by any names. Raises LabError if the model is not the one that
    the card describes, or a weight is not finite, or too large for float16.
    """
    weights = model.state_dict()
    tensors = {MODEL + name: _plain(tensor.to(dtype)) for name, tensor in weights.items()}
    tensors |= {RESUME + name: _plain(tensor) for name, tensor in (resume or {}).items()}
    try:
        # A layer without weights leaves no trace in the tensors' names; the file would load as another model.
        if str(model) != str(_described(card)):
            raise Refused("is not the one its card describes: build it from the card's model and config.")
        _check_finite(weights)
        if not _are_finite(tensors):
            raise Refused("has weights too large for float16: save it in float32.")
        data = safetensors.torch.save(tensors, {"card": cards.to_text(card)})
        tensor_file.read_header(io.BytesIO(data), len(data))
    except Refused as refusal:
        raise LabError(f"The model {refusal}") from refusal
    return data


def loads(data: bytes, name: str = "The file") -> Checkpoint:
    """The checkpoint in `data`; LabError, in a sentence that begins with `name`, if it is not one."""
    try:
        header, card = _read_head(io.BytesIO(data), len(data))
        model = _matching_model(header, card)
        tensors = safetensors.torch.load(data)
        _check_finite(tensors)
    except Refused as refusal:
        raise LabError(f"{name} {refusal}") from refusal
    except safetensors.SafetensorError as error:
        raise LabError(f"{name} is damaged: {SAVE_AGAIN}.") from error
    weights = _part(tensors, MODEL)
    dtype = next(iter(weights.values())).dtype
    # `assign` puts the weights in the place of the model's, which so far are shapes without memory.
    model.load_state_dict({key: tensor.float() for key, tensor in weights.items()}, assign=True)
    return Checkpoint(model.eval(), card, _part(tensors, RESUME) or None, dtype)


def save(
    path: str | Path,
    model: nn.Module,
    card: Card,
    *,
    dtype: torch.dtype = torch.float16,
    resume: Mapping[str, Tensor] | None = None,
) -> None:
    """Write `dumps(...)` to `path` in one piece: if anything fails, the file that was there stays as it was.

    Raises LabError if the weights are not finite, the folder cannot be written or the disk is full.
    """
    write_atomically(Path(path), dumps(model, card, dtype, resume))


def load(path_or_name: str | Path) -> Checkpoint:
    """The checkpoint in a file, or the pretrained one of that name.

    Raises UsageError if there is none, LabError if it cannot be read or is not a checkpoint.
    """
    path = resolve(path_or_name)
    try:
        with path.open("rb") as file:
            _read_head(
                file, path.stat().st_size
            )  # refuses most of what it will refuse before reading all of it
            file.seek(0)
            data = file.read(tensor_file.MAX_FILE + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    except Refused as refusal:
        raise LabError(f"{path} {refusal}") from refusal
    return loads(data, str(path))


def read_card(path_or_name: str | Path) -> Card:
    """The card alone, from the file's header; the weights are neither read nor compared with it.

    Raises UsageError if there is no such file, LabError if it cannot be read or has no checkpoint's header.
    """
    path = resolve(path_or_name)
    try:
        with path.open("rb") as file:
            return _read_head(file, path.stat().st_size)[1]
    except OSError as error:
        raise _unreadable(path, error) from error
    except Refused as refusal:
        raise LabError(f"{path} {refusal}") from refusal


def resolve(path_or_name: str | Path) -> Path:
    """The file behind a path, or behind the name of a pretrained checkpoint; UsageError if there is none.

    Any path is taken, so give it what the person at the machine typed, never what a visitor sent.
    """
    if str(path_or_name) in pretrained_names():
        return pretrained_folder() / f"{path_or_name}{SUFFIX}"
    path = Path(os.path.expanduser(path_or_name))
    if not os.path.isfile(path):  # False, where Path.is_file raises on names too long or folders closed
        known = ", ".join(pretrained_names()) or f"a {SUFFIX} file"
        raise UsageError(f"There is no checkpoint {str(path_or_name)!r}: give the path of one, or {known}.")
    return path


def pretrained_folder() -> Path:
    """The folder of the checkpoints the app opens with: beside the package, or in it where it is installed."""
    package = Path(__file__).parent
    installed = package / "pretrained"
    return installed if installed.is_dir() else package.parent / "pretrained"


def pretrained_names() -> list[str]:
    """The names of the checkpoints the app opens with, sorted."""
    return sorted(path.stem for path in pretrained_folder().glob(f"*{SUFFIX}"))


def _read_head(file: BinaryIO, size: int) -> tuple[Header, Card]:
    """The header and the card in it."""
    header = tensor_file.read_header(file, size)
    if "card" not in header.metadata:
        raise Refused(f"holds no model card: {FOREIGN}.")
    return header, cards.from_text(header.metadata["card"])


def _matching_model(header: Header, card: Card) -> Model:
    """The model that the card describes, with weights that take no memory, if the file's tensors fit it."""
    model = _described(card)
    shapes = {MODEL + name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    for name, dtype in header.dtypes.items():
        if not (name in shapes or name.startswith(RESUME)):
            raise Refused(f"holds a tensor that its model has not: {SAVE_AGAIN}.")
        if dtype not in (MODEL_DTYPES if name in shapes else RESUME_DTYPES):
            raise Refused(f"holds numbers of the wrong type: {SAVE_AGAIN}.")
    for name, shape in shapes.items():
        if header.shapes.get(name) != shape:
            raise Refused(f"lacks a tensor of its model, or has it in another shape: {SAVE_AGAIN}.")
    return model


def _described(card: Card) -> Model:
    """The model that the card describes, with weights that take no memory."""
    try:
        with torch.device("meta"):
            return models.build(card["model"], card["config"])
    except UsageError as error:
        raise Refused(
            f"describes a model that cannot be built ({str(error).rstrip('.')}): {FOREIGN}."
        ) from error


def _check_finite(tensors: Mapping[str, Tensor]) -> None:
    if not _are_finite(tensors):
        raise Refused("has weights that are not finite: train it again with a lower learning rate.")


def _are_finite(tensors: Mapping[str, Tensor]) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in tensors.values())


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _plain(tensor: Tensor) -> Tensor:
    """A copy on the CPU that shares memory with nothing, as the file format wants."""
    return tensor.detach().to("cpu", copy=True).contiguous()


def _unreadable(path: Path, error: OSError) -> LabError:
    return LabError(
        f"{path} cannot be read ({error.strerror or error}): change its permissions or choose another file."
    )
