"""A Streamlit page of one model after the other: its explorer, the terms of an image, the codes of many."""

import streamlit as st

from ui import elbo_panel, explorer_panel, models
from ui.images.choice import Chosen
from ui.images.splits import dataset_for, model_inputs
from ui.looks.encoded import encoded_pretrained
from ui.startup import after_page, before_first_page
from vaemodels import checkpoints

before_first_page()
SLOT = "every-model"
names = checkpoints.pretrained_names()
turn = st.session_state.setdefault("turn", 0)


def turn_on() -> None:
    """To the next model."""
    st.session_state["turn"] += 1


st.button("Next", on_click=turn_on)
name = names[turn % len(names)]
checkpoint = models.get(name)
dataset = dataset_for(checkpoint)
images, labels = model_inputs(dataset, checkpoint.model, 1)
chosen = Chosen(f"{dataset}-0", "a test image", images[0], int(labels[0]), images[0])
terms = elbo_panel.terms_of(checkpoint.model, chosen)
start = explorer_panel.start_at(checkpoint.model, chosen)
codes = encoded_pretrained(name, checkpoint)
st.caption(f"{models.describe(checkpoint.card)} Measured on {len(codes.mean):,} images.")
explorer_panel.explorer(SLOT, name, checkpoint, key="explorer", start=start, occasion=name, in_link=False)
elbo_panel.show_elbo(checkpoint, chosen, terms, start.place.label, "mean", 0, SLOT)
explorer_panel.publish(name, checkpoint, SLOT)
st.markdown(f"{turn}: {name}")
after_page()
