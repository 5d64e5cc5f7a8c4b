"""The images that a model was given labels of, found again by its card's seed."""

import streamlit as st

from ui import words
from ui.images.decoded import montage
from ui.images.splits import at_hand
from ui.looks import View
from vaemodels import data
from vaemodels.data import labels

ACROSS, ROWS = 10, 20  # of the montage, at most


def render(view: View) -> None:
    """All of them, or the first two hundred, a row for each digit."""
    card = view.checkpoint.card
    training, name = card["training"], card["dataset"]
    n = training["labelled"]
    if not at_hand(name):
        st.info(
            f"The {n:,} labelled images are of {words.the_dataset(name)}, which isn’t here: choose Fetch "
            f"{name.upper()} above, or a model of the built-in digits."
        )
        return
    split = data.load(name, "train")
    places = labels.choose(split.labels, n, training["seed"])
    shown = places[: ACROSS * ROWS]
    order = split.labels[shown].argsort(stable=True)
    digits = split.labels[shown][order]
    counts = split.labels[places].bincount(minlength=view.model.n_labels)
    chart, text = st.columns([3, 2], gap="large")
    with chart:
        st.html(
            montage(
                split.images[shown][order] / 255,
                view.model.config.image_shape,
                ACROSS,
                f"{len(shown)} labelled images, sorted by digit from {digits[0]} to {digits[-1]}",
                f"{'All' if len(shown) == n else f'The first {len(shown)} of'} {n:,} labelled images, by digit.",
            )
        )
    with text:
        st.markdown(
            f"**What the labels are.** Of {len(split.labels):,} training images of {words.the_dataset(name)} "
            f"{n:,} kept their label, {_spread(counts.tolist())}; seed {training['seed']} chose them. "
            f"The labels of the other {len(split.labels) - n:,} were never looked at."
        )
        st.markdown(
            "Ask of each digit whether these few are all its hands: a 4 open at the top, a 7 with a bar, a 1 with a "
            "foot. What no labelled image shows, only the unlabelled ones can tell the classifier."
        )


def _spread(counts: list[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,} of each digit" if low == high else f"{low:,} to {high:,} of each digit"
