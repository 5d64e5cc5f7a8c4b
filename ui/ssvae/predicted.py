"""The labels that a model gives the test images at hand, all of them."""

from typing import NamedTuple

import streamlit as st
from torch import Tensor

from ui import models
from ui.images.splits import dataset_for, model_inputs
from vaemodels import checkpoints, data
from vaemodels.analysis.classification import predict
from vaemodels.analysis.label_posterior import likeliest
from vaemodels.checkpoints import Checkpoint
from vaemodels.models import SSVAE

ASKED, DRAWS = 300, 8


class Predicted(NamedTuple):
    """The most probable label of each test image of a `dataset`, and its true one, both `[n]`."""

    dataset: str
    given: Tensor
    labels: Tensor


class Answers(NamedTuple):
    """The labels that q(y|x) and the ten ELBOs favour, and the true ones, of the first test images, `[n]` each."""

    dataset: str
    by_classifier: Tensor
    by_elbos: Tensor
    labels: Tensor


def answers(name: str, checkpoint: Checkpoint) -> Answers:
    """Of the first `ASKED` images of `predicted`; kept for the models shipped and for the visitor's own."""
    ask = _kept_answers if name in checkpoints.pretrained_names() else _own_answers
    return ask(name, dataset_for(checkpoint), checkpoint)


def is_settled(name: str) -> bool:
    """Whether a model of that name stays as it is, as one in training does not."""
    return name in checkpoints.pretrained_names() or name in models.own()


def _ask(name: str, dataset: str, _checkpoint: Checkpoint) -> Answers:
    model = _checkpoint.model
    assert isinstance(model, SSVAE)
    x, labels = model_inputs(dataset, model, ASKED)
    return Answers(dataset, predict(model, x), likeliest(model, x, DRAWS), labels)


_kept_answers = st.cache_resource(max_entries=8, show_spinner=False)(_ask)
_own_answers = st.cache_resource(scope="session", max_entries=8, show_spinner="Asking your model…")(_ask)


def predicted(name: str, checkpoint: Checkpoint) -> Predicted:
    """Of the model's own dataset, or of the digits where that isn't at hand; kept for the models shipped."""
    dataset = dataset_for(checkpoint)
    if name in checkpoints.pretrained_names():
        return _kept(name, dataset, checkpoint)
    return _predict(name, dataset, checkpoint)


def _predict(name: str, dataset: str, _checkpoint: Checkpoint) -> Predicted:
    model = _checkpoint.model
    assert isinstance(model, SSVAE)
    x, labels = model_inputs(dataset, model, data.get(dataset).sizes["test"])
    return Predicted(dataset, predict(model, x), labels)


_kept = st.cache_resource(max_entries=8, show_spinner=False)(_predict)
