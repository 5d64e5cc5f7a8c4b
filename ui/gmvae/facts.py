"""What the test images make of a model's components."""

from collections.abc import Mapping, Sequence

import streamlit as st

from ui import words
from ui.images.splits import binarization
from ui.looks import View
from ui.looks.encoded import Encoded, encoded
from vaemodels.analysis.mixtures import Occupancy, occupancy, with_means
from vaemodels.mixture import GaussianMixture

KEPT = "_gmvae_facts"


def prior_of(view: View) -> GaussianMixture:
    """The model's prior, as trained."""
    prior = view.model.prior()
    assert isinstance(prior, GaussianMixture)
    return prior


def facts(view: View, moved: Mapping[int, Sequence[float]] | None = None) -> tuple[Encoded, Occupancy]:
    """The test images as the model encodes them, and their components under the prior with those means moved.

    Kept while the codes stay the same: as trained, and as last moved.
    """
    codes, moved = encoded(view), moved or {}
    kept: tuple[Encoded, dict[str, Occupancy]] | None = st.session_state.get(KEPT)
    if kept is None or kept[0] is not codes:
        kept = st.session_state[KEPT] = (codes, {})
    found, of = kept[1], repr(sorted(moved.items()))
    if of not in found:
        assert codes.std is not None
        prior = with_means(prior_of(view), moved)
        trained = {name: known for name, known in found.items() if name == "[]"}
        found.clear()
        found |= trained | {of: occupancy(prior, codes.mean, codes.std, codes.labels)}
    return codes, found[of]


def with_moved(moved: Mapping[int, Sequence[float]]) -> str:
    """What to add to numbers that follow the means that a visitor moved."""
    return f", with {words.count(len(moved), 'mean')} moved" if moved else ""


def measured_on(view: View, codes: Encoded) -> str:
    """What these numbers were measured on."""
    return words.test_images(codes.dataset, len(codes.mean), binarization(view.model))
