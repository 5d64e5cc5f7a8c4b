"""The test images that a closer look measures a model on, as the model encodes them."""

from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from ui import models
from ui.images.splits import dataset_for, model_inputs
from ui.looks.view import View
from vaemodels import checkpoints
from vaemodels.analysis.latent_space import Plane, encode, principal_plane
from vaemodels.checkpoints import Checkpoint

# Encoded in 20 ms; a mean over them has a standard error of about 0.1 nats.
IMAGES = 2_000
IMAGES_AT_ONCE = 500


class Encoded(NamedTuple):
    """The first test images of a `dataset` and their codes.

    `mean: [n, z_dim]` is μ (an autoencoder's points), `std` σ and `kl` each dimension's KL in nats, both
    `[n, z_dim]` and None where the model has none such. `plane` is where the codes vary most; `labels: [n]` are the
    digits, and `y: [n]` those that the images were coded under, None of a model without labels.
    """

    dataset: str
    labels: Tensor
    mean: Tensor
    std: Tensor | None
    kl: Tensor | None
    plane: Plane
    y: Tensor | None


def encoded(view: View) -> Encoded:
    """Test images of the model's own dataset, or of the digits where that isn't at hand, encoded.

    Computed once for all visitors, or once in this session for a model of the visitor's own; anew for one in training,
    whose name stays while its weights change.
    """
    if view.name in models.own():
        return _encoded_own(view.name, dataset_for(view.checkpoint), view.checkpoint)
    if view.name in checkpoints.pretrained_names():
        return encoded_pretrained(view.name, view.checkpoint)
    return _encode(view.name, dataset_for(view.checkpoint), view.checkpoint)


def encoded_pretrained(name: str, checkpoint: Checkpoint) -> Encoded:
    """The same for a model of pretrained/, whichever the page is about."""
    return _encoded_pretrained(name, dataset_for(checkpoint), checkpoint)


def _encode(name: str, dataset: str, _checkpoint: Checkpoint) -> Encoded:
    x, labels = model_inputs(dataset, _checkpoint.model, IMAGES)
    parts = zip(x.split(IMAGES_AT_ONCE), labels.split(IMAGES_AT_ONCE), strict=True)
    codes = [encode(_checkpoint.model, *part) for part in parts]
    mean = torch.cat([part.mean for part in codes])
    return Encoded(
        dataset,
        labels,
        mean,
        _joined([part.std for part in codes]),
        _joined([part.kl for part in codes]),
        principal_plane(mean),
        _joined([part.y for part in codes]),
    )


def _joined(parts: list[Tensor | None]) -> Tensor | None:
    """Lots of images as one; None of what a model does not have."""
    there = [part for part in parts if part is not None]
    return torch.cat(there) if there else None


_encoded_pretrained = st.cache_resource(max_entries=16, show_spinner=False)(_encode)
# By session, as visitors give their own models the same names; few, as one of 512 dimensions takes 12 MB.
_encoded_own = st.cache_resource(scope="session", max_entries=2, show_spinner=False)(_encode)
