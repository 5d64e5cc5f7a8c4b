import logging
import math
import time
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ui.training import run as training_run
from ui.training.run import CHART_POINTS, Panel, _finish, max_jobs, series, status
from vaemodels import runs
from vaemodels.jobs import Job
from vaemodels.models import VAEConfig
from vaemodels.training_config import TrainingConfig


def job(**state: Any) -> Job:
    """A job without a cluster."""
    made = Job(client=None, checkpoint=b"", heard=time.monotonic())  # type: ignore[arg-type]
    vars(made).update(state)
    return made


def queue(place: int = 0, running: int = 0) -> Any:
    return SimpleNamespace(place=lambda job: place, running=running)


def file() -> bytes:
    return runs.dumps(*runs.new("any", "vae", VAEConfig(z_dim=2, hidden=(4,)), TrainingConfig(epochs=1)))


def record(epoch: float, kl: float | None = 20.0) -> dict[str, Any]:
    terms = {"reconstruction": 100.0 + epoch} | ({} if kl is None else {"kl_z": kl})
    return {
        "epoch": epoch,
        "seconds": 2 * epoch,
        "train": terms,
        "held_out": {k: v + 1 for k, v in terms.items()},
    }


def test_series_are_the_terms_of_each_record():
    assert series([record(1), record(2)]) == {
        "epoch": [1, 2],
        "train_reconstruction": [101, 102],
        "train_kl_z": [20, 20],
        "heldout_reconstruction": [102, 103],
        "heldout_kl_z": [21, 21],
    }
    assert series([])["epoch"] == []


def test_an_autoencoder_has_no_kl_to_draw():
    assert "train_kl_z" not in series([record(1, kl=None)])


def test_a_run_on_a_bound_is_drawn_by_that():
    one = {"epoch": 1, "train": {"bound": -99.0}, "held_out": {"bound": -98.0}}
    assert series([one]) == {"epoch": [1], "train_bound": [-99], "heldout_bound": [-98]}


def test_what_is_measured_on_one_side_alone_is_missing_on_the_other():
    terms = {"reconstruction": 90.0, "kl_z": 8.0, "kl_y": 2.0}
    one = {"epoch": 1, "train": terms | {"classification": 0.5, "<b>": 1.0}, "held_out": terms}
    found = series([one])
    assert list(found) == [
        "epoch",
        *(f"train_{term}" for term in (*terms, "classification")),
        *(f"heldout_{term}" for term in (*terms, "classification")),
    ]
    assert found["train_classification"] == [0.5]
    assert math.isnan(found["heldout_classification"][0])


@pytest.mark.parametrize("count", [CHART_POINTS, 2 * CHART_POINTS, 10_001, 12_345])
def test_many_records_are_thinned_and_the_newest_is_drawn(count):
    epochs = series([record(i) for i in range(count)])["epoch"]
    assert CHART_POINTS <= len(epochs) <= 2 * CHART_POINTS + 1
    assert epochs[0] == 0
    assert epochs[-1] == count - 1
    assert epochs == sorted(set(epochs))


@pytest.mark.parametrize(
    ("place", "running", "said"),
    [
        (1, 1, "mine: first in the queue; one run is going on."),
        (3, 2, "mine: third in the queue; two runs are going on."),
        (11, 12, "mine: 11th in the queue; 12 runs are going on."),
        (0, 2, "mine: waiting for a free worker…"),
    ],
)
def test_status_says_the_place_in_the_queue(place, running, said):
    assert status(Panel(title="mine", queue=queue(place, running)), job(), []) == said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"started": True}, "mine: starting…"),
        (
            {"started": True, "records": [record(2.5)]},
            "mine: epoch 2.5 of 60, 5 s; held-out −ELBO 124.5 nats an image",
        ),
        ({"started": True, "held": True}, "mine: paused before its first record"),
        ({"started": True, "paused": True, "records": [record(2.5)]}, "mine: pausing, at 2.5 of 60, 5 s"),
        (
            {"started": True, "paused": True, "held": True, "records": [record(2.5)], "heard": -1000.0},
            "mine: paused at 2.5 of 60, 5 s",
        ),
        ({"started": True, "stopping": True, "records": [record(2.5)]}, "mine: stopping…"),
        (
            {"started": True, "records": [record(2.5)], "heard": -1000.0},
            "mine: epoch 2.5 of 60, 5 s; nothing heard from its worker for",
        ),
    ],
)
def test_status_says_where_the_run_is(state, said):
    one = job(**state)
    assert status(Panel(title="mine", epochs=60, queue=queue()), one, one.records).startswith(said)


def test_a_visitor_who_is_back_in_time_finds_the_run_and_one_who_is_not_has_ended_it(monkeypatch):
    monkeypatch.setattr(st, "get_option", lambda name: 0.3)
    one = job()
    panel = Panel(job=one)
    panel.left()
    panel.back()
    time.sleep(0.6)
    assert (panel.job, one.forgotten) == (one, False)
    panel.left()
    time.sleep(0.6)
    assert (panel.job, one.forgotten) == (None, True)


def test_a_run_that_nobody_watches_is_known_by_that():
    one = job()
    panel = Panel(job=one)
    panel.left()
    assert not one.watched
    panel.back()
    assert one.watched


def test_a_reloaded_page_finds_its_run_by_its_token_once_it_has_been_left(monkeypatch):
    monkeypatch.setattr(training_run, "ARRIVAL", 0.2)
    monkeypatch.setattr(training_run, "_queue", lambda: SimpleNamespace(submit=lambda *_, **__: job()))
    monkeypatch.setattr(st, "session_state", {})
    panel, other = Panel(), Panel()
    panel.start(*runs.loads(file()))
    assert len(panel.token) >= 32 and panel.token != other.token
    for token in (panel.token, other.token, "", None, ["x"]):
        training_run.find_again(token)
        assert st.session_state == {}  # somebody is at the one, and the others have no run
    panel.left()
    training_run.find_again(panel.token[:-1])
    assert st.session_state == {}
    training_run.find_again(panel.token)
    assert st.session_state == {training_run.PANEL: panel}
    panel.back()
    panel.release()


def test_a_run_that_does_not_stop_leaves_its_last_snapshot_instead(monkeypatch):
    one = job(started=True, latest=b"last")
    panel = Panel(job=one)
    assert (panel.over, one.stopping) == (False, False)
    panel.stop()
    assert (panel.over, one.stopping) == (False, True)
    monkeypatch.setattr(training_run, "GRACE", -1)
    assert (panel.over, one.done) == (True, False)
    one.latest = None
    assert (panel.over, one.done) == (False, False)


@pytest.fixture
def kept(monkeypatch) -> list[bytes]:
    """The files that the visitor's models were made from."""
    files: list[bytes] = []
    monkeypatch.setattr(training_run.models, "keep", files.append)
    return files


def test_what_a_run_made_is_kept_and_an_interrupted_run_waits_for_an_answer(kept):
    cases = [
        (job(file=b"done", latest=b"last"), [b"done"], None, None),
        (job(error="It diverged; …", latest=b"last"), [b"last"], "It diverged; …", None),
        (job(error="No such data; …"), [], "No such data; …", None),
        (job(error="It died; …", interrupted=True, latest=b"last"), [], "It died; …", b"last"),
        (job(error="It died; …", interrupted=True), [], "It died; …", None),
    ]
    for one, files, error, interrupted in cases:
        kept.clear()
        panel = Panel(job=one)
        _finish(panel, one)
        assert (kept, panel.error, panel.interrupted) == (files, error, interrupted)
        assert panel.job is None
        assert one.forgotten


def test_the_snapshot_a_run_went_on_from_is_not_lost_before_there_is_a_newer_one(kept):
    cases = [
        (job(error="It died; …", interrupted=True), [], b"before"),
        (job(error="It died; …", interrupted=True, latest=b"last"), [], b"last"),
        (job(error="No such data; …"), [], b"before"),
        (job(error="It diverged; …", latest=b"last"), [b"last"], None),
        (job(file=b"done"), [b"done"], None),
    ]
    for one, files, interrupted in cases:
        kept.clear()
        panel = Panel(interrupted=b"before")
        panel.job = one
        _finish(panel, one)
        assert (kept, panel.interrupted) == (files, interrupted)


def test_a_run_that_goes_on_and_is_cancelled_before_its_turn_leaves_the_snapshot(monkeypatch):
    monkeypatch.setattr(training_run, "_queue", lambda: SimpleNamespace(submit=lambda *_, **__: job()))
    snapshot = file()
    panel = Panel(interrupted=snapshot, error="It died; …")
    panel.start(*runs.loads(snapshot))
    assert panel.job is not None and panel.error is None
    panel.release()
    assert panel.interrupted == snapshot


def asking(error: str | None) -> AppTest:
    """A page that asks what is to become of a run's snapshot."""

    def page(snapshot: bytes, error: str | None) -> None:
        from ui.training.run import Panel, ask_how_to_go_on

        ask_how_to_go_on(Panel(interrupted=snapshot, error=error), snapshot)

    return AppTest.from_function(page, kwargs={"snapshot": file(), "error": error}).run(timeout=30)


def test_the_question_about_a_snapshot_says_what_it_is_about():
    at = asking(None)
    assert [button.label for button in at.button] == ["Go on from the last snapshot", "Keep it as it is"]
    assert "waits at the beginning" in at.info[0].value
    assert not asking("It died; …").info  # the error, which stands above, says it


def test_the_explorers_model_is_made_anew_only_of_newer_weights():
    one = job(latest=file())
    panel = Panel(job=one)
    panel.follow()
    live = panel.live
    assert live is not None and live.card["model"] == "vae"
    panel.follow()
    assert live is panel.live
    one.latest = file()
    panel.follow()
    assert panel.live is not live


@pytest.mark.parametrize(
    ("text", "jobs", "complaint"),
    [
        ("", 2, False),
        ("1", 1, False),
        (" 3 ", 3, False),
        *((rubbish, 2, True) for rubbish in ("0", "-2", "many", "1.5", "²")),
    ],
)
def test_how_many_runs_go_on_at_once(monkeypatch, caplog, text, jobs, complaint):
    monkeypatch.setenv("VAELAB_MAX_JOBS", text)
    with caplog.at_level(logging.WARNING):
        assert max_jobs() == jobs
    assert ("VAELAB_MAX_JOBS" in caplog.text) == complaint
