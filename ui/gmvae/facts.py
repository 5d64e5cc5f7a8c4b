"""What the test images make of a model's components."""

import streamlit as st

from ui import words
from ui.images.splits import binarization
from ui.looks import View
from ui.looks.encoded import Encoded, encoded
from vaemodels.analysis.mixtures import Occupancy, occupancy
from vaemodels.mixture import GaussianMixture

KEPT = "_gmvae_facts"


def prior_of(view: View) -> GaussianMixture:
    """The model's prior, as trained."""
    prior = view.model.prior()
    assert isinstance(prior, GaussianMixture)
    return prior


def facts(view: View) -> tuple[Encoded, Occupancy]:
    """The test images as the model encodes them, and their components; kept while they stay the same."""
    codes = encoded(view)
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] is not codes:
        assert codes.std is not None
        kept = (codes, occupancy(prior_of(view), codes.mean, codes.std, codes.labels))
        st.session_state[KEPT] = kept
    found: tuple[Encoded, Occupancy] = kept
    return found


def measured_on(view: View, codes: Encoded) -> str:
    """What these numbers were measured on."""
    return words.test_images(codes.dataset, len(codes.mean), binarization(view.model))
