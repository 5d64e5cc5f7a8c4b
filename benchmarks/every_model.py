"""A Streamlit page of one model after the other: its explorer, the terms of an image, the codes of many."""

import streamlit as st

from ui import explorer_panel, models
from ui.explorer import latent_explorer
from ui.images.splits import dataset_for, model_inputs
from ui.looks.encoded import encoded_pretrained
from ui.startup import after_page, before_first_page
from ui.terms import formula
from vaemodels import checkpoints
from vaemodels.evaluation import image_terms

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
model = checkpoint.model
images, labels = model_inputs(dataset_for(checkpoint), model, 1)
terms = image_terms(model, images[0], labels[0] if model.needs_labels else None)
st.html(formula(terms))
codes = encoded_pretrained(name, checkpoint)
st.caption(f"{models.describe(checkpoint.card)} Measured on {len(codes.mean):,} images.")
latent_explorer(SLOT, key="explorer", z=terms.code.tolist(), occasion=name, model=name)
explorer_panel.publish(name, checkpoint, SLOT)
st.markdown(f"{turn}: {name}")
after_page()
