"""The classifier taught by the labels alone beside that which the ELBO teaches too: what each one gets right."""

import streamlit as st
import torch
from torch import Tensor

from ui import models, words
from ui.images.decoded import montage
from ui.images.splits import binarization, model_inputs
from ui.looks import View
from ui.ssvae.predicted import predicted
from ui.tables import table
from vaemodels.evaluation import estimate

WITH, ALONE = "ssvae", "ssvae-classifier"
SHOWN, ACROSS = 36, 12


def render(view: View) -> None:
    """Both accuracies, their difference image by image, and the images that only one of them gets right."""
    there = models.present([WITH, ALONE])
    if len(there) < 2:
        return
    first, second = (predicted(name, checkpoint) for name, checkpoint in there.items())
    on = words.test_images(first.dataset, len(first.labels), binarization(there[WITH].model))
    right = torch.stack([first.given == first.labels, second.given == second.labels])
    cards = [checkpoint.card for checkpoint in there.values()]
    labelled = cards[0]["training"]["labelled"]
    st.markdown(
        f"Two classifiers of one size learnt from **the same {labelled} labels** of "
        f"{words.the_dataset(cards[0]['dataset'])}. `{ALONE}` saw these images alone (the ELBO’s weight is 0), "
        f"`{WITH}` also had the ELBO of all the others."
        + (
            " Both were shown them distorted, anew at every step: turned, stretched, slanted and shifted a little."
            if cards[0]["training"].get("distort_labelled")
            else ""
        )
    )
    rows = []
    for name, card, correct in zip(there, cards, right, strict=True):
        result, here = card["evaluation"], estimate(correct.double())
        rows.append(
            [
                name,
                f"{card['training']['gen_weight']:g}",
                f"{result['accuracy']:.1%} ± {result['stderr']['accuracy']:.1%}",
                f"{here.mean:.1%} ± {here.stderr:.1%}",
            ]
        )
    table(
        "Accuracy with and without the ELBO",
        ["model", "ELBO’s weight", f"right on {words.measured_on(cards[0])}", f"right on {on}"],
        rows,
    )
    gain = estimate(right[0].double() - right[1].double())
    st.caption(
        f"± standard error over images. On {on} the ELBO adds {100 * gain.mean:.1f} ± {100 * gain.stderr:.1f} points, "
        "compared image by image."
        + (
            ""
            if first.dataset == cards[0]["dataset"]
            else " These are other images than the models learnt; fetch MNIST to see theirs."
        )
    )
    x, _ = model_inputs(first.dataset, there[WITH].model, len(first.labels))
    columns = st.columns(2, gap="large")
    for column, name, which, given in (
        (columns[0], WITH, right[0] & ~right[1], second.given),
        (columns[1], ALONE, right[1] & ~right[0], first.given),
    ):
        with column:
            _only(name, x, first.labels, given, which)


def _only(name: str, x: Tensor, labels: Tensor, other: Tensor, which: Tensor) -> None:
    """The images that only the model `name` gets right, with what the `other` took them for."""
    places = which.nonzero().flatten()
    st.markdown(f"**Only `{name}` is right: {words.count(len(places), 'image')}**")
    if not len(places):
        return
    shown = places[:SHOWN]
    pairs = ", ".join(f"{labels[i]} as {other[i]}" for i in shown[:ACROSS].tolist())
    st.html(
        montage(
            x[shown],
            (1, 28, 28),
            ACROSS,
            f"{len(shown)} test images that only {name} labels rightly",
            f"The first {len(shown)}, in the order of the test images. The other read the first row’s as: {pairs}.",
        )
    )
