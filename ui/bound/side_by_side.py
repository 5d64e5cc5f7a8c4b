"""A test image, the chosen one, noise and the blank canvas side by side: what the bound says of what is no digit."""

from typing import NamedTuple

import streamlit as st
import torch

from ui.bound.measured import encoders_bound
from ui.images.choice import Chosen, dataset_beside, image_named
from ui.images.figures import figure
from ui.images.name import Place, image_name
from ui.looks.view import View
from ui.words import number
from vaemodels.evaluation import image_terms
from vaemodels.models import Model
from vaemodels.pictures import picture


def images_of(model: Model, chosen: Chosen, dataset: str, seed: int) -> dict[str, torch.Tensor]:
    """Pixels `[dim]` by what they are: as many lit at random as in the chosen image, half of them, all, none."""
    x = chosen.x
    generator = torch.Generator().manual_seed(seed)
    shuffled = x[torch.randperm(len(x), generator=generator)]
    coins = torch.rand(len(x), generator=generator).round()
    other = image_named(image_name(Place(dataset, 2)), model).x
    return {
        "the chosen image": x,
        "another test image": other,
        "its pixels shuffled": shuffled,
        "fair coins": coins,
        "blank": torch.zeros_like(x),
        "all lit": torch.ones_like(x),
    }


def render(view: View) -> None:
    """Each with its terms: from draws at once, by quadrature and with log p(x) on demand."""
    shape = view.model.config.image_shape
    images = images_of(view.model, view.chosen, dataset_beside(view.chosen, view.checkpoint), view.seed)
    exact = st.toggle("log p(x) of each, too (a second an image)", key="bound-beside")
    found = _by_quadrature(view, images) if exact else _from_draws(view.model, images)
    columns = st.columns(len(images), gap="small")
    for column, (name, x) in zip(columns, images.items(), strict=True):
        terms = found[name]
        lines = [
            f'−ELBO <b class="lab-bound">{_nats(terms.nelbo)}</b>',
            f'rec <b class="lab-rec">{_nats(terms.reconstruction)}</b>',
            f'KL <b class="lab-kl">{_nats(terms.kl)}</b>',
        ]
        if terms.evidence is not None:
            lines.append(f"−log p(x) <b>{_nats(terms.evidence)}</b>")
        with column:
            st.html(f'<div class="lab-row">{figure(picture(x, shape), f"{name} as pixels", name)}</div>')
            st.html(f'<div class="lab-formula">{"<br>".join(lines)}</div>')
    average = view.checkpoint.card["evaluation"]
    told = "" if average is None else f" A test image’s −ELBO is {number(average['nelbo'])} nats on average."
    st.markdown(in_words(found) + told)
    st.caption(
        "In nats, under the encoder’s q, "
        + ("all summed by quadrature." if exact else "from 64 draws: the last digit can be off.")
    )


class Terms(NamedTuple):
    """What an image costs under the encoder's q, in nats; `evidence` is −log p(x), None while it is not asked for."""

    nelbo: float
    reconstruction: float
    kl: float
    evidence: float | None


def _from_draws(model: Model, images: dict[str, torch.Tensor]) -> dict[str, Terms]:
    found = {name: image_terms(model, x) for name, x in images.items()}
    return {name: Terms(one.nelbo, one.reconstruction, one.kl_total, None) for name, one in found.items()}


def _by_quadrature(view: View, images: dict[str, torch.Tensor]) -> dict[str, Terms]:
    """The same without the noise of draws, which can put an ELBO above its log p(x)."""
    found = {}
    bar = st.progress(0.0, "Summing over z…")
    for i, (name, x) in enumerate(images.items()):
        bar.progress(i / len(images), f"Summing over z: {name}…")
        one = encoders_bound(view, f"{name}-{view.seed}-{view.chosen.key}", x)
        found[name] = Terms(-one.elbo, one.reconstruction, one.kl, -one.log_p)
    bar.empty()
    return found


def in_words(found: dict[str, Terms]) -> str:
    """What the numbers say of noise and of the blank canvas."""
    chosen, shuffled, coins, blank = (
        found[name] for name in ("the chosen image", "its pixels shuffled", "fair coins", "blank")
    )
    noise = (
        f"Noise has a −ELBO of {_nats(shuffled.nelbo)} and {_nats(coins.nelbo)} nats, nearly all of it reconstruction; "
        f"the blank canvas, which the encoder never saw, one of {_nats(blank.nelbo)}."
    )
    if blank.evidence is None or chosen.evidence is None:
        return (
            f"{noise} How much of that is −log p(x), and how much the gap of a bad q? The switch above tells."
        )
    gap = f" Of the blank’s, {_nats(blank.nelbo - blank.evidence)} are the gap of a bad q; by −log p(x) itself it costs"
    if blank.evidence < chosen.evidence:
        return (
            f"{noise}{gap} {_nats(blank.evidence)}, fewer than the chosen image’s {_nats(chosen.evidence)}: few of its "
            "pixels are in doubt. It is no digit, so a high log p(x) does not mean “like the images learned” "
            "(Nalisnick et al. 2019)."
        )
    return f"{noise}{gap} {_nats(blank.evidence)}, more than the chosen image’s {_nats(chosen.evidence)}."


def _nats(value: float) -> str:
    """Tenths of a nat, but whole nats from ten thousand on."""
    return number(value) if value < 10_000 else f"{value:,.0f}"
