"""The SSVAE: ten labels with two answers each, one z as ten digits, what few labels teach; train one."""

import streamlit as st

from ui import elbo_panel, explorer_panel, frame, try_this
from ui.address import share_link, url_state
from ui.images import choice
from ui.looks import EXPLORER, View, closer_look
from ui.source import source
from ui.ssvae import story
from ui.ssvae.each_label import labels_of
from ui.ssvae.four_ways import four_ways
from ui.ssvae.labels import label_bars, label_sums
from ui.ssvae.page import SSVAE
from ui.training.panel import LIVE_EVERY, describe, is_followed, shown, train

head = frame.begin(SSVAE)
describe(head)
st.markdown(story.IN_SHORT)
experiments = frame.experiments_of(SSVAE)
try_this.current(experiments, {try_this.TOP, *head.hide})


def explore() -> None:
    """One image and its ten labels, one z as ten digits; how the ten make up ELBO(x); then a closer look."""
    now = shown(head)
    model = now.model
    pick, bars, explorer = st.columns([10, 12, 26], gap="medium")
    with pick, share_link.part("pick", head.hide):
        chosen = choice.pick_image(now.checkpoint, SSVAE.slot, own_first=True)
    start = explorer_panel.start_at(model, chosen)
    of = labels_of(model, chosen)
    with bars, share_link.part("elbo", head.hide):
        label_bars(of, SSVAE.slot)
        st.caption(story.OF_BARS)
    with explorer:
        place = explorer_panel.explorer(
            SSVAE.slot,
            now.name,
            now.checkpoint,
            key=EXPLORER,
            start=start,
            occasion=f"{now.name}/{chosen.key}",
            show=now.show,
            seed=now.seed,
            in_link=now is head,
        )
        st.caption(story.OF_STYLE)
        explorer_panel.show_z(model, chosen, start, place)
    explorer_panel.encode_drawings(model, SSVAE.slot)
    story.from_vae_to_here()
    if "elbo" not in head.hide:
        with st.container(key="sums"):
            st.header("Ten ELBOs make up ELBO(x)", anchor=False)
            try_this.current(experiments, {"sums"})
            table, elbo = st.columns([26, 14], gap="large")
            with table:
                st.markdown(story.OF_SUMS)
                label_sums(of, SSVAE.slot)
            with elbo:
                terms = elbo_panel.terms_of(model, chosen)
                elbo_panel.show_elbo(
                    now.checkpoint, chosen, terms, start.place.label, now.show, now.seed, SSVAE.slot
                )
                elbo_panel.in_numbers(model, chosen)
    if "looks" not in head.hide:
        with st.container(key="looks"):
            try_this.current(experiments, {"looks"})
            label = (place or start.place).label
            closer_look(
                View(now.name, now.checkpoint, chosen, now.show, now.seed, SSVAE.slot, label), SSVAE.looks
            )
    if "source" not in head.hide:
        source(model)
    url_state.write_when_quiet()


st.fragment(explore, run_every=LIVE_EVERY if is_followed(SSVAE.kinds) else None)()
if "train" not in head.hide:
    with st.container(key="ways"):
        try_this.current(experiments, {"ways"})
        four_ways()
train(head, story.TRAIN, story.OF_TRAINING)
frame.end(head)
