"""The test images that q(y|x) and the ten ELBOs give different labels, and which of the two is right."""

import streamlit as st

from ui import words
from ui.images.name import Place
from ui.images.splits import binarization
from ui.looks import View
from ui.ssvae.opened import open_one
from ui.ssvae.predicted import ASKED, DRAWS, answers, is_settled


def render(view: View) -> None:
    """How often they differ, then the images, each with both answers."""
    if not is_settled(view.name):
        st.info("The model is in training; its answers to all images are asked for once it is done.")
        return
    asked = answers(view.name, view.checkpoint)
    on = words.test_images(asked.dataset, ASKED, binarization(view.model))
    places = (asked.by_classifier != asked.by_elbos).nonzero().flatten().tolist()
    if not places:
        st.markdown(f"On {on} the classifier and the ten ELBOs never differ.")
        return
    said, found, true = (of[places] for of in (asked.by_classifier, asked.by_elbos, asked.labels))
    elbos, classifier = int((found == true).sum()), int((said == true).sum())
    st.markdown(
        f"**On {words.count(len(places), 'image')} the two answers differ**, of {on}. The ten ELBOs ({DRAWS} draws of "
        f"z each) are right on **{elbos}** of these, the classifier on **{classifier}**, neither on "
        f"**{len(places) - elbos - classifier}**. On all others they agree, rightly or not."
    )

    def about(i: int) -> str:
        verdict = (
            "the ELBOs" if found[i] == true[i] else "the classifier" if said[i] == true[i] else "neither"
        )
        return (
            f"This image is {words.a_digit(int(true[i]))}. The classifier says **{said[i]}**, the ten ELBOs say "
            f"**{found[i]}**: {verdict} {'are' if verdict == 'the ELBOs' else 'is'} right."
        )

    open_one(
        tuple(Place(asked.dataset, place) for place in places),
        "Test images with two answers",
        "ssvae-differ",
        f"{view.name}/{asked.dataset}",
        about,
    )
