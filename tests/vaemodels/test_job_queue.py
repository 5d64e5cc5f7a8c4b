"""The queue of jobs against real clusters: its limit, its places, and what is left when somebody goes away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from distributed import Client

from tests.vaemodels.job_tools import FOREVER, kept_by_scheduler, request, wait
from vaemodels import checkpoints, data, jobs, runs
from vaemodels.data import from_path
from vaemodels.early_stopping import Until
from vaemodels.errors import LabError
from vaemodels.frames import written
from vaemodels.jobs import Job, Queue
from vaemodels.models import VAEConfig
from vaemodels.training_config import TrainingConfig

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def address() -> str:
    return jobs.start_local_cluster(2)


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    with jobs.connect(address) as client:
        yield client


@pytest.fixture
def submit(client: Client) -> Iterator[Callable[[int], Job]]:
    """`submit(epochs)` queues a run where one may go on at a time; `submit.queue` is the queue."""
    queue = Queue(client, limit=1, lease=2)
    submitted: list[Job] = []

    def start(epochs: int) -> Job:
        submitted.append(queue.submit(request(epochs)))
        return submitted[-1]

    start.queue = queue  # type: ignore[attr-defined]
    yield start
    for job in submitted:
        job.forget()
    wait(lambda: kept_by_scheduler(client) == set())


def busy(client: Client) -> int:
    """How many tasks the workers have."""
    return sum(map(len, client.processing().values()))


def test_one_run_at_a_time_on_two_workers_and_the_others_know_their_place(client, submit):
    queue = submit.queue
    first, second, third, fourth = (submit(FOREVER) for _ in range(4))
    wait(lambda: first.records)
    assert [queue.place(job) for job in (first, second, third, fourth)] == [0, 1, 2, 3]
    assert [job.state for job in (first, second, third)] == ["running", "queued", "queued"]
    assert (queue.running, busy(client)) == (1, 1)

    third.forget()
    assert [queue.place(job) for job in (second, fourth)] == [1, 2]
    first.stop()
    wait(lambda: second.records)
    assert first.state == "stopped"
    assert (queue.place(second), queue.place(fourth), queue.running, busy(client)) == (0, 1, 1, 1)
    second.forget()  # its visitor has left
    wait(lambda: fourth.records)
    assert (queue.place(fourth), queue.running, third.started) == (0, 1, False)


def test_a_run_that_nobody_watches_gives_way_to_one_that_somebody_waits_for(client, submit):
    queue = submit.queue
    left, away = submit(FOREVER), submit(FOREVER)
    wait(lambda: left.records)
    left.watched = away.watched = False
    wait(lambda: left.latest and runs.loads(left.latest)[0].epoch >= 1)  # as long as nobody waits it goes on
    assert not left.done
    newcomer = submit(FOREVER)
    wait(lambda: newcomer.records)
    assert (left.done, left.interrupted, left.forgotten) == (True, True, True)
    assert left.error is not None and "gave way" in left.error
    assert runs.loads(left.latest)[0].epoch >= 1
    assert (away.started, queue.place(away), queue.running) == (False, 1, 1)
    away.watched = True
    assert not newcomer.done


def test_nothing_of_a_run_that_never_had_its_turn_reaches_the_scheduler(client, submit):
    first, second = submit(FOREVER), submit(FOREVER)
    wait(lambda: first.records)
    assert kept_by_scheduler(client) >= {first.id}
    assert not any(second.id in name for name in kept_by_scheduler(client))


def test_a_lease_is_renewed_while_the_run_is_on_hold(submit):
    job = submit(FOREVER)
    wait(lambda: job.records)
    job.pause()
    time.sleep(5)  # more than twice the lease
    held = len(job.records)
    job.resume()
    wait(lambda: len(job.records) > held + 2)
    assert job.state == "running"


def test_a_run_goes_on_from_the_last_snapshot_of_one_whose_worker_was_killed(client, submit):
    job = submit(FOREVER)
    wait(lambda: job.latest and checkpoints.loads(job.latest).card["epoch"] >= 2)
    [worker] = [address for address, keys in client.processing().items() if job.id in keys]
    os.kill(client.run(os.getpid, workers=[worker])[worker], signal.SIGKILL)
    wait(lambda: job.done)
    assert job.interrupted
    run, card = runs.loads(job.latest)
    assert run.epoch == card["epoch"] >= 2
    assert run.optimizer["step"] > 0

    again = submit.queue.submit(job.latest)
    wait(lambda: len([r for r in again.records if r["epoch_done"]]) >= 2)
    again.stop()
    wait(lambda: again.done)
    history = runs.loads(again.result())[1]["history"]
    assert history[: run.epoch] == card["history"]
    assert [record["epoch"] for record in history] == list(range(1, len(history) + 1))
    assert again.records[0]["epoch"] > run.epoch
    assert again.records[0]["step"] > card["step"]
    again.forget()


@pytest.mark.parametrize("paused", [False, True])
def test_the_run_of_an_owner_that_was_killed_ends_and_leaves_nothing(client, address, paused):
    owner = f"""
import sys
from tests.vaemodels.job_tools import FOREVER, request, wait
from vaemodels import jobs
from vaemodels.errors import LabError
from vaemodels.jobs import Queue
if __name__ == "__main__":
    job = Queue(jobs.connect({address!r}), limit=1, lease=2).submit(request(FOREVER))
    wait(lambda: job.latest)
    job.paused = {paused}
    print("training", flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", owner], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "training\n"
    assert busy(client) == 1
    [worker] = [address for address, keys in client.processing().items() if keys]
    process.kill()
    process.communicate()
    wait(lambda: kept_by_scheduler(client) == set(), 30)
    wait(lambda: client.run(lambda dask_worker: dask_worker.state.executing_count)[worker] == 0, 30)


def test_a_scheduler_that_vanishes_ends_all_its_runs_with_a_sentence_and_takes_nothing_with_it():
    client = jobs.connect(jobs.start_local_cluster(1))
    queue = Queue(client, limit=1)
    running, waiting = queue.submit(request(FOREVER)), queue.submit(request(FOREVER))
    wait(lambda: running.latest)
    wait(lambda: queue.alive)
    cluster = psutil.Process(client.run_on_scheduler(os.getpid))
    workers = cluster.children(recursive=True)
    cluster.kill()
    wait(lambda: running.done and waiting.done, 30)
    for job in (running, waiting):
        assert job.interrupted
        with pytest.raises(LabError, match=r"was lost; go on from .* last snapshot, or start again\.$"):
            job.result()
    assert not queue.alive
    assert running.latest is not None
    assert checkpoints.loads(running.latest).card["model"] == "vae"
    begin = time.monotonic()
    running.forget()
    waiting.forget()
    queue.close()
    assert time.monotonic() - begin < 0.5  # a page must not wait
    assert psutil.wait_procs(workers, timeout=60)[1] == []


def test_a_queue_on_a_closed_client_interrupts_what_it_is_given():
    client = jobs.connect(jobs.start_local_cluster(1))
    queue = Queue(client, limit=1)
    client.close()
    job = queue.submit(request(FOREVER))
    wait(lambda: job.done, 30)
    assert job.interrupted
    job.forget()


def test_of_one_owner_one_run_goes_on_at_a_time_and_theirs_change_places(client):
    queue = Queue(client, limit=2, lease=2)
    first, second, third = (queue.submit(request(FOREVER), "a") for _ in range(3))
    other = queue.submit(request(FOREVER), "b")
    wait(lambda: first.records and other.records)
    assert [queue.place(job) for job in (first, second, third, other)] == [0, 1, 2, 0]
    queue.swap(second, third)
    assert [queue.place(job) for job in (second, third)] == [2, 1]
    queue.swap(first, second)  # the first has had its turn
    assert [queue.place(job) for job in (first, second)] == [0, 2]
    front = queue.submit(request(FOREVER), "a", first=True)
    assert queue.place(front) == 1
    front.forget()
    first.stop()
    wait(lambda: third.records)
    assert (second.started, other.done) == (False, False)
    for job in (first, second, third, other):
        job.forget()
    wait(lambda: kept_by_scheduler(client) == set())


def test_a_run_is_trained_on_images_that_came_with_it_and_shows_what_it_writes(client):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 1, 28, 28), np.uint8)
    name = data.add(from_path.assemble("own-test", "test", pixels, None))
    try:
        model = VAEConfig(z_dim=2, hidden=(16,))
        run, card = runs.new("test", "vae", model, TrainingConfig(dataset=name, epochs=3, batch_size=8))
        queue = Queue(client, limit=1, lease=2)
        job = queue.submit(runs.dumps(run, card), "a", data.find_own(name))
    finally:
        data.remove(name)
    wait(lambda: job.done)
    assert job.error is None and job.records[-1]["step"] == 3 * 4  # 32 images to learn from, in batches of 8
    assert [frame.step for frame in job.frames][:: len(job.frames) - 1] == [0, 12]
    assert {len(frame.pixels) for frame in job.frames} == {8 * 784}
    assert job.frames[0].pixels == written(run.model, torch.zeros(8, 784))
    assert job.frames[-1].pixels != job.frames[0].pixels
    job.forget()


def test_a_run_ends_early_where_it_was_asked_to_and_can_go_on(client):
    queue = Queue(client, limit=1, lease=2)
    job = queue.submit(request(FOREVER), until=Until(seconds=0.5))
    wait(lambda: job.done)
    run, card = runs.loads(job.result())
    assert [record["seconds"] >= 0.5 for record in job.records] == [False] * (len(job.records) - 1) + [True]
    assert run.epoch == card["epoch"] < FOREVER
    assert job.frames[-1].step == job.records[-1]["step"]
    job.forget()
