"""Four ways to learn from few labels: a switch and a slider over stored runs, and the form below set to any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from ui import lead, models, words
from ui.address import url_state
from ui.ssvae.curve import Accuracies, Shipped, mean, share, show_curve, show_table
from ui.ssvae.predicted import predicted
from ui.ssvae.ways import ELSEWHERE, TOLD
from ui.tables import table
from ui.training import form
from vaemodels import checkpoints, data, few_labels
from vaemodels.errors import LabError
from vaemodels.evaluation import estimate
from vaemodels.few_labels import LABELLED, Way
from vaemodels.presets import QUICK, Preset

WAY, LABELS = "way", "labels"  # also in the address
USUAL = "100"


@st.fragment
def four_ways() -> None:
    """The switch, the slider, the curve, and what the chosen point says."""
    st.header("Four ways to use few labels", anchor=False)
    switch, slider = st.columns([3, 2], gap="large", vertical_alignment="bottom")
    with switch:
        titles: dict[str, str] = {key: told.title for key, told in TOLD.items()}
        chosen = url_state.segmented("Way of training", WAY, titles, "alpha")
        [way] = [key for key in TOLD if key == chosen]
    with slider:
        labelled = _choose_labels()
    study = _study()
    shipped = [] if study is None else _shipped(study["dataset"], study["images"])
    chart, text = st.columns([3, 2], gap="large")
    with chart:
        if study is not None:
            found = few_labels.accuracies(study)
            show_curve(found, shipped, way, labelled, _choose)
    with text:
        if study is not None:
            st.markdown(_said(study, found, shipped, way, labelled))
        st.caption("What one image adds to the loss")
        st.latex(TOLD[way].loss)
        st.markdown(TOLD[way].about)
        if _offer(way, labelled, study):
            st.rerun()
    if study is not None:
        show_table(found)
        st.caption(_how(study))
    _own_runs()
    url_state.write_when_quiet("address-ways")


def _choose_labels() -> int:
    choices = [str(n) for n in LABELLED]
    if url_state.decides(LABELS):
        wanted = url_state.get(LABELS) or USUAL
        if wanted not in choices:
            url_state.note(f"The link's labels are not one of {', '.join(choices)}; showing {USUAL} instead.")
            wanted = USUAL
        st.session_state[LABELS] = wanted
    chosen = st.select_slider("Labelled images", choices, format_func=lambda n: f"{int(n):,}", key=LABELS)
    url_state.put(LABELS, None if chosen == USUAL else chosen)
    return int(chosen)


def _choose(point: Sequence[Any]) -> None:
    st.session_state[WAY], st.session_state[LABELS] = str(point[0]), str(point[1])


def _study() -> dict[str, Any] | None:
    try:
        return _kept()
    except LabError as error:
        st.warning(str(error))
        return None


@st.cache_data(max_entries=1, show_spinner=False)
def _kept() -> dict[str, Any]:
    return few_labels.load()


@st.cache_data(max_entries=1, show_spinner=False)
def _shipped(dataset: str, images: int) -> list[Shipped]:
    """The page's two models, where their cards have the accuracy on the same test images."""
    found = []
    ways: dict[str, Way] = {"ssvae": "alpha", "ssvae-classifier": "labels"}
    for name, way in ways.items():
        if name in checkpoints.pretrained_names():
            card = checkpoints.read_card(name)
            training, result = card["training"], card["evaluation"]
            if (result["dataset"], result["split"], result["n"]) == (dataset, "test", images):
                recipe = words.count(training["epochs"], "epoch")
                if training.get("distort_labelled"):
                    recipe += ", labelled images distorted"
                if way == "alpha" and not training.get("labelled_elbo"):
                    recipe += ", known labels in the α term alone"
                point = Shipped(name, way, training["labelled"], recipe, result["accuracy"])
                found.append(point)
    return found


def _said(
    study: Mapping[str, Any], found: Accuracies, shipped: Sequence[Shipped], way: Way, labelled: int
) -> str:
    """The chosen point, and how it compares with the labels alone."""
    title, labels = TOLD[way].title, words.count(labelled, "label")
    if (way, labelled) not in found:
        return f"**{title}, {labels}**: not run yet; {few_labels.REMEDY}, which goes on where it stopped."
    values = found[way, labelled]
    draws = (
        "one draw of the labels" if len(values) == 1 else f"{len(values)} draws of the labels, mean and range"
    )
    said = (
        f"**{title}, {labels}: {share(values)}** of {study['images']:,} {study['split']} images of "
        f"{words.the_dataset(study['dataset'])} right ({draws})."
    )
    if way != "labels" and ("labels", labelled) in found:
        alone = found["labels", labelled]
        gain = round(100 * mean(values), 1) - round(100 * mean(alone), 1)
        said += f" That is **{abs(gain):.1f} points {'more' if gain > 0 else 'fewer'}** than the labels alone give"
        overlap = min(values) <= max(alone) and min(alone) <= max(values)
        said += ", less than the draws differ: no more than a tie." if overlap else "."
    for one in shipped:
        if (one.way, one.labelled) == (way, labelled):
            said += f" `{one.name}`, larger ({one.recipe}): **{100 * one.accuracy:.1f} %** (star)."
    return said


def _offer(way: Way, labelled: int, study: Mapping[str, Any] | None) -> bool:
    """The button that sets the training form to the chosen point; whether it was pressed."""
    on_mnist = data.is_available(few_labels.RECIPE.dataset)
    digits = QUICK["ssvae-digits"]
    most = data.get(digits.training.dataset).sizes["train"]
    preset = (
        Preset("ssvae", few_labels.MODEL, few_labels.settings(way, labelled), "")
        if on_mnist
        else replace(digits, training=few_labels.settings(way, labelled, recipe=digits.training))
    )
    pressed = st.button(
        "Train this one here",
        key="ssvae-train-this",
        disabled=not on_mnist and labelled > most,
        help="Sets the form below; start it there.",
        on_click=_set_form,
        args=(preset,),
    )
    if on_mnist:
        seconds = [run["seconds"] for run in (study or {"runs": []})["runs"] if run["way"] == way]
        took = f": {mean(seconds):.0f} s of one processor core, when it was measured" if seconds else ""
        st.caption(f"The curve’s own recipe, on MNIST{took}. Seed 0 is its first draw of the labels.")
    elif labelled > most:
        st.caption(
            f"MNIST isn’t here, and the built-in digits have {most:,} images to learn from: choose fewer labels, or "
            "fetch MNIST above."
        )
    else:
        st.caption(
            "On the built-in digits, since MNIST isn’t here: other images than the curve’s, and seconds."
        )
    return pressed


def _set_form(preset: Preset) -> None:
    form.fill_in(preset.model, preset.config, preset.training)
    st.session_state[form.MORE] = True
    lead.to("training-form")


def _how(study: Mapping[str, Any]) -> str:
    config, training = study["config"], study["training"]
    widths = "-".join(str(width) for width in config["hidden"])
    return (
        f"One small network: {config['z_dim']} dimensions of z, layers of {widths}, "
        f"{words.count(training['epochs'], 'epoch')}, batches of {training['batch_size']}, Adam at "
        f"{training['learning_rate']:g}. Stars are larger models, trained longer, on distorted labelled images. "
        "A draw is a seed: it chooses the labels, evenly over the digits, the first weights and all noise. The epoch "
        f"is chosen without labels; {words.binarisation(study['binarization'], study['dataset'])}. {ELSEWHERE}"
    )


def _own_runs() -> None:
    """What the visitor's own semi-supervised models get right."""
    own = {name: one for name, one in models.own().items() if one.card["model"] == "ssvae"}
    if not own:
        return
    rows = []
    for name, checkpoint in own.items():
        found, training = predicted(name, checkpoint), checkpoint.card["training"]
        right = estimate((found.given == found.labels).double())
        on = f"{len(found.labels):,} test images of {words.the_dataset(found.dataset)}"
        rows.append([name, f"{training['labelled']:,}", f"{right.mean:.1%} ± {right.stderr:.1%}", on])
    table("Your own runs", ["your run", "labels", "right", "on"], rows)
