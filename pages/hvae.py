"""The hierarchical VAE: rows of one z2, draws of z1 under it, the terms of both levels; train one."""

import streamlit as st

from ui import elbo_panel, explorer_panel, frame, try_this
from ui.address import share_link, url_state
from ui.hvae.beside import beside
from ui.hvae.facts import facts
from ui.hvae.levels import level_grid
from ui.hvae.page import HVAE
from ui.hvae.story import IN_SHORT, from_vae_to_here
from ui.images import choice
from ui.looks import EXPLORER, View, closer_look
from ui.source import source
from ui.training.panel import LIVE_EVERY, describe, is_followed, shown, train

head = frame.begin(HVAE)
describe(head)
experiments = frame.experiments_of(HVAE)
try_this.current(experiments, {try_this.TOP, *head.hide})


def explore() -> None:
    """The grid and what its levels cost; one image and the terms of its ELBO; then a closer look."""
    now = shown(head)
    model = now.model
    with share_link.part("grid", head.hide), st.container(key="grid"):
        try_this.current(experiments, {"grid"} - head.hide)
        st.markdown(IN_SHORT)
        found = facts(now.name, now.checkpoint)
        grid, costs = st.columns([38, 11], gap="medium")
        with grid:
            level_grid(
                HVAE.slot, name=now.name, facts=found, show=now.show, seed=now.seed, in_link=now is head
            )
        with costs:
            beside(now.checkpoint, found)
        from_vae_to_here()
    st.header("One image at both levels", anchor=False)
    pick, explorer, elbo = frame.main_columns(head.hide)
    with pick:
        chosen = choice.pick_image(now.checkpoint, HVAE.slot)
    terms = elbo_panel.terms_of(model, chosen)
    start = explorer_panel.start_at(model, chosen)
    if "elbo" not in head.hide:
        with pick:
            elbo_panel.elbo_in_a_line(terms, HVAE.slot)
    with elbo:
        elbo_panel.show_elbo(now.checkpoint, chosen, terms, None, now.show, now.seed, HVAE.slot)
        elbo_panel.in_numbers(model, chosen)
    with explorer:
        place = explorer_panel.explorer(
            HVAE.slot,
            now.name,
            now.checkpoint,
            key=EXPLORER,
            start=start,
            occasion=f"{now.name}/{chosen.key}",
            show=now.show,
            seed=now.seed,
            in_link=now is head,
        )
        explorer_panel.show_z(model, chosen, start, place)
    explorer_panel.encode_drawings(model, HVAE.slot)
    if "looks" not in head.hide:
        with st.container(key="looks"):
            st.header("A closer look", anchor=False)
            try_this.current(experiments, {"looks"})
            closer_look(View(now.name, now.checkpoint, chosen, now.show, now.seed, HVAE.slot), HVAE.looks)
    if "source" not in head.hide:
        source(model)
    url_state.write_when_quiet()


st.fragment(explore, run_every=LIVE_EVERY if is_followed(HVAE.kinds) else None)()
train(head)
frame.end(head)
