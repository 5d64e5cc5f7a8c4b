"""IWAE: L_k of one image draw by draw, when to believe it, and what training on it changes."""

import streamlit as st

from ui import elbo_panel, explorer_panel, frame, try_this
from ui.address import share_link, url_state
from ui.images import choice
from ui.iwae import story
from ui.iwae.links import forget_unreadable
from ui.iwae.page import IWAE
from ui.iwae.tightening import Subject, tightening
from ui.looks import EXPLORER, View, closer_look
from ui.source import source
from ui.training.panel import LIVE_EVERY, describe, is_followed, shown, train

head = frame.begin(IWAE)
describe(head)
forget_unreadable()
story.introduce()
experiments = frame.experiments_of(IWAE)
try_this.current(experiments, {try_this.TOP, *head.hide})


def explore() -> None:
    """One image: its bound over k and the draws that it rests on; a closer look; where the draws lie."""
    now = shown(head)
    pick, bound = st.columns([10, 38], gap="medium")
    with pick, share_link.part("pick", head.hide):
        chosen = choice.pick_image(now.checkpoint, IWAE.slot)
    with bound, share_link.part("bound", head.hide):
        st.fragment(tightening)(Subject(now.name, now.checkpoint, chosen, now.seed, now.show), IWAE.slot)
        story.what_gain_is()
        story.what_it_is()
    explorer_panel.encode_drawings(now.model, IWAE.slot)
    start = explorer_panel.start_at(now.model, chosen)
    if "looks" not in head.hide:
        with st.container(key="looks"):
            try_this.current(experiments, {"looks"})
            closer_look(View(now.name, now.checkpoint, chosen, now.show, now.seed, IWAE.slot), IWAE.looks)
    with share_link.part("explorer", head.hide):
        st.header("Where a draw lies", anchor=False)
        explorer, elbo = st.columns([26, 12], gap="medium")
        with explorer:
            place = explorer_panel.explorer(
                IWAE.slot,
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
        with elbo:
            terms = elbo_panel.terms_of(now.model, chosen)
            elbo_panel.show_elbo(now.checkpoint, chosen, terms, None, now.show, now.seed, IWAE.slot)
    if "source" not in head.hide:
        source(now.model)
    url_state.write_when_quiet()


st.fragment(explore, run_every=LIVE_EVERY if is_followed(IWAE.kinds) else None)()
train(
    head,
    "Train on Lₖ yourself",
    "Choose the objective iwae, stl or dreg and k under “More settings”. A larger k is another training, not only "
    "another measure: compare both runs in the look “The race over k”.",
)
frame.end(head)
