"""The digit that an image of a visitor's own shows: guessed by a shipped classifier, until they say it themselves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from ui import models
from ui.address import url_state
from ui.components.assets import component
from vaemodels.checkpoints import Checkpoint
from vaemodels.errors import LabError
from vaemodels.models import SSVAE

_label = component("vaelab_label", Path(__file__).with_name("label"))

KEY = "image-label"
MEMORY = "_image_label"
PARAMETER = "label"  # of the address
# By the dataset that a model learned: that of its images tells them best, and MNIST's any other.
GUESSERS = {"digits": "ssvae-digits"}
USUAL_GUESSER = "classifier"


def guesser_name(checkpoint: Checkpoint) -> str:
    """The shipped model that guesses the labels of images like those that `checkpoint` learned."""
    return GUESSERS.get(checkpoint.card["dataset"], USUAL_GUESSER)


def guesser(checkpoint: Checkpoint) -> SSVAE | None:
    """What guesses labels for a model that needs them; None for any other, and where no classifier knows its images."""
    if not checkpoint.model.needs_labels:
        return None
    try:
        model = models.pretrained(guesser_name(checkpoint)).model
    except LabError:
        return None
    same = tuple(model.config.image_shape) == tuple(checkpoint.model.config.image_shape)
    fits = same and model.n_labels == checkpoint.model.n_labels
    return model if isinstance(model, SSVAE) and fits else None


@torch.no_grad()
def guess(model: SSVAE, x: Tensor) -> list[float]:
    """q(y|x) of an image `x: [dim]`, black and white or made so at ½."""
    probabilities: list[float] = model.classify((x > 0.5).float().unsqueeze(0)).softmax(-1)[0].tolist()
    return probabilities


def ask_label(checkpoint: Checkpoint, x: Tensor, known: int | None, slot: str, occasion: str) -> int:
    """The label of an image `x: [dim]` for a model that needs one: that which is `known`, else what the visitor says.

    Until they say it, it is the guess, which follows what is drawn on the page's `slot`. What they say holds until
    `occasion` changes or they draw anew, and is kept in the address.
    """
    memory: dict[str, Any] = st.session_state.setdefault(MEMORY, {"occasion": None, "told": None})
    n_labels = checkpoint.model.n_labels
    mounted, linked = KEY in st.session_state, url_state.get(PARAMETER) is not None
    if url_state.decides(KEY) and (mounted or linked):
        memory.update(occasion=occasion, told=_told_by_address(n_labels))
    elif memory["occasion"] != occasion:
        memory.update(occasion=occasion, told=None)
    _take(memory, st.session_state.get(KEY), n_labels)
    model = guesser(checkpoint)
    probabilities = None if model is None else guess(model, x)
    data = {
        "slot": slot,
        "occasion": occasion,
        "known": known,
        "told": memory["told"],
        "guess": probabilities,
        "n_labels": n_labels,
    }
    _take(memory, _label(key=KEY, data=data, on_told_change=lambda: None), n_labels)
    told: int | None = None if known is not None else memory["told"]
    url_state.put(PARAMETER, None if told is None else str(told))
    if known is not None:
        return known
    return _likeliest(probabilities) if told is None else told


def _likeliest(probabilities: Sequence[float] | None) -> int:
    return 0 if probabilities is None else max(range(len(probabilities)), key=probabilities.__getitem__)


def _take(memory: dict[str, Any], state: Any, n_labels: int) -> None:
    """Remember what the visitor said, unless that was of another image."""
    told = (state or {}).get("told")
    if (
        told is not None
        and told["occasion"] == memory["occasion"]
        and told["label"] in {None, *range(n_labels)}
    ):
        memory["told"] = told["label"]


def _told_by_address(n_labels: int) -> int | None:
    text = url_state.get(PARAMETER)
    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) < 4 and int(text) < n_labels:
        return int(text)
    url_state.note(
        f"The link's label is not a digit from 0 to {n_labels - 1}; the image's is guessed instead."
    )
    return None
