"""What can be done with a run of the visit: its numbers, the command that trains the same, training it anew."""

import streamlit as st

from ui import words
from ui.studio.command import command
from ui.studio.series import as_csv
from ui.training import form
from ui.training.log import Logged
from ui.training.run import panel, try_to_start
from vaemodels import data, runs
from vaemodels.config_parsing import from_values
from vaemodels.errors import LabError
from vaemodels.models import MODELS
from vaemodels.training_config import TrainingConfig


def actions(logged: Logged) -> None:
    """A button that opens what there is to do with a run."""
    opened = st.popover("Numbers, command, again", key=f"actions-{logged.name}", on_change="rerun")
    if not opened.open:
        return
    with opened:
        st.download_button(
            "All that was logged, as CSV",
            as_csv(logged),
            f"vaelab-{logged.name.replace(' ', '-')}.csv",
            "text/csv",
            key=f"csv-{logged.name}",
            on_click="ignore",
        )
        st.caption("The same at the command line:")
        st.code(command(logged.card, seconds=logged.until.seconds), language="bash", wrap_lines=True)
        if otherwise := unlike_the_command(logged):
            st.caption(" ".join(otherwise))
        if logged.number:
            _again(logged)


def unlike_the_command(logged: Logged) -> list[str]:
    """In what a run went otherwise than the command line that trains the same."""
    found = []
    if logged.went_on:
        found.append("The run went on from an earlier one, the command begins anew.")
    if logged.changes:
        changes = "; ".join(f"{text} at step {step:,}" for step, text in logged.changes)
        found.append(f"The command has the last settings from the beginning on; the run changed: {changes}.")
    if logged.until.patience:
        epochs = words.count(logged.until.patience, "epoch")
        found.append(f"The run was to stop after {epochs} without a gain, the command goes on.")
    return found


def _again(logged: Logged) -> None:
    """From the same weights once more, as it was or with other settings; or off the chart."""
    if not data.is_available(logged.card["dataset"]):
        st.caption("Its pictures are not here any more; bring them again to train on them.")
        return
    kind = logged.card["model"]
    config = from_values(MODELS[kind][1], logged.card["config"])
    training = from_values(TrainingConfig, logged.card["training"])
    if st.button(
        "Begin again from the same weights",
        key=f"again-{logged.name}",
        help="The seed draws the weights: the same numbers again.",
    ):
        try:
            try_to_start(panel(), *runs.new("mine", kind, config, training))
        except LabError as error:
            st.error(str(error))
    st.button(
        "Copy its settings into the form",
        key=f"copy-{logged.name}",
        on_click=form.fill_in,
        args=(kind, config, training),
        help="With the same sizes and seed a run starts from the same weights, whatever else you change.",
    )
    if logged.job is None and st.button(
        f"Take {logged.name} off the chart",
        key=f"off-{logged.name}",
        help="Its curve, images and numbers are gone then; its model stays.",
    ):
        panel().log.remove(logged)
        st.rerun()
