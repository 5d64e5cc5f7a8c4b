"""Whether the grid's digits can be read: by a classifier that is shipped, in a sentence below the grid."""

import streamlit as st
import torch
from torch import Tensor

from ui import models, words
from ui.fsvae.styles import COLUMNS
from ui.images.label import guesser, guesser_name
from ui.images.noise import normals
from ui.training.panel import LIVE
from vaemodels.analysis.styles import agreement
from vaemodels.checkpoints import Checkpoint
from vaemodels.evaluation import estimate
from vaemodels.models import Model

SEEDS = range(5)
FAR = 2**31  # from what the noise of a draw is made of, as in styles.js


def styles_of(model: Model, seed: int) -> Tensor:
    """The styles that the browser draws from a seed, `[20, z_dim]`."""
    [z_dim] = model.latent_dims.values()
    return normals(seed + FAR, COLUMNS * z_dim).view(COLUMNS, z_dim).float()


def legible(name: str, checkpoint: Checkpoint) -> None:
    """The share of cells that a classifier reads as their row's digit; nothing where none knows such images."""
    if name == LIVE or guesser(checkpoint) is None:
        if checkpoint.model.config.image_shape[0] > 1:
            st.caption(
                "No classifier of such images is shipped, so nothing here counts how many can be read."
            )
        return
    mean, error = _agreement(name, checkpoint)
    reader = guesser_name(checkpoint)
    card = models.pretrained_card(reader)
    st.caption(
        f"**{mean:.1%} ± {error:.1%}** of such cells are read as their row’s digit by the shipped "
        f"{reader}, over the grids of seeds {SEEDS[0]} to {SEEDS[-1]}: "
        f"{len(SEEDS) * COLUMNS * checkpoint.model.n_labels:,} means E[x|y, z]; the error is over "
        f"styles. It has {card['evaluation']['accuracy']:.1%} of labels right on {words.measured_on(card)}."
    )


# By session, as visitors give their own models the same names.
@st.cache_resource(scope="session", max_entries=8, show_spinner=False)
def _agreement(name: str, _checkpoint: Checkpoint) -> tuple[float, float]:
    classifier = guesser(_checkpoint)
    assert classifier is not None
    styles = torch.cat([styles_of(_checkpoint.model, seed) for seed in SEEDS])
    of_styles = estimate(agreement(_checkpoint.model, classifier, styles).double().mean(0))
    return of_styles.mean, of_styles.stderr
