"""The training panel: choose settings, start, pause, stop, watch; then use, download or delete what came of it."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from ui import models
from ui.startup import freeze_garbage_collector
from ui.training_chart import training_chart
from vaemodels import checkpoints, data, runs
from vaemodels.errors import LabError, UsageError
from vaemodels.models import MODELS, Model
from vaemodels.settings import from_values, with_text
from vaemodels.training import TrainingConfig

if TYPE_CHECKING:
    from distributed import Client

    from vaemodels.jobs import Job

KEPT: Final = "session"  # the form is away while a run goes on, and its values must not be
POLL_EVERY = 0.4
SNAPSHOT_EVERY = 1.0
CHART_POINTS = 400


@dataclass
class Panel:
    """One visitor's run: its job while there is one, the latest weights fetched from it, and what went wrong."""

    job: "Job | None" = None
    title: str = ""
    epochs: int = 0
    live: Model | None = None
    fetched: float = 0.0
    error: str | None = None

    def release(self) -> None:
        """Let go of the job, ending it if it is still going."""
        if self.job is not None:
            self.job.forget()
            self.job = None
        self.live = None


@st.cache_resource(scope="session", show_spinner=False, on_release=Panel.release)
def _panel() -> Panel:
    return Panel()


def _client() -> "Client":
    """The client of the scheduler all visitors share."""
    return _clients()[0]


@st.cache_resource(
    show_spinner="Starting the training workers…", validate=lambda clients: clients[0].status == "running"
)
def _clients() -> "tuple[Client]":
    """A client of VAELAB_SCHEDULER, or of a local cluster started now; in a tuple, as a bare one can't be cached."""
    from vaemodels import jobs

    client = jobs.connect(os.environ.get("VAELAB_SCHEDULER") or jobs.start_local_cluster(_max_jobs()))
    freeze_garbage_collector()
    return (client,)


def _max_jobs() -> int:
    """How many runs go on at once: VAELAB_MAX_JOBS, else 2."""
    text = os.environ.get("VAELAB_MAX_JOBS", "")
    return max(1, int(text)) if text.isdigit() else 2


def training_panel(show: Callable[[Model | None], None]) -> None:
    """Draw the panel. `show` is given the model as it trains, about once a second, and None when nothing trains."""
    job = _panel().job
    st.session_state["was_followed"] = is_followed()
    st.fragment(_draw, run_every=POLL_EVERY if job is not None and not job.done else None)(show)


def is_followed() -> bool:
    """Whether a model in training is on show instead of the page's own."""
    return _panel().live is not None and bool(st.session_state.get("follow", True))


def _draw(show: Callable[[Model | None], None]) -> None:
    panel = _panel()
    if panel.error:
        st.error(panel.error)
    if panel.job is None:
        _settings(panel)
    else:
        _watch(panel, panel.job)
    _own_models()
    if is_followed() != st.session_state["was_followed"]:
        st.rerun()  # the rest of the page speaks of the explorer's model too
    show(panel.live if is_followed() else None)


def _settings(panel: Panel) -> None:
    """The form. Wrong values come back as a sentence, and nothing is started."""
    with st.form("training", border=True):
        first, second, third, fourth = st.columns(4)
        with first:
            dataset = st.selectbox(
                "Images",
                [n for n in data.DATASETS if data.is_available(n)],
                key="train_dataset",
                persist_state=KEPT,
            )
            kind = st.selectbox(
                "Model",
                list(models.KINDS),
                format_func=models.KINDS.__getitem__,
                key="train_kind",
                persist_state=KEPT,
            )
        with second:
            z_dim = st.number_input("Latent dimensions", value=2, step=1, key="train_z", persist_state=KEPT)
            hidden = st.text_input(
                "Hidden layers",
                "128, 128",
                key="train_hidden",
                persist_state=KEPT,
                help="Widths, first to last.",
            )
        with third:
            beta = st.number_input(
                "β, the weight of the KL",
                value=1.0,
                step=0.5,
                format="%g",
                key="train_beta",
                persist_state=KEPT,
            )
            weight = st.number_input(
                "Weight of the reconstruction",
                value=1.0,
                step=0.5,
                format="%g",
                key="train_weight",
                persist_state=KEPT,
            )
        with fourth:
            epochs = st.number_input("Epochs", value=60, step=10, key="train_epochs", persist_state=KEPT)
            warmup = st.number_input(
                "KL warm-up, epochs", value=0, step=5, key="train_warmup", persist_state=KEPT
            )
        with st.expander("More settings"):
            one, two, three, four = st.columns(4)
            rate = one.number_input(
                "Learning rate", value=1e-3, step=1e-4, format="%g", key="train_rate", persist_state=KEPT
            )
            batch = two.number_input("Batch size", value=50, step=10, key="train_batch", persist_state=KEPT)
            seed = three.number_input("Seed", value=0, step=1, key="train_seed", persist_state=KEPT)
            likelihood = four.selectbox(
                "Likelihood of a VAE", ["bernoulli", "gaussian"], key="train_likelihood", persist_state=KEPT
            )
        if not st.form_submit_button("Start training", type="primary"):
            return
    values: dict[str, Any] = {"image_shape": data.get(dataset).image_shape, "z_dim": z_dim}
    binarization = "dynamic"
    if kind == "vae":
        values["likelihood"] = likelihood
        binarization = "none" if likelihood == "gaussian" else "dynamic"
    training = {
        "dataset": dataset,
        "epochs": epochs,
        "batch_size": batch,
        "learning_rate": rate,
        "beta": beta,
        "reconstruction_weight": weight,
        "kl_warmup_epochs": warmup,
        "binarization": binarization,
        "seed": seed,
    }
    try:
        if len(models.own()) >= models.MAX_OWN:
            raise UsageError(f"You keep {models.MAX_OWN} models already; delete one below to make room.")
        config = with_text(from_values(MODELS[kind][1], values), {"hidden": hidden})
        run, card = runs.new("mine", kind, config, from_values(TrainingConfig, training))
        _start(panel, runs.dumps(run, card))
    except LabError as error:
        st.error(str(error))
        return
    panel.title = f"{models.KINDS[kind]}, {z_dim} dimensions, on {dataset}"
    panel.epochs = epochs
    st.rerun()


def _start(panel: Panel, checkpoint: bytes) -> None:
    from vaemodels import jobs

    panel.error = None
    panel.job = jobs.submit(_client(), checkpoint)


def _watch(panel: Panel, job: "Job") -> None:
    """The running job: where it is, its terms so far, its samples; at its end, keep what it made."""
    if job.done:
        _finish(panel, job)
        st.rerun()
    records = list(job.records)
    if records and time.monotonic() - panel.fetched > SNAPSHOT_EVERY:
        _fetch(panel, job)
    status, hold, stop = st.columns([6, 1, 1], vertical_alignment="center")
    status.progress(
        min(1.0, records[-1]["epoch"] / panel.epochs) if records else 0.0, _status(panel, job, records)
    )
    if job.paused:
        hold.button("Resume", on_click=job.resume, width="stretch")
    else:
        hold.button("Pause", on_click=job.pause, width="stretch")
    stop.button("Stop", on_click=job.stop, width="stretch", help="End here and keep the model as it is.")
    st.toggle("The explorer and the samples follow this run", value=True, key="follow")
    training_chart(_series(records), key="training", epochs=panel.epochs)


def _status(panel: Panel, job: "Job", records: list[dict[str, Any]]) -> str:
    if not records:
        word = "starting" if job.started else "waiting for a free worker"
        return f"{panel.title}: {word}…"
    last = records[-1]
    word = "paused at" if job.paused else "epoch"
    text = f"{panel.title}: {word} {last['epoch']:.1f} of {panel.epochs}, {last['seconds']:.0f} s"
    return f"{text}; held-out loss {sum(last['held_out'].values()):.1f} nats an image"


def _fetch(panel: Panel, job: "Job") -> None:
    """Bring the latest weights over."""
    panel.fetched = time.monotonic()
    snapshot = job.snapshot()
    if snapshot is not None:
        panel.live = checkpoints.loads(snapshot).model


def _finish(panel: Panel, job: "Job") -> None:
    """Keep what the job made under a name of its own; a job that failed leaves its last snapshot."""
    result: bytes | None
    try:
        result = job.result()
    except LabError as error:
        panel.error = str(error)
        result = job.snapshot()
    if result is not None:
        models.keep(result)
    panel.release()


def _series(records: list[dict[str, Any]]) -> dict[str, list[float]]:
    """The records as the chart takes them, thinned evenly where there are many, the newest always among them."""
    thinned = records[:: max(1, len(records) // CHART_POINTS)]
    records = thinned if thinned[-1:] == records[-1:] else [*thinned, records[-1]]
    series = {"epoch": [record["epoch"] for record in records]}
    for name, part in (("train", "train"), ("heldout", "held_out")):
        terms = [record[part] for record in records]
        series[f"{name}_reconstruction"] = [t["reconstruction"] for t in terms]
        series[f"{name}_kl"] = [sum(v for key, v in t.items() if key != "reconstruction") for t in terms]
    return series


def _own_models() -> None:
    """The visitor's models: each can be used on this page, downloaded, deleted."""
    if not models.own():
        return
    st.markdown("**Your models**, kept until you close or reload this tab")
    for name, checkpoint in reversed(models.own().items()):
        text, use, download, delete = st.columns([5, 2, 1.2, 1], vertical_alignment="center")
        text.markdown(f"**{name}**: {models.describe(checkpoint.card)}")
        if use.button("Use this model on this page", key=f"use-{name}", type="primary", width="stretch"):
            st.session_state["wanted_model"] = name
            st.rerun()
        download.download_button(
            "Download",
            models.own_file(name),
            f"vaelab-{name}.safetensors",
            key=f"download-{name}",
            on_click="ignore",
            width="stretch",
        )
        if delete.button("Delete", key=f"delete-{name}", width="stretch"):
            models.discard(name)
            st.rerun()
    newest, checkpoint = next(reversed(models.own().items()))
    st.caption(f"How {newest} was trained:")
    training_chart(_series(checkpoint.card["history"]), key=f"trained-{newest}", height=220)
