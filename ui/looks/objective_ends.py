"""Reconstruction only, KL only, both: what each end of the objective makes of a two-dimensional latent space."""

import math

import streamlit as st
import torch
from torch import Tensor

from ui import models, words
from ui.charts import show
from ui.images.choice import for_model
from ui.images.decoded import decoded, montage
from ui.looks.compared import heading
from ui.looks.digit_plane import PRIOR_EXTENT, digit_plane, extent_of
from ui.looks.encoded import Encoded, encoded_pretrained
from ui.looks.view import View
from ui.terms import measured_terms
from vaemodels.analysis.comparisons import plane_grid
from vaemodels.checkpoints import Checkpoint
from vaemodels.models import Model

IMAGES = 400
STEPS = 12

STORIES = {
    "vae-2d-rec": (
        "Reconstruction only",
        "Nothing holds the codes near the prior: they spread far, q(z|x) shrinks to a point and the digits part. "
        "Samples from N(0, I) all come from the crowded middle; the KL says how far from the prior q has gone.",
    ),
    "vae-2d-kl": (
        "KL only",
        "q(z|x) is the prior for every image, so z tells nothing about x and the digits lie all over each other. "
        "Training starts the decoder’s last bias at the pixels’ log-odds, under small random weights, and no gradient "
        "ever reached it: every z still gives about the mean training image.",
    ),
    "vae-2d": (
        "Both: the ELBO",
        "The codes lie where the prior has its mass, and the digits still keep together: neighbours decode alike, and "
        "nearly every z from the prior gives something like a digit.",
    ),
}


def render(view: View) -> None:
    """Three planes side by side; under each, what it decodes to and what it measured."""
    found = models.present(STORIES)
    if not found:
        return
    columns = dict(zip(found, st.columns(len(found), gap="medium"), strict=True))
    for name, checkpoint in found.items():
        with columns[name]:
            _plane(view, name, checkpoint)
    name, checkpoint = next(iter(found.items()))
    codes = encoded_pretrained(name, checkpoint)
    images = words.test_images(codes.dataset, len(codes.mean[:IMAGES]), "static")
    st.caption(
        f"Ring: μ(x) of the chosen image. Marked by their digit: one draw z ~ q(z|x) for each of {images}. Below "
        "each plane the same square decoded. Terms in nats: the mean of "
        f"{words.measured_on(checkpoint.card)}, ± one standard error."
    )


def _plane(view: View, name: str, checkpoint: Checkpoint) -> None:
    """One model's column."""
    title, story = STORIES[name]
    codes = encoded_pretrained(name, checkpoint)
    points = draw_codes(codes, view.seed)
    own = checkpoint.model.embed(for_model(view.chosen, checkpoint.model).unsqueeze(0)).detach()
    extent = extent_of(points)
    heading(view, f"**{title}**", name)
    show(
        digit_plane(points, codes.labels[:IMAGES], extent, own),
        f"planes-{name}",
        f"{title}: {len(points)} test images on the latent plane of {name}, which reaches from −{extent:.1f} to "
        f"{extent:.1f}, each marked by its digit; a ring around μ(x) of the chosen image.",
        height=330,
    )
    scale = "" if extent == PRIOR_EXTENT else f" Mind the scale: this plane reaches to ±{extent:.0f}."
    st.html(_mosaic(view, name, checkpoint.model, extent) + measured_terms(checkpoint.card))
    st.markdown(story + scale)
    assert codes.std is not None
    st.caption(
        f"**{within_prior(points):.0%}** of these draws lie within the prior’s 2σ; of draws from N(0, I), "
        f"{1 - math.exp(-2):.0%} do. The median σ of q(z|x) is **{codes.std.median():.3f}**."
    )


def draw_codes(codes: Encoded, seed: int) -> Tensor:
    """One draw z ~ q(z|x) for each of the first `IMAGES` images, `[n, z_dim]`."""
    assert codes.std is not None
    mean, std = codes.mean[:IMAGES], codes.std[:IMAGES]
    return mean + std * torch.randn(mean.shape, generator=torch.Generator().manual_seed(seed))


def within_prior(points: Tensor) -> float:
    """The share of `points: [n, 2]` within two standard deviations of N(0, I); its own is 1 − e⁻²."""
    return (points.norm(dim=1) < 2).float().mean().item()


def _mosaic(view: View, name: str, model: Model, extent: float) -> str:
    """The square from −extent to extent, decoded."""
    corner = torch.full((2,), extent)
    pixels = decoded(model, plane_grid(-corner, corner, STEPS), view.show, view.seed)
    return montage(
        pixels,
        model.config.image_shape,
        STEPS,
        f"{STEPS} × {STEPS} images decoded from the square of {name} between −{extent:.1f} and {extent:.1f}",
    )
