"""What the page's model says of the chosen image under each label."""

import streamlit as st

from ui.images.choice import Chosen
from vaemodels.analysis.label_posterior import OfLabels, of_labels
from vaemodels.models import SSVAE, Model

KEPT = "_ssvae_labels"


def labels_of(model: Model, chosen: Chosen) -> OfLabels:
    """The terms under each label, kept for the runs of controls that change neither the image nor the model."""
    assert isinstance(model, SSVAE)
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] is not model or kept[1] != chosen.key:
        kept = st.session_state[KEPT] = (model, chosen.key, of_labels(model, chosen.x))
    of: OfLabels = kept[2]
    return of
