"""Experiments that set the page's controls themselves and say what to look for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui import lead
from ui.address import url_state
from ui.components.assets import component

KEY = "experiments"
TOP = "head"
NAMED = 6  # of the parameters that an experiment sets


# One component for the whole list: as a heading, two texts and a button each, it would be half the elements of the
# page, and every run of a control looks at them all.
_cards = component("vaelab_experiments", Path(__file__).with_name("cards"))


@dataclass(frozen=True)
class Experiment:
    """What to do (one sentence), what should be seen (one sentence), and the state of the page, as in its address.

    `name` stands for the experiment in an address. `at` is the part of the page that it is about, by its key.
    """

    name: str
    title: str
    do: str
    look_for: str
    state: Mapping[str, str | int]
    at: str = TOP


def possible(experiments: Sequence[Experiment], models: Sequence[str]) -> list[Experiment]:
    """The experiments whose model is there, and those that need none of their own."""
    return [experiment for experiment in experiments if experiment.state.get("model") in (None, *models)]


def forget_unknown(experiments: Sequence[Experiment]) -> None:
    """Say so where a link asks for an experiment that there is none of."""
    name = url_state.get("try")
    if name is not None and all(experiment.name != name for experiment in experiments):
        url_state.note(
            "The link asks for an experiment that is not on this page; all there are stand at its foot."
        )
        url_state.put("try", None)


def current(experiments: Sequence[Experiment], parts: Collection[str]) -> None:
    """What to do and to look for in the experiment that was chosen, if it is about one of those parts of the page."""
    name = url_state.get("try")
    for experiment in experiments:
        if experiment.name == name and experiment.at in parts and not _is_left(experiment):
            with st.container(border=True, key="trying"):
                text, done = st.columns([12, 1], vertical_alignment="center")
                end = "" if experiment.title.endswith("?") else "."
                text.markdown(
                    f"**{experiment.title}{end}** {experiment.do} *Look for:* {experiment.look_for}"
                )
                done.button("Done", on_click=url_state.put, args=("try", None), width="stretch")


def _is_left(experiment: Experiment) -> bool:
    """Whether the visitor has turned to another closer look than the one that the experiment is about."""
    look = experiment.state.get("look")
    now = url_state.get("look") if url_state.decides("look") else st.session_state["look"]
    return experiment.at != TOP and None not in (look, now) and look != now


def try_this(experiments: Sequence[Experiment], parameters: Collection[str]) -> None:
    """The list of experiments, each with the button that sets it up and leads to what it is about.

    `parameters` are those of the page's address that no widget holds.
    """
    st.header("Try this", anchor=False)
    texts = [
        {
            "name": experiment.name,
            "title": experiment.title,
            "do": experiment.do,
            "look_for": experiment.look_for,
            "sets": _sets(list(experiment.state)),
        }
        for experiment in experiments
    ]

    def chosen() -> None:
        name = st.session_state[KEY].chosen
        for experiment in experiments:
            if experiment.name == name:
                set_up(experiment, parameters)

    _cards(key=KEY, data={"experiments": texts}, on_chosen_change=chosen)


def _sets(names: Sequence[str]) -> str:
    """What of the page an experiment sets, by its names in the address."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def set_up(experiment: Experiment, parameters: Collection[str]) -> None:
    """Put the page into the experiment's state; to be called in a widget's callback."""
    url_state.prepare({**experiment.state, "try": experiment.name}, parameters)
    lead.to(experiment.at)
