"""All runs of the visit in one chart, trained models beside them, and what each run wrote at its steps."""

from collections.abc import Sequence
from typing import Any, cast, get_args

import streamlit as st

from ui import models, words
from ui.address import url_state
from ui.images import splits
from ui.studio import series
from ui.studio.history import Line, history
from ui.studio.row import actions
from ui.studio.series import AXES, Axis, Group, Side
from ui.studio.strip import strip
from ui.training.log import Logged
from ui.training.run import panel
from vaemodels import checkpoints, data
from vaemodels.errors import LabError
from vaemodels.frames import FRAME_IMAGES, Frame, written

POLL_EVERY = 1.5
BESIDE = "beside"
KEY = "studio-beside"
USUAL = ("vae-2d-digits", "vae-digits")
AXIS, SIDE, COLOUR, SMOOTH, GROUP = "axis", "side", "colour", "studio_smooth", "studio_group"
COLOURS = 10
BY_RUN = "run"
SIDES = {"held_out": "held-out", "train": "train"}


def chart() -> None:
    """The chart, and how it is drawn."""
    several = [*_references(_beside()), *panel().log]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        axis = cast(Axis, url_state.segmented("Over", AXIS, AXES, "step", label_visibility="collapsed"))
        with st.popover("Curves"):
            side, by, weight = _how(several)
        with st.popover("Beside yours"):
            _choose_beside()
    groups = {group: None for logged in several if (group := series.group_of(logged))}
    group = _group(list(groups), panel().log)
    shown = [logged for logged in several if series.group_of(logged) == group]
    colours = colours_of(several, by)
    history(
        [_line(logged, axis, side, weight, colours, by) for logged in shown],
        key="history",
        axis=AXES[axis],
        loss=group.measure if group else "loss",
        side=SIDES[side],
    )
    if group is not None:
        st.caption(_about(group, shown, several))


def _about(group: Group, shown: Sequence[Logged], several: Sequence[Logged]) -> str:
    """What the curves are of, which run is lowest, and what is left out of the chart or the ranking."""
    texts = [f"{group.title}."]
    if (lowest := series.best(shown)) is not None:
        logged, record = lowest
        loss = words.number(series.value(record["held_out"], "loss"), 2)
        texts.append(f"Lowest at the end of an epoch: {logged.name}, {loss} nats at step {record['step']:,}.")
    changed = [logged.name for logged in shown if logged.changes]
    if changed:
        texts.append(f"Not ranked, as settings were changed on the way (*): {', '.join(changed)}.")
    others = [logged.name for logged in several if logged not in shown and series.group_of(logged)]
    if others:
        texts.append(f"Not on this axis, as they measure something else: {', '.join(others)}.")
    return " ".join(texts)


def _how(several: Sequence[Logged]) -> tuple[Side, str, float]:
    """What is drawn of a run."""
    side = url_state.segmented("Measured on", SIDE, SIDES, "held_out")
    differing = [BY_RUN, *series.differing(several)]
    if st.session_state.get(COLOUR) not in differing:
        st.session_state[COLOUR] = BY_RUN
    by = st.selectbox("Colour by", differing, key=COLOUR)
    weight = st.slider(
        "Smoothing",
        0.0,
        0.95,
        0.0,
        0.05,
        key=SMOOTH,
        help="0 is off. The raw line stays behind the smooth one.",
    )
    return cast(Side, side), by, weight


def _group(groups: Sequence[Group], log: Sequence[Logged]) -> Group | None:
    """The group of curves that is drawn: that of the newest run, unless the visitor chose another."""
    if len(groups) < 2:
        return groups[0] if groups else None
    newest = next((group for logged in reversed(log) if (group := series.group_of(logged))), groups[0])
    if st.session_state.get(GROUP) not in groups or st.session_state.get("studio_newest") != newest:
        st.session_state[GROUP] = newest
    st.session_state["studio_newest"] = newest
    chosen: Group = st.selectbox(
        "Measured as", groups, format_func=lambda group: group.title, key=GROUP, label_visibility="collapsed"
    )
    return chosen


def colours_of(several: Sequence[Logged], by: str) -> dict[str, int]:
    """A colour for each run by its name: its own, or one for each value of a setting."""
    if by == BY_RUN:
        own = {logged.name: (logged.number - 1) % COLOURS for logged in several if logged.number}
        references = [logged.name for logged in several if not logged.number]
        return own | {name: COLOURS - 1 - place % COLOURS for place, name in enumerate(references)}
    values = [str(series.settings(logged).get(by)) for logged in several]
    places = {text: place for place, text in enumerate(dict.fromkeys(values))}
    return {logged.name: places[text] % COLOURS for logged, text in zip(several, values, strict=True)}


def _line(logged: Logged, axis: Axis, side: Side, weight: float, colours: dict[str, int], by: str) -> Line:
    value = "" if by == BY_RUN else f", {by} = {series.settings(logged).get(by)}"
    before = [(step, text, [r for r in logged.logged if r["step"] <= step]) for step, text in logged.changes]
    return Line(
        name=logged.name,
        about=f"{logged.title}{value}",
        colour=colours[logged.name],
        reference=not logged.number,
        curve=series.curve(logged, axis, side),
        weight=weight,
        marks=[
            (series.place(logged, records[-1], axis) if records else 0.0, f"{text} at step {step:,}")
            for step, text, records in before
        ],
    )


def images() -> None:
    """A row of images for each run, all moved by the chart's slider."""
    references = _references(st.session_state.get(KEY, []))
    several = [*panel().log, *references]
    axis = cast(Axis, st.session_state.get(AXIS, get_args(Axis)[0]))
    colours = colours_of([*references, *panel().log], st.session_state.get(COLOUR, BY_RUN))
    shown = [logged for logged in several if logged.frames]
    st.caption(
        "The slider under the chart moves all of these. Eight draws from each run’s prior, the same at every step; "
        "of an autoencoder, eight held-out images given back."
    )
    with st.container(key="strips"):
        for logged in shown:
            with st.container(key=f"run-{logged.name.replace(' ', '-')}"):
                strip(
                    logged.frames,
                    series.frame_places(logged, axis),
                    cast("tuple[int, int, int]", tuple(logged.card["config"]["image_shape"])),
                    name=logged.name,
                    about=logged.title,
                    colour=colours[logged.name],
                    key=f"strip-{logged.name}",
                )
                actions(logged)


def _beside() -> list[str]:
    """The trained models that stand beside the visit's runs."""
    names = checkpoints.pretrained_names()
    default = [name for name in USUAL if name in names]
    if url_state.decides(KEY):
        text = url_state.get(BESIDE)
        known = [name for name in dict.fromkeys((text or "").split("_")) if name in names]
        if text and text != "none" and not known:
            url_state.note("The link asks for trained models that are not here; showing the usual ones.")
        st.session_state[KEY] = [] if text == "none" else known or default
    chosen: list[str] = [name for name in st.session_state[KEY] if name in names]
    url_state.put(BESIDE, None if chosen == default else "_".join(chosen) or "none")
    return chosen


def _choose_beside() -> None:
    st.multiselect(
        "Trained models beside your runs",
        checkpoints.pretrained_names(),
        key=KEY,
        max_selections=6,
        help="The dashed curves: what was logged as these were trained.",
    )


def _references(names: Sequence[str]) -> list[Logged]:
    found = []
    for name in names:
        try:
            found.append(_reference(name))
        except LabError:
            continue  # a damaged file is on no list
    return found


@st.cache_resource(max_entries=16, show_spinner=False)
def _reference(name: str) -> Logged:
    """A model of pretrained/ as a run: what its card tells of its training, and what it writes now."""
    checkpoint = models.pretrained(name)
    card: dict[str, Any] = checkpoint.card
    model = checkpoint.model
    x, _ = splits.model_inputs(splits.dataset_for(checkpoint), model, FRAME_IMAGES)
    return Logged(
        name=name,
        number=0,
        title=f"{models.title(card)}, on {words.dataset(card['dataset'])}",
        card={key: value for key, value in card.items() if key != "history"},
        earlier=card["history"],
        held_out=data.get(card["dataset"]).sizes["validation"],
        frames=[Frame(card["step"], written(model, x))],
    )
