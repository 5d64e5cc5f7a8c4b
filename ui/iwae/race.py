"""The ELBO against L_k over k = 1, 5 and 50, epoch by epoch: each run by its own bound, and all by one."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui import charts, models, words
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.iwae import measured
from ui.iwae.lines import Line, line_chart
from ui.iwae.test_set import trained_on
from ui.looks.view import View
from ui.tables import table
from vaemodels.checkpoints import Checkpoint
from vaemodels.evaluation import Evaluation, evaluate

DASHES = {1: "dot", 5: "dash", 50: "solid"}
SKIPPED = 2  # first epochs, far below the rest
OWN_IMAGES, OWN_K = 60, 100


def render(view: View) -> None:
    """Two charts of the six runs, their last epoch in numbers, and the visitor's own models beside them."""
    race = measured.race_run()
    if race is not None:
        own, same = st.columns(2, gap="medium")
        with own:
            st.markdown("**Each by the bound it is trained on**: different numbers, which rank nothing.")
            _chart(race["runs"], "held_out", "its own bound, nats", "race-own")
        with same:
            st.markdown(f"**All by L{words.subscript(race['score_k'])}**: one number, which ranks them.")
            _chart(race["runs"], "score", f"L{words.subscript(race['score_k'])}, nats", "race-score")
        _table(race)
        st.caption(
            f"Measured after every epoch on {measured.images_of(race)}. One network of 50 latents, "
            f"{words.count(race['training']['epochs'], 'epoch')} of training, one seed; the first {SKIPPED} epochs lie "
            "below the charts. One run each: differences of a few tenths may be chance. At k = 1 both maximise one "
            "bound; the ELBO’s KL is exact, that of L₁ is drawn, and its noisier gradient learns more slowly."
        )
    _own_models(view)


def name_of(run: Mapping[str, Any]) -> str:
    """A run by the bound it maximises."""
    if run["objective"] == "elbo":
        return "ELBO" if run["k"] == 1 else f"ELBO of {run['k']} draws"
    return f"L{words.subscript(run['k'])}"


def _chart(runs: Sequence[Mapping[str, Any]], what: str, title: str, key: str) -> None:
    colours = charts.colours()
    lines = [
        Line(
            name_of(run),
            [record["epoch"] for record in run["history"][SKIPPED:]],
            [record[what] for record in run["history"][SKIPPED:]],
            colours["ink"] if run["objective"] == "elbo" else colours["bound"],
            DASHES[run["k"]],
            marked=False,
        )
        for run in runs
    ]
    last = "; ".join(f"{line.name} {words.number(line.y[-1])}" for line in lines)
    charts.show(
        line_chart(lines, "epoch", title), key, f"{title} by epoch; after the last: {last}.", height=320
    )


def _table(race: Mapping[str, Any]) -> None:
    score = f"L{words.subscript(race['score_k'])}"
    rows = []
    for run in race["runs"]:
        last = run["history"][-1]
        rows.append(
            (name_of(run), words.number(last["held_out"]), words.plus_minus(last["score"], last["stderr"]))
        )
    table("The race after the last epoch, in nats", ("trained on", "its own bound", score), rows)


def _own_models(view: View) -> None:
    """The visitor's own models that this page is about: ELBO and L_k side by side, on the same test images."""
    own = {
        name: checkpoint
        for name, checkpoint in models.own().items()
        if checkpoint.model.has_likelihood and not checkpoint.model.n_labels
    }
    st.markdown("**Your own runs**")
    if not own:
        st.caption(
            "Train one below with the objective iwae and k = 5, another with elbo: they are measured here, both on "
            f"their ELBO and on L{words.subscript(OWN_K)}."
        )
        return
    rows = []
    for name, checkpoint in own.items():
        result, on = _measure(name, dataset_for(checkpoint), checkpoint)
        one, many = result.bounds[1], result.bounds[OWN_K]
        bounds = (words.plus_minus(one.mean, one.stderr), words.plus_minus(many.mean, many.stderr))
        rows.append((name, trained_on(checkpoint.card), *bounds, on))
    head = ("model", "trained on", "ELBO = L₁", f"L{words.subscript(OWN_K)}", "measured on")
    table("Your own models by both bounds, in nats", head, rows)


@st.cache_resource(scope="session", max_entries=8, show_spinner="Measuring your model…")
def _measure(name: str, dataset: str, _checkpoint: Checkpoint) -> tuple[Evaluation, str]:
    model = _checkpoint.model
    x, _ = model_inputs(dataset, model, OWN_IMAGES)
    return evaluate(model, x, ks=(1, OWN_K)), words.test_images(dataset, len(x), binarization(model))
