"""Experiments that set the page's controls themselves and say what to look for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from ui import url_state

_scroll_up = st.components.v2.component(
    "vaelab_scroll_up",
    js="""
    let last = 0;
    export default ({ data }) => {
      if (data.started > last) document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
      last = data.started;
    };
    """,
)


@dataclass(frozen=True)
class Experiment:
    """What to do (one sentence), what should be seen (one sentence), and the state of the page, as in its address.

    `name` stands for the experiment in an address; the state names a model.
    """

    name: str
    title: str
    do: str
    look_for: str
    state: Mapping[str, str | int]


def possible(experiments: Sequence[Experiment], models: Sequence[str]) -> list[Experiment]:
    """The experiments whose model is there."""
    return [experiment for experiment in experiments if experiment.state["model"] in models]


def current(experiments: Sequence[Experiment]) -> None:
    """At the top of the page: what to do and to look for in the experiment that was chosen."""
    name = url_state.get("try")
    for experiment in experiments:
        if experiment.name == name:
            with st.container(border=True, key="trying"):
                text, done = st.columns([12, 1], vertical_alignment="center")
                text.markdown(f"**{experiment.title}.** {experiment.do} *Look for:* {experiment.look_for}")
                done.button("Done", on_click=url_state.put, args=("try", None), width="stretch")


def try_this(experiments: Sequence[Experiment]) -> None:
    """The list of experiments, each with the button that sets it up."""
    st.header("Try this", anchor=False)
    with st.container(key="experiments"):
        for experiment in experiments:
            with st.container(border=True, gap="xsmall"):
                st.markdown(f"**{experiment.title}**")
                st.caption(f"{experiment.do} *Look for:* {experiment.look_for}")
                st.button(
                    "Set it up",
                    key=f"try-{experiment.name}",
                    help=f"Sets {', '.join(experiment.state)}.",
                    on_click=_set_up,
                    args=(experiment,),
                )
    _scroll_up(key="scroll_up", data={"started": st.session_state.get("_started", 0)}, height=1)


def _set_up(experiment: Experiment) -> None:
    url_state.prepare({**experiment.state, "try": experiment.name})
    st.session_state["_started"] = st.session_state.get("_started", 0) + 1
