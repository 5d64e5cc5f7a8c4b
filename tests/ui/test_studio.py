"""What the Studio computes of a visit's runs: curves, groups, ranking, CSV, the command line."""

import csv
import io
import math
import shlex
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import pytest

from tests.ui.test_training_run import job
from ui.studio import overlay, series
from ui.studio.command import command
from ui.studio.history import Line, measured
from ui.studio.row import unlike_the_command
from ui.training import run as training_run
from ui.training.log import Logged, images_of, images_seen
from ui.training.run import Panel, _finish
from vaemodels import cli, data, runs
from vaemodels.early_stopping import Until
from vaemodels.frames import FRAME_IMAGES, Frame, written
from vaemodels.jobs import job as jobs_job
from vaemodels.models import GMVAEConfig, HVAEConfig, SSVAEConfig, VAEConfig
from vaemodels.models.ae import AEConfig
from vaemodels.training_config import TrainingConfig


def record(step: int, loss: float, **terms: float) -> dict[str, Any]:
    held = terms or {"reconstruction": loss - 10.0, "kl_z": 10.0}
    train = {name: value + 1 for name, value in held.items()}
    return {
        "step": step,
        "epoch": step / 4,
        "seconds": step / 10,
        "learning_rate": 1e-3,
        "train": train,
        "held_out": held,
        "epoch_done": step % 4 == 0,
    }


def logged(*records: dict[str, Any], number: int = 1, model: str = "vae", **training: Any) -> Logged:
    config = TrainingConfig(**training)
    return Logged(
        name=f"run {number}",
        number=number,
        title="a run",
        card={
            "model": model,
            "config": asdict(VAEConfig(z_dim=2)),
            "training": asdict(config),
            "dataset": config.dataset,
            "binarization": config.binarization,
        },
        records=list(records),
        held_out=200,
    )


def test_images_seen_are_those_of_whole_batches_and_a_smaller_last_one():
    for n, batch_size in ((1, 1), (10, 3), (10, 10), (10, 100), (97, 8)):
        seen = 0
        for step in range(1, 60):
            left = n - seen % n
            seen += min(batch_size, left)
            assert images_seen(step, n, batch_size) == seen
    assert images_seen(0, 10, 3) == 0


def test_smoothing_is_the_weighted_mean_of_all_before():
    values = [3.0, -1.0, 4.0, 1.0, 5.0]
    found = series.smoothed(values, 0.6)
    for i, smooth in enumerate(found):
        weights = [0.6 ** (i - j) for j in range(i + 1)]
        assert smooth == pytest.approx(
            sum(w * v for w, v in zip(weights, values, strict=False)) / sum(weights)
        )
    assert series.smoothed([7.0] * 4, 0.9) == pytest.approx([7.0] * 4)
    assert series.smoothed(values, 0.0) == values
    with_a_gap = series.smoothed([3.0, math.nan, -1.0], 0.6)
    assert with_a_gap[::2] == series.smoothed([3.0, -1.0], 0.6) and math.isnan(with_a_gap[1])


def test_a_curve_has_logged_values_at_logged_steps_alone():
    run = logged(*(record(step, 200 - step) for step in range(1, 2_001)))
    curve = series.curve(run, "step", "held_out")
    assert series.MOST_POINTS <= len(curve.x) <= 2 * series.MOST_POINTS
    assert curve.x[-1] == 2_000
    assert all(loss == 200 - x for x, loss in zip(curve.x, curve.loss, strict=True))
    assert curve.step == curve.x and set(curve.kl) == {10.0}
    assert all(r + kl == loss for r, kl, loss in zip(curve.reconstruction, curve.kl, curve.loss, strict=True))
    seconds = series.curve(run, "seconds", "train")
    assert seconds.x[:2] == [0.1, 0.6] and set(seconds.kl) == {11.0}


def test_an_axis_of_images_counts_those_of_the_dataset():
    run = logged(record(13, 150), record(14, 149))
    n = data.get("digits").sizes["train"]
    assert images_of(run) == n
    assert series.curve(run, "images", "held_out").x == [n, n + 100]  # 13 batches of 100 an epoch
    run.card["dataset"] = "own-gone"
    assert all(map(math.isnan, series.curve(run, "images", "held_out").x))


def test_terms_have_charts_of_their_own_where_there_are_several():
    def line(run: Logged) -> Line:
        return Line(run.name, "", 0, False, series.curve(run, "step", "held_out"), 0.0, [])

    vae, ae = line(logged(record(4, 100))), line(logged(record(4, 0, reconstruction=99.0), model="ae"))
    bound = line(logged(record(4, 0, bound=-99.0), objective="iwae", k=50))
    assert measured([ae]) == measured([bound]) == measured([]) == ("loss",)
    assert measured([ae, vae]) == ("loss", "reconstruction", "kl")
    assert bound.curve.loss == [99.0] and math.isnan(bound.curve.kl[0])


def test_only_what_means_the_same_shares_an_axis():
    base = series.group_of(logged(record(4, 100)))
    assert base is not None and base.measure == "−ELBO"
    assert base.title == "−ELBO on 200 held-out images of the built-in digits, dynamic binarisation"
    others = [
        logged(record(4, 0, bound=-99.0), objective="iwae", k=50),
        logged(record(4, 0, bound=-99.0), objective="iwae", k=5),
        logged(record(4, 0, reconstruction=99.0), model="ae"),
        logged(record(4, 100), model="fsvae"),
        logged(record(4, 100), binarization="threshold"),
    ]
    groups = [series.group_of(other) for other in others]
    assert len({base, *groups}) == 6
    assert [group.measure for group in groups if group] == [
        "−L₅₀",
        "−L₅",
        "Reconstruction error",
        "−ELBO(x|y)",
        "−ELBO",
    ]
    assert series.group_of(logged(record(4, 100), beta=4.0, learning_rate=1e-2)) == base
    assert series.group_of(logged()) is None


def test_a_run_that_was_changed_on_the_way_is_never_ranked():
    low, high = logged(record(4, 90), record(5, 80), record(8, 95)), logged(record(4, 110), number=2)
    best = series.best([high, low])
    assert best is not None and (best[0], best[1]["step"]) == (low, 4)  # step 5 is within an epoch
    low.changes.append((2, "β 1 → 4"))
    best = series.best([high, low])
    assert best is not None and best[0] is high
    high.changes.append((2, "β 1 → 4"))
    assert series.best([high, low]) is None


def test_csv_has_every_record_and_says_where_settings_changed():
    run = logged(record(4, 100), record(8, 90), record(12, 80))
    run.changes = [(4, "β 1 → 4")]
    rows = list(csv.DictReader(io.StringIO(series.as_csv(run))))
    assert [float(row["held_out_reconstruction"]) for row in rows] == [90, 80, 70]
    assert [float(row["train_kl_z"]) for row in rows] == [11, 11, 11]
    assert [row["changed"] for row in rows] == ["", "β 1 → 4", ""]
    assert [int(row["step"]) for row in rows] == [4, 8, 12]


def test_colours_tell_runs_apart_or_the_values_of_a_setting():
    several = [logged(number=1, beta=1.0), logged(number=2, beta=4.0), logged(number=3, beta=1.0)]
    by_run = overlay.colours_of(several, overlay.BY_RUN)
    assert len(set(by_run.values())) == 3
    assert series.differing(several) == ["beta"]
    by_beta = overlay.colours_of(several, "beta")
    assert by_beta["run 1"] == by_beta["run 3"] != by_beta["run 2"]


@pytest.mark.parametrize(
    ("kind", "config", "training"),
    [
        ("vae", VAEConfig(z_dim=3, hidden=(40, 20)), TrainingConfig(epochs=7, beta=4.0, seed=3)),
        ("vae", VAEConfig(z_dim=3, likelihood="gaussian"), TrainingConfig(binarization="none", epochs=5)),
        ("vae", VAEConfig(), TrainingConfig(objective="dreg", k=20, learning_rate=3e-4)),
        ("ae", AEConfig(z_dim=2), TrainingConfig(batch_size=50)),
        ("gmvae", GMVAEConfig(components=7), TrainingConfig(kl_warmup_epochs=3, gradient_limit=2.5)),
        ("ssvae", SSVAEConfig(), TrainingConfig(labelled=50, labelled_elbo=True, gen_weight=0.5)),
        ("hvae", HVAEConfig(inference="parallel"), TrainingConfig(free_bits=0.25)),
    ],
)
def test_the_command_line_trains_the_same(kind, config, training):
    run, card = runs.new("mine", kind, config, training)
    words = shlex.split(command(card))
    assert words[:4] == ["python", "-m", "vaemodels", "train"]
    again, told = cli._run_from(cli._parser().parse_args(words[3:]))
    assert (again.model.config, again.config, told["model"]) == (run.model.config, run.config, kind)
    assert all((a == b).all() for a, b in zip(again.weights.values(), run.weights.values(), strict=True))


def test_what_the_command_line_does_otherwise_is_said():
    run = logged(record(4, 100))
    assert unlike_the_command(run) == []
    run.until, run.went_on, run.changes = Until(30.0, 5), True, [(4, "β 1 → 4")]
    assert "--seconds 30" in command(run.card, seconds=run.until.seconds)
    assert unlike_the_command(run) == [
        "The run went on from an earlier one, the command begins anew.",
        "The command has the last settings from the beginning on; the run changed: β 1 → 4 at step 4.",
        "The run was to stop after 5 epochs without a gain, the command goes on.",
    ]


def test_frames_of_a_long_run_are_spread_over_all_of_it():
    frames: list[Frame] = []
    for step in range(1_000):
        jobs_job._add(frames, Frame(step, b""))
        assert len(frames) <= jobs_job.MAX_FRAMES
    steps = [frame.step for frame in frames]
    assert steps[0] == 0 and steps[-1] == 999 and steps == sorted(set(steps))
    assert max(b - a for a, b in pairwise(steps)) <= 1_000 / 10


@pytest.mark.parametrize(
    ("kind", "config"), [("vae", VAEConfig()), ("ssvae", SSVAEConfig()), ("ae", AEConfig())]
)
def test_a_frame_is_eight_images_the_same_for_the_same_weights(kind, config):
    run, _ = runs.new("mine", kind, config, TrainingConfig(labelled=50 if kind == "ssvae" else 0))
    x = data.load("digits", "validation").images[:FRAME_IMAGES] / 255
    pixels = written(run.model, x)
    assert len(pixels) == FRAME_IMAGES * 784 and pixels == written(run.model, x)


def stopped_run(epochs: int = 3) -> tuple[bytes, list[dict[str, Any]]]:
    from vaemodels.training import fit

    run, card = runs.new("mine", "vae", VAEConfig(z_dim=2, hidden=(8,)), TrainingConfig(epochs=100))
    records = []
    for progress in fit(run, *runs.data(run.config)):
        records.append(progress._asdict())
        if run.epoch == epochs:
            break
    return runs.latest(run, card), records


def test_a_knob_turned_goes_on_from_the_last_whole_epoch_and_is_marked(monkeypatch):
    file, records = stopped_run()
    submitted: list[Any] = []

    class FakeQueue:
        def submit(self, checkpoint, owner, own, *, until, first):
            submitted.append((runs.loads(checkpoint), first))
            return job()

    beyond = records[-1] | {"step": records[-1]["step"] + 5, "epoch_done": False}
    one = job(records=[*records, beyond], file=file, stopping=True)
    _, card = runs.loads(file)
    entry = Logged("run 1", 1, "a run", card, records=one.records, job=one)
    entry.frames = one.frames = [Frame(0, b"a"), Frame(beyond["step"], b"b")]
    queue: Any = FakeQueue()
    panel = Panel(job=one, logged=entry, queue=queue, log=[entry])
    panel.knobs = {"beta": 4.0}
    _finish(panel, one)
    [((run, told), first)] = submitted
    assert first and (run.config.beta, run.epoch) == (4.0, 3)
    assert told["changes"] == [f"β 1 → 4 at step {records[-1]['step']}"]
    assert panel.job is not one and panel.job is entry.job and one.forgotten
    assert entry.logged == records and entry.changes == [(records[-1]["step"], "β 1 → 4")]
    assert [frame.step for frame in entry.frames] == [0]
    assert (panel.knobs, panel.error, panel.log) == ({}, None, [entry])


def test_runs_that_wait_are_moved_and_removed_and_the_next_has_its_turn(monkeypatch):
    monkeypatch.setattr(training_run.models, "keep", lambda file: "mine-1")

    class FakeQueue:
        def swap(self, one, other):
            swapped.append((one, other))

    swapped: list[Any] = []
    entries = [logged(number=i) for i in range(1, 5)]
    for entry in entries:
        entry.job = job()
    first, second, third, fourth = entries
    queue: Any = FakeQueue()
    panel = Panel(job=first.job, logged=first, queue=queue, log=[*entries], waiting=[second, third, fourth])
    panel.sooner(fourth)
    assert panel.waiting == [second, fourth, third] and swapped == [(third.job, fourth.job)]
    panel.sooner(second)
    assert panel.waiting == [second, fourth, third] and len(swapped) == 1
    removed = second.job
    panel.remove(second)
    assert removed is not None and removed.forgotten and second not in panel.log
    assert first.job is not None
    first.job.file = b"done"
    _finish(panel, first.job)
    assert (panel.job, panel.waiting, first.state, first.model) == (fourth.job, [third], "finished", "mine-1")
    panel.release_all()
    assert panel.job is None and panel.waiting == [] and fourth.job is None
