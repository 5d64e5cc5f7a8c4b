"""What is bounded: log p(x|y), for every y; and why that number stands beside no other model's."""

import math

import plotly.graph_objects as go
import streamlit as st
import torch

from ui import charts, words
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.looks.view import View
from vaemodels.analysis.styles import ByLabel, elbo_by_label, under_every_label
from vaemodels.evaluation import Estimate, estimate

IMAGES = 300
KEPT = "_fsvae_bounds"


def render(view: View) -> None:
    """One image's bound under every label, and what they add up to."""
    model = view.model
    label = view.label_of(view.chosen)
    assert label is not None
    found = _under_every_label(view)
    y = int(label)
    elbo, best = -found.nelbo[y].item(), int(found.nelbo.argmin())
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{view.chosen.caption[0].upper()}{view.chosen.caption[1:]}, told each label in turn**")
        _chart(found)
        st.caption(
            f"Nats by which −ELBO(x|y) exceeds the smallest one, that of {best}; means of 64 draws of z, the "
            f"same noise for every label. As a guess at the label, softmax over y of ELBO(x|y) gives {best} "
            f"with {found.posterior[best]:.0%}."
        )
    with right:
        st.markdown(
            f"- Told its label {y}, the image costs **−ELBO(x|y) = {words.number(-elbo)} nats**: the bound is on "
            "log p(x|y).\n"
            f"- A model that isn’t told has to spread over ten labels: log p(x) = log Σ p(y) p(x|y) ≥ log Σ 1/10 · "
            f"exp ELBO(x|y), so **−log p(x) ≤ {words.number(-found.marginal)} nats**.\n"
            f"- The second bound exceeds the first by at most log {model.n_labels} = "
            f"{math.log(model.n_labels):.2f} nats, where no other label helps; where another fits better than {y}, it "
            "may lie below the first, by any amount."
        )
        conditional, marginal, right_labels = _over_test_images(view)
        on = words.test_images(dataset_for(view.checkpoint), IMAGES, binarization(model))
        st.markdown(
            f"Over {on}, one draw each: −ELBO(x|y) **{_plus_minus(conditional)}**, the bound on −log p(x) "
            f"from all ten labels **{_plus_minus(marginal)}**; the label of the largest ELBO(x|y) is right "
            f"for **{right_labels.mean:.1%} ± {right_labels.stderr:.1%}**."
        )
        st.info(
            "**Don’t compare −ELBO(x|y) with a VAE’s −ELBO.** One bounds −log p(x|y), the other "
            "−log p(x): part of the work was done by whoever wrote the label."
            + (
                " A Gaussian decoder’s is of a density besides, which may exceed 1."
                if found.nelbo.min() < 0
                else ""
            ),
            icon=":material/balance:",
        )


def _under_every_label(view: View) -> ByLabel:
    """Kept for the runs of controls that change neither the image nor the model."""
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] is not view.model or kept[1] != view.chosen.key:
        kept = (view.model, view.chosen.key, under_every_label(view.model, view.chosen.x))
        st.session_state[KEPT] = kept
    found: ByLabel = kept[2]
    return found


def _over_test_images(view: View) -> tuple[Estimate, Estimate, Estimate]:
    """−ELBO(x|y), the bound on −log p(x), whether the best label is right: means over test images."""
    kept = st.session_state.get(f"{KEPT}_test")
    if kept is None or kept[0] is not view.model:
        x, labels = model_inputs(dataset_for(view.checkpoint), view.model, IMAGES)
        elbo = elbo_by_label(view.model, x)
        marginal = torch.logsumexp(elbo, 0) - math.log(len(elbo))
        own = elbo.gather(0, labels.unsqueeze(0))[0]
        found = estimate(-own), estimate(-marginal), estimate((elbo.argmax(0) == labels).double())
        kept = st.session_state[f"{KEPT}_test"] = (view.model, found)
    estimates: tuple[Estimate, Estimate, Estimate] = kept[1]
    return estimates


def _plus_minus(value: Estimate) -> str:
    return f"{words.plus_minus(value.mean, value.stderr)} nats"


def _chart(found: ByLabel) -> None:
    above = (found.nelbo - found.nelbo.min()).tolist()
    labels = [str(y) for y in range(len(above))]
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=above,
            marker_color=charts.colours()["bound"],
            text=[words.number(value) for value in above],
            textposition="outside",
            cliponaxis=False,
            customdata=[words.number(value) for value in found.nelbo.tolist()],
            hovertemplate="told %{x}: −ELBO(x|y) = %{customdata} nats<extra></extra>",
        )
    )
    figure.update_xaxes(type="category", title="label y that the model is told")
    figure.update_yaxes(title="nats above the best", range=[0, 1.12 * max(above)])
    said = ", ".join(
        f"{label}: {words.number(value)}" for label, value in zip(labels, found.nelbo.tolist(), strict=True)
    )
    charts.show(figure, "fsvae-bounds", f"−ELBO(x|y) of the image in nats by label: {said}", height=300)
