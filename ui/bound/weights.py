"""The decoder that the page pushes q about under, and how far its plane reaches."""

import math

import streamlit as st
import torch

from ui.explorer import publish_decoder
from ui.explorer_panel import STANDARD_LIMIT
from ui.images.splits import dataset_for, model_inputs
from vaemodels.analysis.latent_space import encode
from vaemodels.checkpoints import Checkpoint

CODES = 400  # of test images, which the plane is to hold


def publish(name: str, checkpoint: Checkpoint, slot: str) -> None:
    """Send a model's decoder to the page's `slot`, with a plane that holds its codes."""
    limit = _limit(name, dataset_for(checkpoint), checkpoint)
    publish_decoder(checkpoint.model, slot, key=f"{slot}-decoder", limit=limit)


# By session, as visitors give their own models the same names.
@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
@torch.no_grad()
def _limit(name: str, dataset: str, _checkpoint: Checkpoint) -> float:
    """Half the plane's side: as elsewhere, and over nearly all codes where they lie farther out."""
    x, _ = model_inputs(dataset, _checkpoint.model, CODES)
    codes = encode(_checkpoint.model, x).mean.abs().amax(1).quantile(0.95).item()
    return max(STANDARD_LIMIT, math.ceil(2 * codes) / 2)
