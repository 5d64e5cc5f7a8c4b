"""The FSVAE: twenty styles written as every digit, the style of an image, what z holds; train one."""

import streamlit as st

from ui import elbo_panel, explorer_panel, frame, try_this
from ui.address import share_link, url_state
from ui.fsvae.colour import stand_in
from ui.fsvae.legible import legible
from ui.fsvae.page import FSVAE
from ui.fsvae.story import IN_SHORT, from_vae_to_here, of_one_image
from ui.fsvae.styles import style_grid
from ui.images import choice
from ui.images.label import guesser
from ui.looks import EXPLORER, View, closer_look
from ui.source import source
from ui.training.panel import LIVE_EVERY, describe, is_followed, shown, train

head = frame.begin(FSVAE)
describe(head)
experiments = frame.experiments_of(FSVAE)
try_this.current(experiments, {try_this.TOP, *head.hide})


def explore() -> None:
    """The grid; one image, its style and the terms of its ELBO; then a closer look."""
    now = shown(head)
    model = now.model
    with share_link.part("grid", head.hide), st.container(key="grid"):
        try_this.current(experiments, {"grid"} - head.hide)
        st.markdown(f"{IN_SHORT} {stand_in(now.checkpoint.card)}")
        z_dim = next(iter(model.latent_dims.values()))
        style_grid(FSVAE.slot, name=now.name, z_dim=z_dim, show=now.show, seed=now.seed, in_link=now is head)
        legible(now.name, now.checkpoint)
        from_vae_to_here()
    with st.container(key="style"):
        st.header("The style of an image, written as ten digits", anchor=False)
        st.caption(of_one_image(tuple(model.config.image_shape) == choice.OWN_SHAPE))
        pick, explorer, elbo = frame.main_columns(head.hide)
    with pick:
        chosen = choice.pick_image(now.checkpoint, FSVAE.slot, own_first=True)
    terms = elbo_panel.terms_of(model, chosen)
    start = explorer_panel.start_at(model, chosen)
    if "elbo" not in head.hide:
        with pick:
            elbo_panel.elbo_in_a_line(terms, FSVAE.slot)
    with elbo:
        elbo_panel.show_elbo(now.checkpoint, chosen, terms, start.place.label, now.show, now.seed, FSVAE.slot)
        elbo_panel.in_numbers(model, chosen)
    with explorer:
        place = explorer_panel.explorer(
            FSVAE.slot,
            now.name,
            now.checkpoint,
            key=EXPLORER,
            start=start,
            occasion=f"{now.name}/{chosen.key}/{chosen.label}",
            show=now.show,
            seed=now.seed,
            in_link=now is head,
        )
        explorer_panel.show_z(model, chosen, start, place)
    explorer_panel.encode_drawings(model, FSVAE.slot, guesser(now.checkpoint))
    if "looks" not in head.hide:
        with st.container(key="looks"):
            try_this.current(experiments, {"looks"})
            label = (place or start.place).label
            closer_look(
                View(now.name, now.checkpoint, chosen, now.show, now.seed, FSVAE.slot, label), FSVAE.looks
            )
    if "source" not in head.hide:
        source(model)
    url_state.write_when_quiet()


st.fragment(explore, run_every=LIVE_EVERY if is_followed(FSVAE.kinds) else None)()
train(head)
frame.end(head)
