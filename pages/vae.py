"""The VAE and the β-VAE: pick an image, read its ELBO, move through the latent space, train one."""

import streamlit as st

from ui import elbo_panel, explorer_panel, frame, try_this
from ui.address import url_state
from ui.images import choice
from ui.looks import EXPLORER, View, closer_look
from ui.source import source
from ui.training.panel import LIVE_EVERY, describe, is_followed, shown, train
from ui.vae.page import VAE

head = frame.begin(VAE)
describe(head)
experiments = frame.experiments_of(VAE)
try_this.current(experiments, {try_this.TOP, *head.hide})


def explore() -> None:
    """One image: its latent code, its reconstruction, the terms of its ELBO; then a closer look."""
    now = shown(head)
    pick, explorer, elbo = frame.main_columns(head.hide)
    with pick:
        chosen = choice.pick_image(now.checkpoint, VAE.slot)
    terms = elbo_panel.terms_of(now.model, chosen)
    start = explorer_panel.start_at(now.model, chosen)
    if "elbo" not in head.hide:
        with pick:
            elbo_panel.elbo_in_a_line(terms, VAE.slot)
    with elbo:
        elbo_panel.show_elbo(now.checkpoint, chosen, terms, start.place.label, now.show, now.seed, VAE.slot)
        elbo_panel.in_numbers(now.model, chosen)
    with explorer:
        place = explorer_panel.explorer(
            VAE.slot,
            now.name,
            now.checkpoint,
            key=EXPLORER,
            start=start,
            occasion=f"{now.name}/{chosen.key}",
            show=now.show,
            seed=now.seed,
            in_link=now is head,
        )
        explorer_panel.show_z(now.model, chosen, start, place)
    explorer_panel.encode_drawings(now.model, VAE.slot)
    if "looks" not in head.hide:
        with st.container(key="looks"):
            try_this.current(experiments, {"looks"})
            label = (place or start.place).label
            closer_look(
                View(now.name, now.checkpoint, chosen, now.show, now.seed, VAE.slot, label), VAE.looks
            )
    if "source" not in head.hide:
        source(now.model)
    url_state.write_when_quiet()


st.fragment(explore, run_every=LIVE_EVERY if is_followed(VAE.kinds) else None)()
train(head)
frame.end(head)
