"""The β family: rate against distortion, and what each β does to the latent dimensions."""

from collections.abc import Callable, Sequence

import streamlit as st
import torch
from torch import Tensor

from ui import models, words
from ui.charts import colours, show
from ui.images.choice import for_model
from ui.images.decoded import decoded, montage
from ui.images.figures import figure, row
from ui.looks.compared import choose
from ui.looks.encoded import Encoded, encoded_pretrained
from ui.looks.view import View
from ui.terms import measured_terms
from ui.vae import factors
from ui.vae.rate_charts import bars_are_seen, correlation_chart, rate_distortion_chart, trend_chart
from vaemodels.analysis.comparisons import (
    RatePoint,
    chance_correlation,
    chord_slope,
    latent_correlations,
    mean_correlation,
    rate_distortion,
    traversals,
)
from vaemodels.checkpoints import Card, Checkpoint
from vaemodels.models import Model
from vaemodels.pictures import picture
from vaemodels.presets import BETAS

FAMILY = ("vae", *(f"vae-beta{beta:g}" for beta in BETAS))
LIMIT, STEPS = 3.0, 11
BETA = "beta"  # also in the address, where the page's model does not say it


def render(view: View) -> None:
    """The curve and its numbers; the chosen β's traversals and correlations; trends over β; a score."""
    family = models.present(FAMILY)
    points = rate_distortion(checkpoint.card for checkpoint in family.values())
    if not points:
        return
    names = {f"{point.beta:g}": point.name for point in points}
    titles = {beta: f"β = {beta}" for beta in names}
    usual = "1" if "1" in names else next(iter(names))
    beta, choose_beta = choose(view, "β the model was trained with", BETA, names, titles, usual)
    [at] = [i for i, point in enumerate(points) if f"{point.beta:g}" == beta]
    curve, numbers = st.columns([3, 2], gap="medium")
    with curve:
        _show_curve(points, at, choose_beta)
        st.caption(
            f"One model for each β, measured on {words.measured_on(family[points[at].name].card)}; "
            f"{described_errors(points)}. Click a point to choose it."
        )
    with numbers:
        _show_numbers(points, at, family[points[at].name].card)

    model = family[points[at].name].model
    codes = encoded_pretrained(points[at].name, family[points[at].name])
    strips, correlated = st.columns([3, 2], gap="medium")
    with strips:
        _show_traversals(view, model, codes, beta)
    with correlated:
        _show_correlations(view, model, points[at], codes)
    _show_trends(points, family)
    st.caption(
        "Entangled or disentangled is for your eyes here: a disentangled dimension changes one thing (slant, width, "
        "weight) and leaves the rest alone. Nobody knows the true factors of handwriting, so there is no score; low "
        "correlation is not one, as dimensions can be uncorrelated and still entangled. Pictures that VAE "
        "Lab draws itself have true factors, and a score, below."
    )
    factors.render()


def described_errors(points: Sequence[RatePoint]) -> str:
    """What the standard errors of the points look like on the curve."""
    largest = max(max(point.rate.stderr, point.distortion.stderr) for point in points)
    if bars_are_seen(points):
        return "bars are one standard error"
    return f"standard errors, {largest:.1f} nats at most, are smaller than the marks"


def _show_curve(points: Sequence[RatePoint], at: int, choose: Callable[[str], None]) -> None:
    selected = points[at]
    best = min(points, key=lambda point: point.nelbo.mean)
    described = "; ".join(
        f"β = {point.beta:g}: rate {point.rate.mean:.1f}, distortion {point.distortion.mean:.1f}"
        for point in points
    )
    # A chart of its own for every β: one that is clicked twice in the same place would report it only once.
    show(
        rate_distortion_chart(points, selected.beta, colours()),
        f"beta-curve-{selected.beta:g}",
        f"Rate against distortion in nats. {described}. Best −ELBO {best.nelbo.mean:.1f} at β = {best.beta:g}.",
        height=360,
        on_click=choose,
    )


def _show_numbers(points: Sequence[RatePoint], at: int, card: Card) -> None:
    """The terms of the chosen β's model, what it was trained for, and what the slopes say."""
    point = points[at]
    best = min(points, key=lambda other: other.nelbo.mean)
    loss = point.distortion.mean + point.beta * point.rate.mean
    st.html(
        measured_terms(card, "distortion", "rate")
        + f'<div class="lab-formula">D + βR = <b class="lab-rec">{point.distortion.mean:.1f}</b> + '
        f'{point.beta:g} × <b class="lab-kl">{point.rate.mean:.1f}</b> = {loss:.1f}, the loss it was trained with</div>'
    )
    neighbours = (points[i] for i in (at - 1, at + 1) if 0 <= i < len(points))
    chords = " ".join(_chord(*sorted((point, other), key=lambda p: p.beta)) for other in neighbours)
    st.markdown(
        "Training with β makes D + βR small, so the curve falls with slope **−β** at each model: "
        f"here −{point.beta:g}, dotted. {chords}"
    )
    st.markdown(
        "−ELBO = D + R is the same all along a green line, and green lines fall with slope −1. The lowest one that "
        "reaches the curve touches it where its slope is −1 too: at β = 1. Best measured: "
        f"**{best.nelbo.mean:.1f}** at β = {best.beta:g} (ringed)."
    )


def _chord(a: RatePoint, b: RatePoint) -> str:
    return (
        f"From β = {a.beta:g} to {b.beta:g} it falls by {-chord_slope(a, b):.2f} nats a nat of rate "
        f"(expected: between {a.beta:g} and {b.beta:g})."
    )


def _show_traversals(view: View, model: Model, codes: Encoded, beta: str) -> None:
    """One row a dimension, most KL first, from −3 to 3; the other dimensions stay at the chosen image's."""
    x = for_model(view.chosen, model)
    shape = model.config.image_shape
    assert codes.kl is not None
    kl = codes.kl.mean(0)
    order = kl.argsort(descending=True).tolist()
    with torch.no_grad():
        base = model.embed(x.unsqueeze(0))[0]
    z = traversals(base, order, torch.linspace(-LIMIT, LIMIT, STEPS))
    names = [f"{words.dimension(i)}" for i in order]
    by_name = [f"{name} {kl[i]:.2f}" for name, i in zip(names, order, strict=True)]
    st.html(
        '<div class="lab-note">Each row moves one dimension from −3 to 3 and leaves the others where the encoder puts '
        "the chosen image. Beside it the dimension’s mean KL in nats.</div>"
        + montage(
            decoded(model, z, view.show, view.seed),
            shape,
            STEPS,
            f"Traversals at β = {beta} around {view.chosen.caption}; nats of KL by row: {', '.join(by_name)}",
            row_labels=by_name,
        )
    )
    st.caption(f"KL: the mean over {_described(codes)}.")


def _show_correlations(view: View, model: Model, point: RatePoint, codes: Encoded) -> None:
    """The chosen image through this β's model, and how its latent dimensions vary together."""
    x = for_model(view.chosen, model)
    shape = model.config.image_shape
    with torch.no_grad():
        z = model.embed(x.unsqueeze(0))
    st.html(
        row(
            [
                figure(picture(x, shape), f"The image: {view.chosen.caption}", "x, binarised"),
                figure(
                    picture(decoded(model, z, view.show, view.seed)[0], shape),
                    f"Its reconstruction at β = {point.beta:g}",
                    f"{view.show} at μ(x), β = {point.beta:g}",
                ),
            ]
        )
    )
    correlations = latent_correlations(codes.mean)
    mean = mean_correlation(correlations)
    st.html('<div class="lab-note">|Correlation| of the posterior means, each dimension with each</div>')
    show(
        correlation_chart(correlations, colours()),
        f"beta-correlations-{point.beta:g}",
        f"|Correlation| between the latent dimensions at β = {point.beta:g}; mean off the diagonal {mean:.3f}.",
        height=250,
    )
    st.caption(
        f"From 0 (faint) to 1 (the diagonal), over {_described(codes)}: **{mean:.3f}** on average off the diagonal; "
        f"independent dimensions would read {chance_correlation(len(codes.mean)):.3f}. {_blank(correlations)}"
        f"{point.active_units} of {len(correlations)} dimensions are active "
        "(the variance of their mean over images exceeds 0.01)."
    )


def _blank(correlations: Tensor) -> str:
    """Why some cells are empty, as a sentence; nothing where none are."""
    collapsed = correlations.diagonal().isnan().nonzero().flatten().tolist()
    if not collapsed:
        return ""
    names = ", ".join(words.dimension(i) for i in collapsed)
    return f"Blank: {names}, whose mean hardly changes from image to image, so that nothing is left to correlate. "


def _show_trends(points: Sequence[RatePoint], family: dict[str, Checkpoint]) -> None:
    """Mean |correlation|, active units and KL over β."""
    betas = [point.beta for point in points]
    codes = [encoded_pretrained(point.name, family[point.name]) for point in points]
    correlations = [mean_correlation(latent_correlations(of_beta.mean)) for of_beta in codes]
    active = [point.active_units for point in points]
    rates = [point.rate.mean for point in points]
    chance = chance_correlation(len(codes[0].mean))
    columns = st.columns(3, gap="medium")
    with columns[0]:
        st.html('<div class="lab-note">Mean |correlation| of active dimensions</div>')
        chart = trend_chart(betas, correlations, colours()["ink"], guide=(chance, "independent"))
        show(chart, "beta-trend-correlation", _read("Mean |correlation|", betas, correlations), height=190)
    with columns[1]:
        st.html('<div class="lab-note">Active dimensions</div>')
        chart = trend_chart(betas, active, colours()["ink"])
        show(chart, "beta-trend-active", _read("Active dimensions", betas, active), height=190)
    with columns[2]:
        st.html('<div class="lab-note">Mean KL, nats</div>')
        chart = trend_chart(betas, rates, colours()["kl"], [point.rate.stderr for point in points])
        show(chart, "beta-trend-kl", _read("Mean KL in nats", betas, rates), height=190)


def _described(codes: Encoded) -> str:
    return words.test_images(codes.dataset, len(codes.mean), "static")


def _read(what: str, betas: Sequence[float], values: Sequence[float]) -> str:
    pairs = (f"{value:.3g} at β = {beta:g}" for beta, value in zip(betas, values, strict=True))
    return f"{what}: {', '.join(pairs)}."
