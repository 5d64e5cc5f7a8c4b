"""Jobs against a real local cluster: what its owner sees, and what is left when things go wrong."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import torch
from distributed import Client

from tests.vaemodels.job_tools import FOREVER, kept_by_scheduler, request, wait, worker_pid
from vaemodels import checkpoints, jobs, runs
from vaemodels.cli import main
from vaemodels.errors import LabError
from vaemodels.jobs import Job, Queue, cluster
from vaemodels.models import VAEConfig
from vaemodels.training import best_device, fit
from vaemodels.training_config import TrainingConfig

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def address() -> str:
    return jobs.start_local_cluster(1)


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    with jobs.connect(address) as client:
        yield client


@pytest.fixture(scope="module")
def queue(client: Client) -> Queue:
    """One that lets every job begin, and has Dask make it wait for the one worker."""
    return Queue(client, limit=100)


@pytest.fixture
def submit(queue: Queue) -> Iterator[Callable[..., Job]]:
    """`submit(epochs)` begins a run on digits; whatever is left of it is forgotten after the test."""
    submitted: list[Job] = []

    def start(epochs: int) -> Job:
        submitted.append(queue.submit(request(epochs)))
        return submitted[-1]

    yield start
    for job in submitted:
        job.forget()


def test_a_worker_takes_numbers_too_small_to_be_fast_for_zero(submit, client: Client):
    assert list(jobs.follow(submit(1)))

    def product() -> int:
        return int(
            torch.tensor(1e-38).mul(0.01).view(torch.int32)
        )  # bits, as a tiny number may look like zero

    assert client.submit(product).result() == 0
    assert product() != 0


def test_a_run_on_a_worker_is_the_run_in_this_process_to_the_number(submit):
    job = submit(3)
    records = list(jobs.follow(job))
    assert job.state == "finished"
    steps = [record["step"] for record in records]
    assert steps == sorted(set(steps))
    assert [record["epoch"] for record in records if record["epoch_done"]] == [1, 2, 3]
    assert records == job.records
    result = checkpoints.loads(job.result())

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    run, card = runs.loads(request(3))
    run.model.to(best_device())
    list(fit(run, *runs.data(run.config)))
    torch.set_num_threads(threads)
    expected = checkpoints.loads(runs.dumps(run, card))
    for name, tensor in expected.model.state_dict().items():
        assert torch.equal(result.model.state_dict()[name], tensor), name
    for theirs, ours in zip(result.card["history"], expected.card["history"], strict=True):
        assert theirs | {"seconds": 0} == ours | {"seconds": 0}
    assert result.resume is None

    snapshot = checkpoints.loads(job.latest)
    assert snapshot.card["epoch"] == 3
    assert torch.isfinite(snapshot.model.decode(torch.zeros(1, 2)).mean).all()


def test_training_gives_way_to_the_pages(client, submit):
    list(jobs.follow(submit(1)))
    # Asked in a task, as priority belongs to the thread that runs tasks.
    if hasattr(os, "getpriority"):
        assert client.submit(os.getpriority, os.PRIO_PROCESS, 0, pure=False).result() == 15
    assert client.submit(torch.get_num_threads, pure=False).result() == 1


def test_pause_resume_stop_and_go_on(client, submit):
    job = submit(FOREVER)
    wait(lambda: len(job.records) >= 3)
    assert job.state == "running"
    job.pause()
    wait(lambda: job.held)
    held = len(job.records)
    time.sleep(1)
    assert (len(job.records), job.paused, job.held, job.done) == (held, True, True, False)
    assert checkpoints.loads(job.latest).card["model"] == "vae"
    job.resume()
    wait(lambda: len(job.records) >= held + 3)
    assert not job.held
    job.pause()
    job.stop()
    wait(lambda: job.done)
    assert job.state == "stopped"

    run, card = runs.loads(job.result())
    assert 1 <= run.epoch == card["epoch"] <= job.records[-1]["epoch"]
    assert card["history"][-1]["step"] == card["step"]
    more = TrainingConfig(**{**card["training"], "epochs": run.epoch + 2})
    resumed = jobs.submit(client, runs.dumps(*runs.with_config(run, card, more)))
    records = list(jobs.follow(resumed))
    assert [r["epoch"] for r in records if r["epoch_done"]] == [run.epoch + 1, run.epoch + 2]
    assert records[0]["step"] > card["step"]
    assert records[0]["seconds"] > card["history"][-1]["seconds"]
    resumed.forget()


def test_a_second_run_waits_for_the_first(submit):
    first = submit(FOREVER)
    wait(lambda: first.records)
    second = submit(1)
    time.sleep(0.5)
    assert (first.state, second.state, second.records) == ("running", "queued", [])
    assert second.latest is None
    first.stop()
    wait(lambda: second.done)
    assert (first.state, second.state) == ("stopped", "finished")


def test_a_run_can_be_stopped_before_its_turn(submit):
    first = submit(FOREVER)
    wait(lambda: first.records)
    second = submit(FOREVER)
    second.stop()
    first.stop()
    wait(lambda: second.done)
    assert second.state == "stopped"
    assert checkpoints.loads(second.result()).card["model"] == "vae"


@pytest.mark.parametrize("moment", ["queued", "running", "paused", "finished"])
def test_nothing_is_left_of_a_job_that_is_let_go_of(client, submit, moment):
    wait(lambda: kept_by_scheduler(client) == set())
    before = submit(FOREVER) if moment == "queued" else None
    job = submit(1 if moment == "finished" else FOREVER)
    if before is None:
        wait(lambda: job.records)
    if moment == "paused":
        job.pause()
    if moment == "finished":
        wait(lambda: job.done)
    wait(lambda: any(job.id in name for name in kept_by_scheduler(client)))  # its queue has handed it over
    job.forget()
    if before is not None:
        before.forget()
    wait(lambda: kept_by_scheduler(client) == set())
    # The worker is free again, and what it was still doing has put nothing back.
    list(jobs.follow(after := submit(1)))
    after.forget()
    wait(lambda: kept_by_scheduler(client) == set())


def test_a_diverging_run_says_at_which_step_and_leaves_its_last_good_weights(client):
    # With μ = 1e17 the KL is 1e34 nats: finite, until its weight has risen far enough.
    config = TrainingConfig(epochs=10, beta=1000.0, kl_warmup_epochs=10, schedule="constant")
    run, card = runs.new("test", "vae", VAEConfig(z_dim=2, hidden=(16,)), config)
    run.best_weights["encoder.2.bias"][:2] = 1e17
    run.weights["encoder.2.bias"][:2] = 1e17
    job = jobs.submit(client, runs.dumps(run, card))
    records = list(jobs.follow(job))
    assert job.state == "failed"
    with pytest.raises(LabError, match=r"stopped being finite at step \d+.*lower learning rate\.$"):
        job.result()
    snapshot = job.latest
    assert snapshot is not None
    last_good, _ = runs.loads(snapshot)
    assert 1 <= last_good.epoch == int(records[-1]["epoch"]) < 10
    job.forget()


def test_a_killed_worker_ends_its_run_with_a_sentence_and_the_others_go_on(client, submit):
    job = submit(FOREVER)
    wait(lambda: job.records)
    waiting = submit(1)  # on the same worker, if not yet begun
    wait(lambda: any(waiting.id in keys for keys in client.processing().values()))
    pid = worker_pid(client)
    os.kill(pid, signal.SIGKILL)
    wait(lambda: job.done)
    assert job.state == "failed"
    with pytest.raises(LabError, match=r"ended before it was done; go on from its last snapshot.*\.$"):
        job.result()
    assert checkpoints.loads(job.latest).card["model"] == "vae"
    assert worker_pid(client) != pid

    wait(lambda: waiting.done)
    assert waiting.state == "finished"
    after = submit(1)
    wait(lambda: after.done)
    assert after.state == "finished"


def test_only_this_machine_can_reach_the_cluster_and_there_is_no_dashboard(client, address):
    scheduler = psutil.Process(client.run_on_scheduler(os.getpid))
    processes = [scheduler, *scheduler.children(recursive=True)]
    assert worker_pid(client) in [process.pid for process in processes]
    listening = {
        connection.laddr
        for process in processes
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {place.ip for place in listening} == {"127.0.0.1"}
    assert int(address.rpartition(":")[2]) in {place.port for place in listening}
    for place in listening:
        for path in ("status", "info/main/workers.html", "json/counts.json"):
            with pytest.raises((OSError, http.client.HTTPException)):  # 404, or no HTTP at all
                urllib.request.urlopen(f"http://{place.ip}:{place.port}/{path}", timeout=5)


def test_the_cluster_ends_with_its_owner():
    owner = "from vaemodels import jobs; print(jobs.start_local_cluster(1), flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", owner], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdin is not None
    port = int(process.stdout.readline().rpartition(":")[2])
    scheduler, *workers = psutil.Process(process.pid).children(recursive=True)
    assert workers
    process.kill()  # no chance to clean up
    process.communicate()
    _, alive = psutil.wait_procs([scheduler, *workers], timeout=60)
    assert alive == []
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


@pytest.mark.parametrize("nonsense", ["tcp://127.0.0.1:1", "nonsense://1"])
def test_no_scheduler_there(monkeypatch, nonsense):
    monkeypatch.setattr(cluster, "CONNECT_TIMEOUT", 0.5)
    with pytest.raises(
        LabError, match=r"No scheduler answers at .*; start one there or correct the address\.$"
    ):
        jobs.connect(nonsense)


def test_the_command_line_trains_on_a_scheduler(address, client, tmp_path, capsys):
    out = tmp_path / "model.safetensors"
    small = ["--data", "digits", "--epochs", "2", "--set", "hidden=16", "z_dim=2"]
    arguments = ["train", "vae", *small, "--scheduler", address, "--out", str(out), "--json"]
    assert main(arguments) == 0
    card = checkpoints.load(out).card
    assert (card["epoch"], len(card["history"]), card["config"]["hidden"]) == (2, 2, [16])
    assert card["evaluation"]["dataset"] == "digits"
    assert capsys.readouterr().err == ""
    wait(lambda: kept_by_scheduler(client) == set(), 10)


def test_the_command_line_says_that_no_scheduler_is_there(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cluster, "CONNECT_TIMEOUT", 0.5)
    out = tmp_path / "model.safetensors"
    small = ["--data", "digits", "--epochs", "1", "--set", "hidden=16", "--out", str(out)]
    assert main(["train", "vae", *small, "--scheduler", "tcp://127.0.0.1:1"]) == 1
    assert capsys.readouterr().err.startswith("vaemodels: No scheduler answers at tcp://127.0.0.1:1")
    assert not out.exists()


def test_workers_find_a_package_below_a_folder_with_a_colon_in_its_name(tmp_path: Path) -> None:
    root = tmp_path / "year:one"
    shutil.copytree(ROOT / "vaemodels", root / "vaemodels", ignore=shutil.ignore_patterns("__pycache__"))
    program = """
from vaemodels.jobs import connect, start_local_cluster
def where():
    import vaemodels.errors
    return vaemodels.errors.__file__
with connect(start_local_cluster(1)) as client:
    print(client.submit(where).result(timeout=60))
"""
    found = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path[:0] = [{str(root)!r}]{program}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert found.stdout == f"{root / 'vaemodels' / 'errors.py'}\n", found.stderr
