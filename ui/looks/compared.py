"""What the looks that compare pretrained models share: which are there, on which images, and what their cards say."""

from collections.abc import Iterable

import streamlit as st
from torch import Tensor

from ui import models
from ui.image_choice import at_hand, binarization, test_inputs
from vaemodels import data
from vaemodels.checkpoints import Card, Checkpoint
from vaemodels.errors import LabError
from vaemodels.models import Model


def present(names: Iterable[str]) -> dict[str, Checkpoint]:
    """The pretrained models of those names that can be opened; a sentence on the page names the others."""
    found: dict[str, Checkpoint] = {}
    missing: list[str] = []
    for name in names:
        try:
            found[name] = models.pretrained(name)
        except LabError:
            missing.append(name)
    if missing:
        st.warning(
            f"Missing from the folder pretrained/: {', '.join(missing)}. What is here is shown; "
            "fetch the project again to get the rest."
        )
    return found


def images_at_hand(checkpoint: Checkpoint) -> str:
    """The dataset a model was trained on where its test images are at hand, else the built-in digits."""
    dataset = str(checkpoint.card["dataset"])
    return dataset if at_hand(dataset) else "digits"


def images_of(dataset: str, model: Model, n: int) -> tuple[Tensor, Tensor]:
    """The first `n` test images `[n, dim]` as the model takes them, and their labels `[n]`."""
    return test_inputs(dataset, binarization(model))[:n], data.load(dataset, "test").labels[:n]


def named(dataset: str) -> str:
    """A dataset inside a sentence."""
    return {"mnist": "MNIST", "digits": "the built-in digits"}.get(dataset, dataset)


def measured_on(card: Card) -> str:
    """What a card's numbers were measured on."""
    result = card["evaluation"]
    return (
        f"{result['n']:,} {result['split']} images of {named(result['dataset'])}, "
        f"{'grey pixels' if result['binarization'] == 'none' else result['binarization'] + ' binarisation'}"
    )


def plus_minus(value: float, stderr: float) -> str:
    """A value in nats and its standard error, to a second decimal where the error is that small; a true minus sign."""
    decimals = 1 if stderr >= 0.05 else 2
    return f"{value:.{decimals}f} ± {stderr:.{decimals}f}".replace("-", "−")


def measured_terms(card: Card, reconstruction: str = "reconstruction", kl: str = "KL") -> str:
    """−ELBO as its two terms, by the names given, with the values that a model's card holds, as HTML."""
    result = card["evaluation"]
    error = result["stderr"]
    if not result["kl"]:
        value = plus_minus(result["reconstruction"], error["reconstruction"])
        return (
            f'<div class="lab-formula">{reconstruction} error = <b class="lab-rec">{value}</b></div>'
            '<div class="lab-note">No q(z|x), no likelihood: no KL and no bound.</div>'
        )
    return (
        '<div class="lab-formula lab-sum">'
        f'<b class="lab-bound">−ELBO</b><span>=</span><b class="lab-rec">{reconstruction}</b><span>+</span>'
        f'<b class="lab-kl">{kl}</b>'
        f'<b class="lab-bound">{plus_minus(result["nelbo"], error["nelbo"])}</b><span>=</span>'
        f'<b class="lab-rec">{plus_minus(result["reconstruction"], error["reconstruction"])}</b><span>+</span>'
        f'<b class="lab-kl">{plus_minus(result["kl"]["z"], error["kl"]["z"])}</b></div>'
    )
