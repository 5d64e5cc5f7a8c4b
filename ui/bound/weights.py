"""The decoder that the page pushes q about under, and how far its plane reaches."""

import math

import streamlit as st
import torch

from ui.explorer import publish_decoder
from ui.explorer_panel import STANDARD_LIMIT
from ui.images.splits import dataset_for, model_inputs
from vaemodels.analysis.latent_space import encode
from vaemodels.analysis.priors import prior_components
from vaemodels.checkpoints import Checkpoint

CODES = 400  # of test images, which the plane is to hold


def publish(name: str, checkpoint: Checkpoint, slot: str) -> None:
    """Send a model's decoder to the page's `slot`, with a plane that holds its prior and its codes."""
    limit = _limit(name, dataset_for(checkpoint), checkpoint)
    publish_decoder(checkpoint.model, slot, key=f"{slot}-decoder", limit=limit)


# By session, as visitors give their own models the same names.
@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
@torch.no_grad()
def _limit(name: str, dataset: str, _checkpoint: Checkpoint) -> float:
    """Half the plane's side: over two and a half widths of the prior's components and nearly all codes."""
    x, _ = model_inputs(dataset, _checkpoint.model, CODES)
    codes = encode(_checkpoint.model, x).mean.abs().quantile(0.99).item()
    means, stds = prior_components(_checkpoint.model)
    prior = (means.abs() + 2.5 * stds).max().item()
    return max(STANDARD_LIMIT, math.ceil(2 * max(codes, prior)) / 2)
