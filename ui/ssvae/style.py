"""z of the test images, coloured by digit: mixed where z is style, and by how much a linear probe can still tell."""

import streamlit as st

from ui import words
from ui.images.splits import binarization
from ui.looks import View, latents
from ui.looks.encoded import encoded
from vaemodels.analysis import styles
from vaemodels.evaluation import estimate

KEPT = "_ssvae_probe"


def render(view: View) -> None:
    """What a probe reads in z, then the plane of codes, marked by digit."""
    found = encoded(view)
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] is not found:
        told = styles.predicted_from(found.mean, found.labels, view.model.n_labels)
        kept = st.session_state[KEPT] = (found, estimate((told == found.labels).double()))
    share = kept[1]
    chance = 1 / view.model.n_labels
    on = words.test_images(found.dataset, len(found.labels), binarization(view.model))
    st.markdown(
        f"**z should be style alone**: the decoder knows y, so a z that repeats it is KL for nothing, and digits lie "
        f"mixed on the plane. A logistic regression on μ(x, y) still tells "
        f"**{share.mean:.1%} ± {share.stderr:.1%}** of digits (chance {chance:.0%}; {on}, "
        f"{styles.FOLDS}-fold cross-validation)."
    )
    latents.render(view)
