"""Colour beside MNIST; what stands in for SVHN; and what a picture can't show of a Gaussian decoder."""

import streamlit as st
import torch

from ui import models, try_this
from ui.fsvae.experiments import EXPERIMENTS
from ui.images.decoded import Decoding, decoded, montage
from ui.looks.compared import heading
from ui.looks.view import View
from vaemodels import data
from vaemodels.analysis.styles import clipped
from vaemodels.checkpoints import Card, Checkpoint

GREY, COLOUR = "fsvae", "fsvae-streetdigits"
STYLES = 10
SHOWN = 12
REAL = "svhn"


def stand_in(card: Card) -> str:
    """What a model of drawn house numbers stands in for; empty for any other."""
    if card["dataset"] != data.streetdigits.DATASET.name:
        return ""
    return (
        "It learned **street digits**, house numbers that VAE Lab draws itself; they stand in for SVHN’s "
        "photographs, a download. “Colour and clipping” tells how to train on them."
    )


def render(view: View) -> None:
    """Both grids of the same draws; how to train on the real files; which values are clipped."""
    found = models.present([GREY, COLOUR])
    columns = st.columns(2, gap="large")
    for (name, checkpoint), place in zip(found.items(), columns, strict=False):
        with place:
            heading(view, "**MNIST**" if name == GREY else "**Street digits, in colour**", name)
            _grid(checkpoint, view.show, view.seed)
    _how_to_train()
    gaussian = _is_gaussian(view.checkpoint)
    shown = view.checkpoint if gaussian else found.get(COLOUR)
    if shown is not None:
        with st.container(key="clipping"):
            try_this.current(EXPERIMENTS, {"clipping"})
            _clipping(view.name if gaussian else COLOUR, shown, view.seed)


FAMILIES = {
    "bernoulli": "Bernoulli(f(y, z))",
    "gaussian": "N(f(y, z), 1/10 · I)",
    "continuous_bernoulli": "a continuous Bernoulli of logits f(y, z)",
}


def drawn_styles(checkpoint: Checkpoint, seed: int, n: int) -> torch.Tensor:
    return checkpoint.model.sample_prior(n, torch.Generator(checkpoint.model.device).manual_seed(seed))


def _grid(checkpoint: Checkpoint, show: Decoding, seed: int) -> None:
    model = checkpoint.model
    z = drawn_styles(checkpoint, seed, STYLES).repeat(model.n_labels, 1)
    pixels = decoded(model, z, show, seed, torch.arange(model.n_labels).repeat_interleave(STYLES))
    [z_dim] = model.latent_dims.values()
    family = FAMILIES[checkpoint.model.config.likelihood]
    st.html(
        montage(
            pixels,
            model.config.image_shape,
            STYLES,
            f"The digits 0 to {model.n_labels - 1}, a row each, in {STYLES} styles, a column each",
            f"{'Means of' if show == 'mean' else 'Draws'} x ~ {family}, z ~ N(0, I) of {z_dim} dimensions, seed {seed}",
        )
    )


def _how_to_train() -> None:
    size = data.get(REAL).download_bytes / 1e6
    st.markdown(
        "**Street digits stand in for SVHN**, photographed house numbers. They are drawn by VAE Lab itself, "
        "so that they need no download and their true style is known. To train on the photographs "
        f"({size:.0f} MB, for non-commercial use only), run this in the project’s folder; then choose "
        "fsvae-svhn at the top of the page:"
    )
    st.code(
        "python -m vaemodels download svhn\n"
        "python -m vaemodels train fsvae-streetdigits --data svhn --out pretrained/fsvae-svhn.safetensors",
        language="bash",
    )


def _clipping(name: str, checkpoint: Checkpoint, seed: int) -> None:
    """Means and draws as they are shown, and which of their values are clipped for that."""
    model = checkpoint.model
    z = drawn_styles(checkpoint, seed, SHOWN)
    labels = torch.arange(SHOWN) % model.n_labels
    means, draws = (decoded(model, z, show, seed, labels) for show in ("mean", "draw"))
    shares = [clipped(part).float().mean().item() for part in (means, draws)]
    st.markdown(
        f"**What the display clips.** p(x|y, z) of {name} is Gaussian with variance 1/10, σ = {0.1**0.5:.3f}, "
        f"and a screen shows 0 to 1. Of these {SHOWN} images’ values **{shares[0]:.1%}** are clipped in the "
        f"means and **{shares[1]:.1%}** in the draws. Only what is shown is clipped; every number is computed "
        "from the values as they are."
    )
    maps = [clipped(part).float() for part in (means, draws)]
    st.html(
        montage(
            torch.cat([means, maps[0], draws, maps[1]]),
            model.config.image_shape,
            SHOWN,
            f"{SHOWN} means, where their values are clipped, draws of the same, where theirs are: "
            f"{shares[0]:.1%} and {shares[1]:.1%} of the values",
            "A map’s pixel has the colours that are clipped there: white all three, black none.",
            row_labels=["means", "clipped", "draws", "clipped"],
        )
    )


def _is_gaussian(checkpoint: Checkpoint) -> bool:
    return checkpoint.model.config.likelihood == "gaussian"
