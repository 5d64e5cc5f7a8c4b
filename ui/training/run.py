"""One visitor's training run: started, watched, paused, stopped, and ended once its visitor is gone."""

import logging
import math
import os
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from ui import models, words
from ui.startup import freeze_garbage_collector
from ui.training.chart import training_chart
from vaemodels import checkpoints, runs
from vaemodels.errors import LabError, UsageError
from vaemodels.losses import headline
from vaemodels.models import Model
from vaemodels.training import Run

if TYPE_CHECKING:
    from vaemodels.jobs import Job, Queue

MAX_JOBS = 2
CHART_POINTS = 400
SILENCE = 30  # seconds without a record after which a visitor is told
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
PLACES = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

Records = list[dict[str, Any]]
_log: Final = logging.getLogger(__name__)


@dataclass
class Panel:
    """One visitor's run: its job while there is one, its newest weights as a model, and what went wrong.

    `earlier` are the records of the run that this one goes on from; `interrupted` is the last snapshot of a run that
    ended through no fault of its own, until its visitor keeps it or a run that goes on from it leaves something newer.
    """

    job: "Job | None" = None
    queue: "Queue | None" = None
    title: str = ""
    epochs: int = 0
    earlier: Records = field(default_factory=list)
    live: Model | None = None
    live_file: bytes | None = None
    error: str | None = None
    interrupted: bytes | None = None
    end: threading.Timer | None = None

    def start(self, run: Run, card: dict[str, Any]) -> None:
        """Queue a run.

        Raises:
            LabError: if there is no scheduler to give it to.
        """
        self.queue = _queue()
        self.job = self.queue.submit(runs.dumps(run, card))
        self.title = f"{models.title(card)}, on {words.dataset(card['dataset'])}"
        self.epochs = run.config.epochs
        self.earlier = list(run.history)
        self.error = None

    def release(self) -> None:
        """Let go of the job, ending it if it is still going."""
        if self.job is not None:
            self.job.forget()
        self.job = self.live = self.live_file = None

    def left(self) -> None:
        """The connection is lost: the run ends unless the visitor is back before Streamlit gives up their session."""
        self.end = threading.Timer(st.get_option("server.disconnectedSessionTTL"), self.release)
        self.end.daemon = True
        self.end.start()

    def back(self) -> None:
        """The visitor is here, perhaps again."""
        if self.end is not None:
            self.end.cancel()
            self.end = None

    def follow(self) -> None:
        """Make a model of the newest weights."""
        if self.job is not None and self.job.latest is not self.live_file:
            self.live_file = self.job.latest
            self.live = checkpoints.loads(self.live_file).model if self.live_file else None


def panel() -> Panel:
    """This visitor's panel."""
    own: Panel = st.session_state.setdefault("training_panel", Panel())
    _connected(own)
    return own


# Streamlit lets go of what has session scope as soon as the connection is lost, and keeps session state until it gives
# up the session. The first tells that a visitor left and the second lets them find their run when they are back.
@st.cache_resource(scope="session", show_spinner=False, on_release=Panel.left)
def _connected(_panel: Panel) -> Panel:
    _panel.back()
    return _panel


@st.cache_resource(
    show_spinner="Starting the training workers…",
    validate=lambda queue: queue.alive,
    on_release=lambda queue: queue.close(),
)
def _queue() -> "Queue":
    """The queue all visitors share: on VAELAB_SCHEDULER, or on a local cluster started now."""
    from vaemodels import jobs

    limit = max_jobs()
    client = jobs.connect(os.environ.get("VAELAB_SCHEDULER") or jobs.start_local_cluster(limit))
    freeze_garbage_collector()
    return jobs.Queue(client, limit)


def max_jobs() -> int:
    """How many runs go on at once: VAELAB_MAX_JOBS, else 2."""
    text = os.environ.get("VAELAB_MAX_JOBS", "").strip()
    if text.isdecimal() and int(text) > 0:
        return int(text)
    if text:
        _log.warning(
            "VAELAB_MAX_JOBS is %r, not a whole number from 1 up; %d runs go on at once.", text, MAX_JOBS
        )
    return MAX_JOBS


def watch(own: Panel, job: "Job") -> None:
    """The run under way: where it is, its terms so far; at its end, keep what it made."""
    if job.done:
        _finish(own, job)
        st.rerun()
    own.follow()
    records = [*own.earlier, *job.records]
    st.progress(
        min(1.0, records[-1]["epoch"] / own.epochs) if records else 0.0,
        status(own, job, records),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if not job.started:
            if st.button("Cancel"):
                own.release()
                st.rerun()
            return
        if job.paused:
            st.button("Resume", on_click=job.resume)
        else:
            st.button("Pause", on_click=job.pause, disabled=job.stopping)
        st.button(
            "Stop", on_click=job.stop, disabled=job.stopping, help="End here and keep the model as it is."
        )
        st.toggle("The explorer and the samples follow this run", value=True, key="follow")
    training_chart(series(records), key="training", epochs=own.epochs)


def status(own: Panel, job: "Job", records: Records) -> str:
    """One line on where the run is."""
    place = own.queue.place(job) if own.queue is not None else 0
    if own.queue is not None and place:
        running = own.queue.running
        going = "run is" if running == 1 else "runs are"
        return f"{own.title}: {_word(PLACES, place, 'th')} in the queue; {_word(COUNTS, running)} {going} going on."
    if not job.started:
        return f"{own.title}: waiting for a free worker…"
    if job.stopping:
        return f"{own.title}: stopping…"
    if not job.records:
        return f"{own.title}: starting…"
    last = records[-1]
    word = "paused at" if job.paused else "epoch"
    text = f"{own.title}: {word} {last['epoch']:.1f} of {own.epochs}, {last['seconds']:.0f} s"
    silence = time.monotonic() - job.heard
    if silence > SILENCE and not job.paused:
        return f"{text}; nothing heard from its worker for {silence:.0f} s"
    return f"{text}; held-out loss {headline(last['held_out']):.1f} nats an image"


def _word(words: tuple[str, ...], number: int, ending: str = "") -> str:
    return words[number] if number < len(words) else f"{number}{ending}"


def _finish(own: Panel, job: "Job") -> None:
    """Keep what the job made under a name of its own, or put the question what is to become of its last snapshot."""
    own.error = job.error
    if job.interrupted:
        own.interrupted = job.latest or own.interrupted
    elif (file := job.file or job.latest) is not None:
        models.keep(file)
        own.interrupted = None
    own.release()


def ask_how_to_go_on(own: Panel, snapshot: bytes) -> None:
    """A run was interrupted: offer to resume it from its last snapshot, or to keep that."""
    run, card = runs.loads(snapshot)
    place = f"the end of epoch {run.epoch}" if run.epoch else "the beginning"
    if own.error is None:
        st.info(f"Your interrupted run waits at {place}: go on with it, or keep it as it is.")
    with st.container(horizontal=True):
        if st.button("Go on from the last snapshot", type="primary", help=f"From {place}."):
            try_to_start(own, run, card)
        if st.button("Keep it as it is"):
            models.keep(snapshot)
            own.error = own.interrupted = None
            st.rerun()


def try_to_start(own: Panel, run: Run, card: dict[str, Any]) -> None:
    """Start a run, or say on the page why not."""
    try:
        if models.room() < 1:
            raise UsageError(f"You keep {models.MAX_OWN} models already; delete one below to make room.")
        own.start(run, card)
    except LabError as error:
        own.error = str(error)
    st.rerun()


def series(records: Records) -> dict[str, list[float]]:
    """The records as the chart takes them, thinned evenly where there are many, the newest always among them."""
    thinned = records[:: max(1, len(records) // CHART_POINTS)]
    records = thinned if thinned[-1:] == records[-1:] else [*thinned, records[-1]]
    values = {"epoch": [record["epoch"] for record in records]}
    for name, part in (("train", "train"), ("heldout", "held_out")):
        terms = [record[part] for record in records]
        values[f"{name}_reconstruction"] = [t.get("reconstruction", math.nan) for t in terms]
        values[f"{name}_kl"] = [sum(v for key, v in t.items() if key.startswith("kl_")) for t in terms]
    return values
