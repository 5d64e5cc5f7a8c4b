"""A visitor's own models: each can be used, trained on, downloaded, deleted; a downloaded one can come back."""

import dataclasses
import re
from collections.abc import Callable, Collection
from typing import Any

import streamlit as st

from ui import lead, models, words
from ui.training import form
from ui.training.chart import training_chart
from ui.training.run import Panel, series, try_to_start
from vaemodels import checkpoints, data, runs
from vaemodels.checkpoints import Card, Checkpoint
from vaemodels.config_parsing import from_values
from vaemodels.data.from_path import OWN
from vaemodels.errors import LabError, UsageError
from vaemodels.training import Run
from vaemodels.training_config import LIMITS, TrainingConfig

MAX_UPLOAD = 50  # MB
DOWNLOADED = re.compile(r"vaelab-(mine-[0-9]+)\b")


def own_models(
    panel: Panel,
    kinds: Collection[str],
    image_shape: tuple[int, int, int] | None = models.IMAGE_SHAPE,
    offer: Callable[[str, Card], None] | None = None,
) -> None:
    """List them, newest first, and take uploads of `kinds`, of images of one shape or, where that is None, of any.

    `offer` draws what can be done with a model on other pages, where the page itself is about none.
    """
    if models.own():
        st.markdown("**Your models**, kept until you close or reload this tab")
    _offer_undo()
    for name, checkpoint in reversed(models.own().items()):
        _model(panel, name, checkpoint, kinds, offer)
    if models.own() and offer is None:
        newest, checkpoint = next(reversed(models.own().items()))
        if checkpoint.card["history"]:
            st.caption(f"How {newest} was trained:")
            training_chart({newest: series(checkpoint.card["history"])}, key=f"trained-{newest}", height=220)
    _upload(kinds, image_shape)


def _model(
    panel: Panel,
    name: str,
    checkpoint: Checkpoint,
    kinds: Collection[str],
    offer: Callable[[str, Card], None] | None,
) -> None:
    st.markdown(f"**{name}**: {models.describe(checkpoint.card)}")
    with st.container(horizontal=True):
        if offer is not None:
            offer(name, checkpoint.card)
        elif checkpoint.card["model"] not in kinds:
            st.caption("Another page is about models of its kind.", width="content")
        elif st.button("Use this model on this page", key=f"use-{name}", type="primary"):
            models.use(name)
            lead.to("head")
            st.rerun()
        if panel.job is None and panel.interrupted is None:
            _offer_to_train_on(panel, name, checkpoint)
        st.download_button(
            "Download",
            models.own_file(name),
            f"vaelab-{name}.safetensors",
            key=f"download-{name}",
            on_click="ignore",
        )
        if st.button("Delete", key=f"delete-{name}"):
            models.discard(name)
            st.rerun()


def _offer_undo() -> None:
    """The way back for the model that was deleted last."""
    name = models.discarded()
    if name is None or models.room() < 1:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Deleted {name}.", width="content")
        if st.button("Undo", key="undo-delete"):
            models.restore()
            st.rerun()


def _offer_to_train_on(panel: Panel, name: str, checkpoint: Checkpoint) -> None:
    """The button that trains a model for as many epochs more as the form says."""
    try:
        more = form.epochs()
    except UsageError as error:
        st.button("Train on", key=f"on-{name}", disabled=True, help=str(error))
        return
    epochs = epochs_to(checkpoint, more)
    title = f"Train on for {words.count(epochs - len(checkpoint.card['history']), 'epoch')}"
    end = f"To the end of epoch {epochs:,}: as many more as the form above says."
    if st.button(title, key=f"on-{name}", help=end):
        _train_on(panel, checkpoint, epochs)


def epochs_to(checkpoint: Checkpoint, more: int) -> int:
    """Up to which epoch a model is trained on for so many `more`, as far as any run goes."""
    return min(int(LIMITS["epochs"][1]), len(checkpoint.card["history"]) + more)


def more_of(checkpoint: Checkpoint, epochs: int) -> tuple[Run, dict[str, Any]]:
    """The run that trains a model on, to the end of epoch `epochs`, and its card.

    Raises:
        LabError: if it can't be trained here.
    """
    run, card = runs.from_checkpoint(checkpoint)
    if run.config.dataset.startswith(OWN) and data.find_own(run.config.dataset) is None:
        raise UsageError(
            "It was trained on own pictures that are not here; bring them in the Studio, then train on."
        )
    dataset = data.get(run.config.dataset)
    if not data.is_available(dataset.name):
        raise UsageError(
            f"It was trained on {dataset.title}, which is not on this machine; download that first."
        )
    runs.check(card["model"], run.model.config, run.config)
    return runs.with_config(run, card, dataclasses.replace(run.config, epochs=epochs))


def _train_on(panel: Panel, checkpoint: Checkpoint, epochs: int) -> None:
    try:
        run, card = more_of(checkpoint, epochs)
    except LabError as error:
        panel.error = str(error)
        st.rerun()
    try_to_start(panel, run, card)


def usable(
    file: bytes, kinds: Collection[str], image_shape: tuple[int, int, int] | None = models.IMAGE_SHAPE
) -> bytes:
    """A stranger's checkpoint file, if a page for `kinds` can do with its model all it does with its own.

    Raises:
        LabError: if they can't, or if it is no checkpoint.
    """
    checkpoint = checkpoints.loads(file)
    card = checkpoint.card
    if card["model"] not in kinds:
        raise UsageError(f"The file holds a model of kind {card['model']}; choose one of {', '.join(kinds)}.")
    shape = tuple(checkpoint.model.config.image_shape)
    if image_shape not in (None, shape):
        raise UsageError(
            f"The file's model draws images of shape {shape}; choose one for {image_shape}, such as MNIST's."
        )
    config = from_values(TrainingConfig, card["training"])
    if image_shape is not None or not config.dataset.startswith(OWN):
        runs.check(card["model"], checkpoint.model.config, config)
    try:
        models.describe(card)
    except (KeyError, TypeError, ValueError) as error:
        raise LabError("The file's card says too little of its model; choose another file.") from error
    return file


def _name_in(filename: str) -> str:
    """What a model was called when it was downloaded; browsers number a file's further copies."""
    found = DOWNLOADED.match(filename)
    return found[1] if found else ""


def _upload(kinds: Collection[str], image_shape: tuple[int, int, int] | None) -> None:
    """Take a model file back. Each upload gets a fresh uploader, so that it is read once."""
    number = st.session_state.setdefault("uploads", 0)
    if not st.toggle("Bring back a model you downloaded", key="upload-a-model"):
        return
    file = st.file_uploader(
        "Model file (.safetensors)",
        type=["safetensors"],
        key=f"upload-{number}",
        max_upload_size=MAX_UPLOAD,
    )
    if file is None:
        return
    try:
        if models.room() < 1:
            raise UsageError(f"You keep {models.MAX_OWN} models already; delete one above to make room.")
        models.keep(usable(file.getvalue(), kinds, image_shape), _name_in(file.name))
    except LabError as error:
        st.error(str(error))
        return
    st.session_state["uploads"] += 1
    st.rerun()
