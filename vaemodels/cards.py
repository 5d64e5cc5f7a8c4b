"""The card: what a checkpoint says about its weights, one JSON object in the file's metadata."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import torch

import vaemodels
from vaemodels.data.binarization import MODES
from vaemodels.models.base import Model
from vaemodels.tensor_file import SAVE_AGAIN, Refused, parse_object

FORMAT = 1
MAX_TEXT = 200  # characters of a name

Card = dict[str, Any]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "model": str,
    "config": dict,
    "dataset": str,
    "binarization": str,
    "training": dict,
    "history": list,
    "evaluation": (dict, type(None)),
    "seed": int,
    "date": str,
    "versions": dict,
    "step": int,
    "epoch": int,
}


def make_card(
    *,
    name: str,
    model: Model,
    dataset: str,
    binarization: str,
    training: Mapping[str, Any],
    seed: int,
    history: Sequence[Mapping[str, Any]] = (),
    evaluation: Mapping[str, Any] | None = None,
    step: int = 0,
    epoch: int = 0,
) -> Card:
    """The card of `model`, dated now and stamped with the versions at work.

    `history` has one record an epoch: `step`, `epoch`, `seconds`, `learning_rate`, and the mean terms in nats
    under `train` and `held_out`. `evaluation` is what `evaluate --json` prints. Measured by dynamic binarisation, too,
    a model has that as `evaluation_dynamic`; `start` names the one whose weights it began with, if they were not fresh.
    """
    return {
        "format": FORMAT,
        "name": name,
        "model": model.name,
        "config": dataclasses.asdict(model.config),
        "dataset": dataset,
        "binarization": binarization,
        "training": dict(training),
        "history": [dict(record) for record in history],
        "evaluation": None if evaluation is None else dict(evaluation),
        "seed": seed,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"torch": str(torch.__version__), "vaemodels": vaemodels.__version__},
        "step": step,
        "epoch": epoch,
    }


def to_text(card: Card) -> str:
    """The card as JSON; Refused if `from_text` would not take it back."""
    try:
        text = json.dumps(card, allow_nan=False)
    except ValueError as error:
        raise Refused(
            "cannot be saved, its card holds a number that is not finite: train it again."
        ) from error
    from_text(text)
    return text


def from_text(text: str) -> Card:
    """The card that `text` holds, every field there and of its type; Refused if not."""
    card = parse_object(text)
    version = card.get("format")
    if type(version) is not int or version < 1:
        raise Refused(f"has a card without a format version: {SAVE_AGAIN}.")
    if version > FORMAT:
        raise Refused(f"was saved by a newer VAE Lab, in format {version}: update VAE Lab to open it.")
    for key, kind in _TYPES.items():
        if key not in card or not isinstance(card[key], kind) or isinstance(card[key], bool):
            raise Refused(f"has a card without a proper {key}: {SAVE_AGAIN}.")
    for key in ("name", "model", "dataset", "date", "start"):
        value = card.get(key, "")
        if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
            raise Refused(f"has a card with an odd {key}: {SAVE_AGAIN}.")
    if card["binarization"] not in MODES:
        raise Refused(f"has a card with an unknown binarisation: {SAVE_AGAIN}.")
    if not all(_is_record(record) for record in card["history"]):
        raise Refused(f"has a card with a damaged history: {SAVE_AGAIN}.")
    if not (_is_evaluation(card["evaluation"]) and _is_evaluation(card.get("evaluation_dynamic"))):
        raise Refused(f"has a card with a damaged evaluation: {SAVE_AGAIN}.")
    return card


def _is_number(value: Any) -> bool:
    """Finite already, as `parse_object` takes no other."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_record(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and all(_is_number(record.get(key)) for key in ("step", "epoch", "seconds", "learning_rate"))
        and all(_are_terms(record.get(key)) for key in ("train", "held_out"))
        and "reconstruction" in record["held_out"]
    )


def _are_terms(terms: Any) -> bool:
    return isinstance(terms, dict) and bool(terms) and all(map(_is_number, terms.values()))


def _is_evaluation(value: Any, levels: int = 3) -> bool:
    """Plain values, or objects of them a few levels deep."""
    if isinstance(value, dict):
        return levels > 0 and all(_is_evaluation(item, levels - 1) for item in value.values())
    return value is None or isinstance(value, str | int | float)
