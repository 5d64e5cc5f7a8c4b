"""The image a page is about: picked from a dataset's test split."""

from functools import lru_cache
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from ui.image_picker import image_picker
from vaemodels import data
from vaemodels.checkpoints import Checkpoint
from vaemodels.data import binarize
from vaemodels.errors import LabError
from vaemodels.models import Model

THUMBNAILS = 30


class Chosen(NamedTuple):
    """An image as the page uses it: a key that tells it from others, its pixels `x: [dim]` as the model takes them."""

    key: str
    caption: str
    x: Tensor
    label: int


def pick_image(checkpoint: Checkpoint) -> Chosen:
    """The visitor's choice among a dataset's test images."""
    dataset = _choose_dataset(checkpoint)
    digit = st.selectbox(
        "Digit",
        ["any", *range(10)],
        key="digit",
        label_visibility="collapsed",
        format_func=lambda d: "any digit" if d == "any" else f"only {d}",
    )
    images, labels, places = thumbnails(dataset, None if digit == "any" else int(digit))
    shape = data.get(dataset).image_shape
    index = image_picker(images, shape, labels, key="picker", columns=5)
    if dataset != checkpoint.card["dataset"]:
        st.caption("This model was trained on other images: expect it to lose more nats on these.")
    place = int(places[index])
    label = int(labels[index])
    caption = f"a {label}, {dataset} test image {place}"
    x = test_inputs(dataset, binarization(checkpoint.model))[place]
    return Chosen(f"{dataset}/{place}", caption, x, label)


def _choose_dataset(checkpoint: Checkpoint) -> str:
    """Built-in digits, or MNIST where it is at hand; else the button that fetches it."""
    if not at_hand("mnist"):
        if data.is_available("mnist"):
            st.error("The MNIST files here are damaged; fetch them again with the button below.")
        size = data.get("mnist").download_bytes / 1e6
        if st.button(
            f"Fetch MNIST ({size:.0f} MB)", help="The built-in digits need no download; MNIST has 70,000."
        ):
            fetch_mnist()
        return "digits"
    options = ["mnist", "digits"]
    default = "mnist" if checkpoint.card["dataset"] == "mnist" else "digits"
    titles = {name: data.get(name).title for name in options}
    return st.segmented_control(
        "Images",
        options,
        default=default,
        format_func=titles.__getitem__,
        required=True,
        label_visibility="collapsed",
        key=f"dataset-{default}",
    )


def at_hand(dataset: str) -> bool:
    """Whether there are test images of a dataset: not where its files are missing, nor where they are broken."""
    try:
        return data.is_available(dataset) and len(data.load(dataset, "test").images) > 0
    except LabError:
        return False


def fetch_mnist() -> None:
    """Download MNIST with a progress bar; an error becomes a sentence on the page."""
    bar = st.progress(0.0, "Fetching MNIST…")

    def progress(done: int, total: int) -> None:
        bar.progress(min(1.0, done / total), f"Fetching MNIST: {done / 1e6:.1f} of {total / 1e6:.1f} MB")

    try:
        data.download("mnist", progress)
    except LabError as error:
        st.error(str(error))
        return
    finally:
        bar.empty()
    st.rerun()


@lru_cache(maxsize=32)
def thumbnails(dataset: str, digit: int | None) -> tuple[Tensor, Tensor, Tensor]:
    """The first test images of a dataset (of one digit), their labels, and their places in the split."""
    split = data.load(dataset, "test")
    places = torch.arange(len(split.labels)) if digit is None else (split.labels == digit).nonzero().flatten()
    places = places[:THUMBNAILS]
    return split.images[places], split.labels[places], places


@lru_cache(maxsize=4)
def test_inputs(dataset: str, mode: str) -> Tensor:
    """The test split as the model takes it, binarised as a whole."""
    return binarize(data.load(dataset, "test").images, mode)


def binarization(model: Model) -> str:
    """How a model takes its images: grey under a Gaussian likelihood, else black and white."""
    gaussian = getattr(model.config, "likelihood", "bernoulli") == "gaussian"
    return "none" if gaussian else "static"
