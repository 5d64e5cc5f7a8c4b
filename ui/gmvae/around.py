"""Around one component: the explorer at its mean, and each dimension in units of its own σ."""

import streamlit as st

from ui import explorer_panel, words
from ui.explorer import Posterior, traversals
from ui.explorer_panel import Place, Start
from ui.gmvae.choice import Mixture
from ui.gmvae.facts import prior_of
from ui.looks import EXPLORER, View
from vaemodels.analysis.mixtures import with_means


def around(view: View, made: Mixture, in_link: bool) -> Place | None:
    """The explorer of the view's slot at the chosen component's mean, moved or not; returns where a visitor went."""
    prior = with_means(prior_of(view), made.moved)
    mean, std = (part[made.component].tolist() for part in (prior.means, prior.stds))
    code = view.code_of(view.chosen)
    assert code.std is not None
    start = Start(Place(mean), Posterior(code.mean[0].tolist(), code.std[0].tolist()))
    moved = ", moved from where training left it" if made.component in made.moved else ""
    st.header(f"Around component {made.component + 1}", anchor=False)
    st.caption(
        f"The explorer starts at the component’s mean{moved}. Below it, each dimension goes from −3 to 3 of the "
        f"component’s own standard deviations, {words.number(min(std), 2)} to {words.number(max(std), 2)}, with the "
        "others at its mean; choose an image to go there. Orange: q(z|x) of the chosen image. “random” draws from the "
        "whole prior."
    )
    place = explorer_panel.explorer(
        view.slot,
        view.name,
        view.checkpoint,
        key=EXPLORER,
        start=start,
        occasion=f"{view.name}/{made.component}/{made.moved.get(made.component)}",
        show=view.show,
        seed=view.seed,
        in_link=in_link,
    )
    explorer_panel.show_z(view.model, view.chosen, start, place)
    traversals(view.slot, key="gmvae-around", show=view.show, seed=view.seed, around=Posterior(mean, std))
    return place
