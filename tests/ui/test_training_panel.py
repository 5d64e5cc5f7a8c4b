from typing import Any

import pytest

from ui import training_panel
from ui.training_panel import CHART_POINTS, Panel, _series, _status
from vaemodels.jobs import Job


class FakeJob(Job):
    """A job without a cluster."""

    def __init__(self, **state: Any) -> None:
        self.records = []
        self.started = self.paused = self.forgotten = False
        vars(self).update(state)

    def forget(self) -> None:
        self.forgotten = True


def record(epoch: float, kl: float | None = 20.0) -> dict[str, Any]:
    terms = {"reconstruction": 100.0 + epoch} | ({} if kl is None else {"kl_z": kl})
    return {
        "epoch": epoch,
        "seconds": 2 * epoch,
        "train": terms,
        "held_out": {k: v + 1 for k, v in terms.items()},
    }


def test_series_are_the_terms_of_each_record():
    assert _series([record(1), record(2)]) == {
        "epoch": [1, 2],
        "train_reconstruction": [101, 102],
        "train_kl": [20, 20],
        "heldout_reconstruction": [102, 103],
        "heldout_kl": [21, 21],
    }
    assert _series([])["epoch"] == []


def test_an_autoencoder_has_no_kl_to_draw():
    assert _series([record(1, kl=None)])["train_kl"] == [0]


@pytest.mark.parametrize("count", [CHART_POINTS, 2 * CHART_POINTS, 10_001, 12_345])
def test_many_records_are_thinned_and_the_newest_is_drawn(count):
    epochs = _series([record(i) for i in range(count)])["epoch"]
    assert CHART_POINTS <= len(epochs) <= 2 * CHART_POINTS + 1
    assert epochs[0] == 0
    assert epochs[-1] == count - 1
    assert epochs == sorted(set(epochs))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, "mine: waiting for a free worker…"),
        ({"started": True}, "mine: starting…"),
        (
            {"started": True, "records": [record(2.5)]},
            "mine: epoch 2.5 of 60, 5 s; held-out loss 124.5 nats an image",
        ),
        ({"started": True, "paused": True, "records": [record(2.5)]}, "mine: paused at 2.5 of 60, 5 s"),
    ],
)
def test_status_says_where_the_run_is(state, said):
    job = FakeJob(**state)
    assert _status(Panel(title="mine", epochs=60), job, job.records).startswith(said)


def test_a_session_that_ends_lets_go_of_its_job():
    job = FakeJob()
    panel = Panel(job=job)
    panel.release()
    panel.release()
    assert job.forgotten
    assert panel.job is None


@pytest.mark.parametrize(
    ("text", "jobs"), [("", 2), ("1", 1), ("3", 3), ("0", 1), ("-2", 2), ("many", 2), ("1.5", 2)]
)
def test_how_many_runs_go_on_at_once(monkeypatch, text, jobs):
    monkeypatch.setenv("VAELAB_MAX_JOBS", text)
    assert training_panel._max_jobs() == jobs
