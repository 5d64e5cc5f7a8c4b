"""The GMVAE: pick a component of the prior, see what it holds, move it, walk around it, train one."""

import streamlit as st

from ui import elbo_panel, explorer_panel, frame, try_this
from ui.address import share_link, url_state
from ui.gmvae import story
from ui.gmvae.around import around
from ui.gmvae.mixture import mixture
from ui.gmvae.page import GMVAE
from ui.images import choice
from ui.looks import View, closer_look
from ui.source import source
from ui.training.panel import LIVE_EVERY, describe, is_followed, shown, train

head = frame.begin(GMVAE)
describe(head)
story.introduce()
experiments = frame.experiments_of(GMVAE)
try_this.current(experiments, {try_this.TOP, *head.hide})


def explore() -> None:
    """One image and the components; then around the chosen one; then a closer look."""
    now = shown(head)
    pick, centre, elbo = frame.main_columns(head.hide)
    with pick:
        chosen = choice.pick_image(now.checkpoint, GMVAE.slot)
    view = View(now.name, now.checkpoint, chosen, now.show, now.seed, GMVAE.slot)
    terms = elbo_panel.terms_of(now.model, chosen)
    if "elbo" not in head.hide:
        with pick:
            elbo_panel.elbo_in_a_line(terms, GMVAE.slot)
    with centre:
        made = mixture(view, in_link=now is head)
        story.tell_of_move(view, made)
    with elbo:
        story.as_trained(made)
        elbo_panel.show_elbo(now.checkpoint, chosen, terms, None, now.show, now.seed, GMVAE.slot)
        elbo_panel.in_numbers(now.model, chosen)
    with share_link.part("around", head.hide):
        around(view, made, in_link=now is head)
    explorer_panel.encode_drawings(now.model, GMVAE.slot)
    if "looks" not in head.hide:
        with st.container(key="looks"):
            st.header("A closer look", anchor=False)
            try_this.current(experiments, {"looks"})
            closer_look(view, GMVAE.looks)
    if "source" not in head.hide:
        source(now.model)
    url_state.write_when_quiet()


st.fragment(explore, run_every=LIVE_EVERY if is_followed(GMVAE.kinds) else None)()
train(head)
frame.end(head)
