"""A Bernoulli decoder beside a Gaussian one: the same image under two kinds of likelihood."""

import math

import streamlit as st
import torch
from torch import Tensor
from torch.distributions import Independent

from ui import models
from ui.images.choice import for_model
from ui.images.decoded import decoded
from ui.images.figures import figure, row
from ui.looks.compared import heading
from ui.looks.view import View
from ui.terms import formula
from ui.words import number
from vaemodels.analysis.comparisons import gaussian_constant
from vaemodels.checkpoints import Checkpoint
from vaemodels.evaluation import ImageTerms, image_terms
from vaemodels.models import Model
from vaemodels.pictures import picture

BERNOULLI, GAUSSIAN = "vae", "vae-gaussian"


def render(view: View) -> None:
    """Each model's pictures and terms, and why the two −ELBOs are not compared."""
    found = models.present([BERNOULLI, GAUSSIAN])
    if not found:
        return
    columns = dict(zip(found, st.columns(len(found), gap="medium"), strict=True))
    if BERNOULLI in found:
        with columns[BERNOULLI]:
            heading(view, "**Bernoulli decoder**", BERNOULLI)
            _show(view, found[BERNOULLI].model, "x, black and white", "a draw: one coin a pixel")
            st.markdown(
                "The decoder gives each pixel a probability of ink, so a draw is black and white and speckled where "
                "the model is unsure. −log p(x|z) is that of a **probability**: it cannot fall below 0."
            )
    if GAUSSIAN in found:
        with columns[GAUSSIAN]:
            heading(view, "**Gaussian decoder**", GAUSSIAN)
            std = pixel_std(found[GAUSSIAN].model)
            terms = _show(view, found[GAUSSIAN].model, "x, grey", f"a draw: noise of σ = {std:.3f}")
            _explain_constant(terms, std)
    if len(found) == 2:
        _compare(view, found)


def _show(view: View, model: Model, image: str, draw: str) -> ImageTerms:
    """The chosen image, its mean and one draw at μ(x), and the terms of its ELBO."""
    x = for_model(view.chosen, model)
    shape = model.config.image_shape
    terms = image_terms(model, x)
    with torch.no_grad():
        z = model.embed(x.unsqueeze(0))
    drawn = decoded(model, z, "draw", view.seed)[0]
    st.html(
        row(
            [
                figure(picture(x, shape), f"The image: {view.chosen.caption}", image),
                figure(picture(terms.mean, shape), "The mean E[x|z] at μ(x)", "the mean at μ(x)"),
                figure(picture(drawn, shape), f"A draw x ~ p(x|z) at μ(x), seed {view.seed}", draw),
            ]
        )
        + formula(terms)
    )
    return terms


def _explain_constant(terms: ImageTerms, std: float) -> None:
    """−log N(x; μ, σ²I) taken apart: the squared errors and the constant, with the numbers of this image."""
    dim = len(terms.mean)
    constant = gaussian_constant(std, dim)
    squares = terms.reconstruction - constant
    st.markdown(
        f"−log p(x|z) = Σ (x − μ)² / 2σ² + {dim} · ½ log 2πσ², at the learned σ = {std:.3f}: "
        f"**{number(squares)} + ({number(constant)}) = {number(terms.reconstruction)}**. "
        "It is that of a **density**, which may exceed 1, so it may be negative. Leave the constant out, and σ would "
        "grow without end: larger σ, smaller error. The constant is what a large σ costs."
    )


def _compare(view: View, found: dict[str, Checkpoint]) -> None:
    """What is not comparable between the two, and what is."""
    grey = for_model(view.chosen, found[GAUSSIAN].model)
    errors = " and ".join(
        f"**{squared_error(checkpoint.model, for_model(view.chosen, checkpoint.model), grey):.4f}** ({name})"
        for name, checkpoint in found.items()
    )
    st.info(
        "**The two −ELBOs are not comparable.** One is of probabilities of black-and-white pixels, the other of "
        "densities of grey ones: other images, other units. Write the same grey pixels as 0 to 255 instead of 0 to 1, "
        f"and the second rises by {len(grey)} · log 255 = {len(grey) * math.log(255):,.0f} nats. Pictures can be "
        f"compared: the mean at μ(x) misses the grey image by a mean squared error of {errors} a pixel.",
        icon=":material/balance:",
    )


@torch.no_grad()
def pixel_std(model: Model) -> float:
    """The one σ of a Gaussian decoder whose pixels share it."""
    [z_dim] = model.latent_dims.values()
    likelihood = model.decode(torch.zeros(1, z_dim))
    assert isinstance(likelihood, Independent)
    return float(likelihood.stddev[0, 0])


@torch.no_grad()
def squared_error(model: Model, x: Tensor, grey: Tensor) -> float:
    """Mean over pixels of (E[x|z] − grey)², with z = μ(x) for `x: [dim]` as the model takes it."""
    return (decoded(model, model.embed(x.unsqueeze(0)), "mean", 0)[0] - grey).square().mean().item()
