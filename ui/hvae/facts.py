"""The test images as a two-level model encodes them: codes, KL and active units by level."""

from typing import NamedTuple

import streamlit as st
from torch import Tensor

from ui import models, words
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.looks.encoded import IMAGES
from vaemodels import checkpoints
from vaemodels.analysis import levels
from vaemodels.checkpoints import Checkpoint
from vaemodels.evaluation import Estimate, active_units, estimate
from vaemodels.models import HVAE

MANY = 6  # numbers of a z2 that are written out


class Facts(NamedTuple):
    """The first test images of a `dataset`: their `labels: [n]`, `codes`, and by level the KL and the active units."""

    dataset: str
    labels: Tensor
    codes: levels.Codes
    kl: dict[str, Estimate]
    active: dict[str, int]
    measured_on: str


def two_level(checkpoint: Checkpoint) -> HVAE:
    """The page's model."""
    assert isinstance(checkpoint.model, HVAE)
    return checkpoint.model


def plain(z2: Tensor) -> str:
    """A z2 `[z2_dim]` as its first few numbers."""
    shown = ", ".join(words.number(value, 2) for value in z2[:MANY].tolist())
    return f"{shown}, …" if len(z2) > MANY else shown


def facts(name: str, checkpoint: Checkpoint) -> Facts:
    """Computed once for all visitors, once a session for a model of one's own, anew for one in training."""
    dataset = dataset_for(checkpoint)
    if name in models.own():
        return _own(name, dataset, checkpoint)
    return (_pretrained if name in checkpoints.pretrained_names() else _facts)(name, dataset, checkpoint)


def _facts(name: str, dataset: str, _checkpoint: Checkpoint) -> Facts:
    model = two_level(_checkpoint)
    x, labels = model_inputs(dataset, model, IMAGES)
    codes = levels.codes(model, x)
    kl = {level: estimate(values) for level, values in levels.kl_by_level(model, x).items()}
    active = {"z1": active_units(codes.z1), "z2": active_units(codes.z2)}
    on = words.test_images(dataset, len(x), binarization(model))
    return Facts(dataset, labels, codes, kl, active, on)


_pretrained = st.cache_resource(max_entries=16, show_spinner=False)(_facts)
_own = st.cache_resource(scope="session", max_entries=4, show_spinner=False)(_facts)
