"""One visitor's training run: started, watched, paused, stopped, and ended once its visitor is gone."""

import dataclasses
import logging
import math
import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

import streamlit as st

from ui import models, words
from ui.startup import freeze_garbage_collector
from ui.training.chart import TERMS, training_chart
from ui.training.form_fields import on_warmup
from ui.training.log import Logged
from vaemodels import checkpoints, data, runs
from vaemodels.checkpoints import Checkpoint
from vaemodels.config_parsing import from_values
from vaemodels.early_stopping import NO_LIMIT, Until
from vaemodels.errors import LabError
from vaemodels.losses import headline
from vaemodels.training import Run
from vaemodels.training_config import TrainingConfig

if TYPE_CHECKING:
    from vaemodels.jobs import Job, Queue

MAX_JOBS = 2
CHART_POINTS = 400
SILENCE = 30  # seconds without a record after which a visitor is told
GRACE = 2  # seconds for a worker that is to stop; then its last snapshot has to do
ARRIVAL = 3  # seconds that a reloaded page may be here before it is noticed that it was gone
CALLED = {"beta": "β", "learning_rate": "rate"}  # settings that can be changed as a run goes on
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
PLACES = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

PANEL, FOLLOW = "training_panel", "follow"  # where the session keeps them

Records = list[dict[str, Any]]
_log: Final = logging.getLogger(__name__)


@dataclass
class Panel:
    """One visitor's run: its job while there is one, its newest weights as a model, and what went wrong.

    `wanted` is a run that is about to be given to the workers. `token` is how the visitor's tab finds the panel again
    when its page has been reloaded. `earlier` are the records of the run that this one goes on from; `interrupted` is
    the last snapshot of a run that ended through no fault of its own, until its visitor keeps it or a run that goes on
    from it leaves something newer. `waiting` are further runs, each of which the workers begin once the one before
    it is done; `log` has all runs of the visit, oldest first. `knobs` are settings of the run that its visitor wants
    changed; `until` is when the next one is to end before its last epoch.
    """

    job: "Job | None" = None
    queue: "Queue | None" = None
    title: str = ""
    epochs: int = 0
    remark: str = ""
    earlier: Records = field(default_factory=list)
    logged: Logged | None = None
    waiting: list[Logged] = field(default_factory=list)
    log: list[Logged] = field(default_factory=list)
    wanted: tuple[Run, dict[str, Any]] | None = None
    knobs: dict[str, float] = field(default_factory=dict)
    until: Until = NO_LIMIT
    live: Checkpoint | None = None
    live_file: bytes | None = None
    error: str | None = None
    interrupted: bytes | None = None
    stop_asked: float = math.inf  # by `time.monotonic`
    end: threading.Timer | None = None
    token: str = field(default_factory=secrets.token_urlsafe)

    def start(self, run: Run, card: dict[str, Any]) -> None:
        """Queue a run, behind those that the visitor has begun already.

        Raises:
            LabError: if there is no scheduler to give it to.
        """
        from vaemodels import jobs

        self.queue = _queue()
        _panels[self.token] = self
        own = data.find_own(card["dataset"])
        job = self.queue.submit(runs.dumps(run, card), self.token, own, until=self.until)
        logged = Logged(
            name=f"run {self.log[-1].number + 1 if self.log else 1}",
            number=self.log[-1].number + 1 if self.log else 1,
            title=f"{models.title(card)}, on {words.dataset(card['dataset'])}",
            card={name: value for name, value in card.items() if name != "history"},
            remark=on_warmup(run.config),
            earlier=list(run.history),
            records=job.records,
            frames=job.frames,
            held_out=min(jobs.HELD_OUT_IMAGES, data.get(card["dataset"]).sizes["validation"]),
            until=self.until,
            went_on=bool(run.history),
            job=job,
        )
        self.log.append(logged)
        self.error, self.until = None, NO_LIMIT
        if self.job is None:
            self._turn_to(logged)
        else:
            self.waiting.append(logged)

    def _turn_to(self, logged: Logged) -> None:
        self.job, self.logged = logged.job, logged
        self.title, self.remark, self.earlier = logged.title, logged.remark, logged.earlier
        self.epochs = logged.card["training"]["epochs"]
        self.stop_asked = math.inf

    def turn(self, knobs: dict[str, float]) -> None:
        """Have the run go on with other settings from its last whole epoch on."""
        if self.job is not None and not self.job.stopping:
            self.knobs = knobs
            self.job.stop()

    def go_on(self, file: bytes) -> None:
        """Go on with the run that has just stopped, under the settings of `knobs`.

        Raises:
            LabError: if they don't fit, or there is no scheduler.
        """
        logged, knobs = self.logged, self.knobs
        self.knobs = {}
        assert logged is not None and self.queue is not None
        run, card = runs.loads(file)
        before = {name: getattr(run.config, name) for name in knobs}
        run, card = runs.with_config(run, card, _with_knobs(run.config, knobs))
        step = run.history[-1]["step"] if run.history else 0
        texts = [f"{CALLED[name]} {before[name]:g} → {value:g}" for name, value in knobs.items()]
        card["changes"] = [*card.get("changes", []), f"{', '.join(texts)} at step {step:,}"]
        own = data.find_own(card["dataset"])
        job = self.queue.submit(runs.dumps(run, card), self.token, own, until=logged.until, first=True)
        if self.job is not None:
            self.job.forget()
        logged.go_on(job, step, ", ".join(texts))
        logged.card = {name: value for name, value in card.items() if name != "history"}
        self._turn_to(logged)

    def next(self) -> None:
        """Turn to the run that waits next, where there is one."""
        if self.job is None and self.waiting:
            self._turn_to(self.waiting.pop(0))

    def remove(self, logged: Logged) -> None:
        """Take a run that waits out of the queue."""
        self.waiting.remove(logged)
        self.log.remove(logged)
        if logged.job is not None:
            logged.job.forget()

    def sooner(self, logged: Logged) -> None:
        """Have a run that waits change places with the one before it."""
        place = self.waiting.index(logged)
        other = self.waiting[place - 1]
        if place and self.queue is not None and logged.job is not None and other.job is not None:
            self.queue.swap(other.job, logged.job)
            self.waiting[place - 1], self.waiting[place] = logged, other

    def release(self) -> None:
        """Let go of the job, ending it if it is still going."""
        if self.job is not None:
            self.job.forget()
        if self.logged is not None:
            self.logged.job = None
        self.job = self.logged = self.live = self.live_file = None

    def release_all(self) -> None:
        """Let go of the job and of all that wait."""
        for logged in list(self.waiting):
            self.remove(logged)
        self.release()

    def stop(self) -> None:
        """Have the job end, and keep the model as it is."""
        if self.job is not None:
            self.job.stop()
            self.stop_asked = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether nothing more is to be waited for: the job is done, or does not stop and has left a snapshot."""
        if self.job is None or self.job.done:
            return True
        return self.job.latest is not None and time.monotonic() - self.stop_asked > GRACE

    def left(self) -> None:
        """The connection is lost: the run ends unless the visitor is back before Streamlit gives up their session.

        Until then it goes on if nobody else waits for a worker.
        """
        self._watch(False)
        self.end = threading.Timer(st.get_option("server.disconnectedSessionTTL"), self.release_all)
        self.end.daemon = True
        self.end.start()

    def back(self) -> None:
        """The visitor is here, perhaps again."""
        self._watch(True)
        if self.end is not None:
            self.end.cancel()
            self.end = None

    def _watch(self, watched: bool) -> None:
        for job in (self.job, *(logged.job for logged in self.waiting)):
            if job is not None:
                job.watched = watched

    def follow(self) -> None:
        """Make a model of the newest weights."""
        if self.job is not None and self.job.latest and self.job.latest is not self.live_file:
            self.live_file = self.job.latest
            self.live = checkpoints.loads(self.live_file)


@dataclass
class _Presence:
    """That a visitor is here, at this panel."""

    panel: Panel | None = None

    def gone(self) -> None:
        """Called once the connection is lost: the panel may be another session's by the time this one ends."""
        if self.panel is not None:
            self.panel.left()
            self.panel = None


def panel() -> Panel:
    """This visitor's panel."""
    own: Panel = st.session_state.setdefault(PANEL, Panel())
    presence = _presence()
    if presence.panel is not own:
        presence.panel = own
        own.back()
    return own


# Streamlit lets go of what has session scope as soon as the connection is lost, and keeps session state until it gives
# up the session. The first tells that a visitor left and the second lets them find their run when they are back.
@st.cache_resource(scope="session", show_spinner=False, on_release=_Presence.gone)
def _presence() -> _Presence:
    return _Presence()


# A page that is reloaded has a new session, of which Streamlit does not know whose it is. A panel is here for as long
# as a session or its end to come holds it.
_panels: WeakValueDictionary[str, Panel] = WeakValueDictionary()


def find_again(token: object) -> None:
    """Make the panel of that token this visitor's, if it has been left; nobody else is given the token."""
    found = _panels.get(token) if isinstance(token, str) else None
    patience = time.monotonic() + ARRIVAL
    while found is not None and found.end is None and time.monotonic() < patience:
        time.sleep(0.1)  # a page can be back before the server notices that it was gone
    if found is not None and found.end is not None:
        st.session_state[PANEL] = found


@st.cache_resource(
    show_spinner=False,
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


def draw(own: Panel, *, alone: bool = True) -> bool:
    """Draw the visitor's run, wherever it is: about to begin, under way (see `watch`), or interrupted.

    Whether there is one; else another can be asked for.
    """
    if own.error:
        st.error(own.error)
    if own.wanted is not None:
        begin(own, *own.wanted)
    elif own.job is not None:
        watch(own, own.job, alone=alone)
    elif own.interrupted is not None:
        ask_how_to_go_on(own, own.interrupted)
    else:
        return False
    return True


def begin(own: Panel, run: Run, card: dict[str, Any]) -> None:
    """Give a run to the workers, which takes a moment where these have to be started, or say why not."""
    st.progress(0.0, "Starting the training workers…")
    own.wanted = None
    try:
        own.start(run, card)
    except LabError as error:
        own.error = str(error)
    st.rerun()


def watch(own: Panel, job: "Job", *, alone: bool = True) -> None:
    """The run under way: where it is, its terms so far; at its end, keep what it made.

    Where it is not shown `alone`, the page has its own chart, of all runs, and shows no model as it trains.
    """
    if own.over:
        _finish(own, job)
        st.rerun()
    if alone and own.live is None:
        own.follow()  # from then on the page does, as it shows it
    records = [*own.earlier, *job.records]
    st.progress(
        min(1.0, records[-1]["epoch"] / own.epochs) if records else 0.0,
        status(own, job, records),
    )
    if own.remark:
        st.caption(own.remark)
    with st.container(horizontal=True, vertical_alignment="center"):
        if not job.records:  # nothing to hold, and nothing to keep
            if st.button("Cancel"):
                if own.logged is not None:
                    own.log.remove(own.logged)
                own.release()
                own.next()
                st.rerun()
        else:
            if job.paused:
                st.button("Resume", on_click=job.resume)
            else:
                st.button("Pause", on_click=job.pause, disabled=job.stopping)
            st.button(
                "Stop", on_click=own.stop, disabled=job.stopping, help="End here and keep the model as it is."
            )
            if alone:
                st.session_state.setdefault(FOLLOW, True)
                st.toggle("The page shows this model", key=FOLLOW)
    if not (alone and job.started):
        return
    training_chart({own.title: series(records)}, key="training", epochs=own.epochs)


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
        return f"{own.title}: {'paused before its first record' if job.held else 'starting…'}"
    last = records[-1]
    # What the worker has said, not what it was told: until it takes no more steps it is not paused.
    word = "paused at" if job.held else "pausing, at" if job.paused else "epoch"
    text = f"{own.title}: {word} {last['epoch']:.1f} of {own.epochs:,}, {last['seconds']:.0f} s"
    silence = time.monotonic() - job.heard
    if silence > SILENCE and not job.held:
        return f"{text}; nothing heard from its worker for {silence:.0f} s"
    return f"{text}; held-out {_measure(last['held_out'])} {words.number(headline(last['held_out']))} nats an image"


def _measure(terms: Mapping[str, float]) -> str:
    """What `headline` gives of these terms; the weights of the training loss are not in it."""
    if "bound" in terms:
        return "−L_k"
    if "reconstruction" not in terms:
        return "classification loss"
    return "−ELBO" if any(name.startswith("kl") for name in terms) else "reconstruction error"


def _with_knobs(config: TrainingConfig, knobs: Mapping[str, float]) -> TrainingConfig:
    return from_values(TrainingConfig, dataclasses.asdict(config) | dict(knobs))


def _word(known: tuple[str, ...], number: int, ending: str = "") -> str:
    return known[number] if number < len(known) else f"{number}{ending}"


def _finish(own: Panel, job: "Job") -> None:
    """Keep what the job made under a name of its own, or put the question what is to become of its last snapshot.

    A page that showed the model as it was trained goes on with it. A run that stopped for other settings goes on.
    """
    own.error = job.error
    name = None
    if own.knobs and job.file is not None:
        try:
            return own.go_on(job.file)
        except LabError as error:
            own.error = str(error)
    own.knobs = {}
    if job.interrupted and job.latest and own.waiting:
        name = models.keep(job.latest)  # the next has its turn before anybody could be asked
    elif job.interrupted:
        own.interrupted = job.latest or own.interrupted
    elif (file := job.file or job.latest) is not None:
        name = models.keep(file)
        if own.live is not None and st.session_state.get(FOLLOW, True):
            models.use(name)
        own.interrupted = None
    _note(own, job.state if job.done else "stopped", name)
    own.release()
    own.next()


def _note(own: Panel, state: str, model: str | None = None) -> None:
    """Write into the log what became of the run."""
    if own.logged is not None:
        own.logged.state, own.logged.model = state, model


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
    """Have a run begun when the page is drawn next, or say on it why not."""
    if models.room() < 1 + len(own.waiting) + (own.job is not None):
        own.error = f"You keep {models.MAX_OWN} models already; delete one below to make room."
    else:
        own.wanted, own.error = (run, card), None
    st.rerun()


def series(records: Records) -> dict[str, list[float]]:
    """The records as the chart takes them, thinned evenly where there are many, the newest always among them."""
    thinned = records[:: max(1, len(records) // CHART_POINTS)]
    records = thinned if thinned[-1:] == records[-1:] else [*thinned, records[-1]]
    values = {"epoch": [record["epoch"] for record in records]}
    measured = [
        term for term in TERMS if any(term in record["train"] | record["held_out"] for record in records)
    ]
    for name, part in (("train", "train"), ("heldout", "held_out")):
        values |= {
            f"{name}_{term}": [record[part].get(term, math.nan) for record in records] for term in measured
        }
    return values
