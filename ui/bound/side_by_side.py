"""A test image, the chosen one, noise and the blank canvas side by side: what the bound says of what is no digit."""

import streamlit as st
import torch

from ui.bound.measured import images_posterior
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
    """Each with its terms; log p(x) where the posterior is summed on demand."""
    shape = view.model.config.image_shape
    images = images_of(view.model, view.chosen, dataset_beside(view.chosen, view.checkpoint), view.seed)
    exact = st.toggle("log p(x) of each, too (a second an image)", key="bound-beside")
    found = {name: image_terms(view.model, x) for name, x in images.items()}
    columns = st.columns(len(images), gap="small")
    for column, (name, x) in zip(columns, images.items(), strict=True):
        terms = found[name]
        with column:
            st.html(f'<div class="lab-row">{figure(picture(x, shape), f"{name} as pixels", name)}</div>')
            lines = [
                f'−ELBO <b class="lab-bound">{number(terms.nelbo)}</b>',
                f'rec <b class="lab-rec">{number(terms.reconstruction)}</b>',
                f'KL <b class="lab-kl">{number(terms.kl_total)}</b>',
            ]
            if exact:
                log_p = images_posterior(view, f"{name}-{view.seed}-{view.chosen.key}", x).log_p
                lines.append(f"−log p <b>{number(-log_p)}</b>")
            st.html(f'<div class="lab-formula">{"<br>".join(lines)}</div>')
    average = view.checkpoint.card["evaluation"]
    told = "" if average is None else f" A test image costs {number(average['nelbo'])} nats on average."
    shuffled, coins, blank = (
        number(found[name].nelbo) for name in ("its pixels shuffled", "fair coins", "blank")
    )
    st.markdown(
        f"Noise costs {shuffled} and {coins} nats, nearly all in reconstruction. The encoder never saw a blank canvas: "
        f"its q for one can lie far outside all codes, and the blank’s −ELBO, {blank}, far above its −log p(x), a gap "
        "of amortisation. By −log p(x) itself (the switch above) the blank, which is no digit, may cost fewer nats "
        "than most digits: few pixels are in doubt. A high log p(x) does not mean “like the images learned” "
        "(Nalisnick et al. 2019)." + told
    )
    st.caption("In nats; the ELBO from 64 draws of the encoder’s q.")
