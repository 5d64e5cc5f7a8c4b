"""The command line from end to end: exit codes, one line on stderr, JSON, and files that outlive a failure."""

import contextlib
import errno
import functools
import io
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from PIL import Image

from tests.small import without_seconds
from vaemodels import checkpoints, cli, console, data, files, runs, training
from vaemodels.errors import LabError
from vaemodels.pictures import GAP, picture

ROOT = Path(__file__).parents[2]
EVALUATION = {
    "dataset",
    "split",
    "binarization",
    "n",
    "nelbo",
    "reconstruction",
    "kl",
    "bounds",
    "stderr",
    "repeats",
    "accuracy",
    "active_units",
    "seconds",
}
TINY = ["--set", "hidden=8", "z_dim=2", "batch_size=200", "precision=float32"]


class Result(NamedTuple):
    """What a command ended with, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on standard output; standard error is empty."""
        assert self.code == 0 and self.err == "" and self.out.count("\n") == 1
        return json.loads(self.out)


Command = Callable[..., Result]


@pytest.fixture
def lab(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `python -m vaemodels` with these arguments, in this process."""

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as exit_:  # argparse's own
            code = int(exit_.code or 0)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture(autouse=True)
def _signals_are_heard() -> Iterator[None]:
    """As in a terminal, though what a shell starts in the background begins with Ctrl-C ignored, and under `nohup` with
    the terminal's end."""
    heard: dict[signal.Signals, Any] = {signal.SIGINT: signal.default_int_handler}
    if hasattr(signal, "SIGHUP"):
        heard[signal.SIGHUP] = signal.SIG_DFL
    before = {each: signal.signal(each, handler) for each, handler in heard.items()}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def assert_refused(result: Result, code: int, words: str = "") -> None:
    """It failed with this code, no output, and one sentence that says why and what to do."""
    assert result.code == code
    assert result.out == ""
    assert result.err.startswith("vaemodels: ") and result.err.endswith(".\n") and result.err.count("\n") == 1
    assert words in result.err
    assert any(mark in result.err for mark in (";", ":", ","))
    assert "Error" not in result.err and "Traceback" not in result.err


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small trained checkpoint of each kind."""
    folder = tmp_path_factory.mktemp("trained")
    paths = {}
    for name, preset, settings in (
        ("vae", "vae-digits", ()),
        ("ae", "ae-2d", ()),
        ("gaussian", "vae-digits", ("--set", "likelihood=gaussian", "binarization=none")),
    ):
        paths[name] = folder / f"{name}.safetensors"
        arguments = ["train", preset, "--data", "digits", "--epochs", "1", *TINY, *settings]
        assert cli.main([*arguments, "--out", str(paths[name]), "--json"]) == 0
    return paths


# Training


def test_train_saves_a_measured_checkpoint(lab: Command, tmp_path: Path) -> None:
    out = tmp_path / "small.safetensors"
    answer = lab("train", "vae-digits", "--epochs", 2, "--seed", 3, *TINY, "--out", out, "--json").json
    assert answer.keys() == {"checkpoint", "epochs", "evaluation"}
    assert (answer["checkpoint"], answer["epochs"]) == (str(out), 2)
    assert answer["evaluation"].keys() == EVALUATION
    assert (answer["evaluation"]["split"], answer["evaluation"]["n"]) == ("test", 300)
    checkpoint = checkpoints.load(out)
    assert checkpoint.card["evaluation"] == answer["evaluation"]
    assert checkpoint.resume is None
    assert (checkpoint.card["seed"], checkpoint.card["epoch"], checkpoint.card["step"]) == (3, 2, 14)
    assert checkpoint.model.config.hidden == (8,) and checkpoint.model.config.z_dim == 2
    again = lab("evaluate", out, "--k", "1,10,100", "--json").json
    for key in ("nelbo", "reconstruction", "kl", "bounds", "stderr", "active_units"):
        assert again[key] == answer["evaluation"][key]


def test_train_without_json_says_where_it_saved_and_draws_a_bar(
    lab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = lab("train", "vae-digits", "--epochs", 1, *TINY)
    assert result.code == 0
    first, heading, *rows = result.out.splitlines()
    assert first == "saved vae-digits.safetensors after 1 of 1 epochs"
    assert heading.startswith("vae-digits: ") and " of digits test, static binarisation" in heading
    nelbo = checkpoints.read_card(tmp_path / "vae-digits.safetensors")["evaluation"]["nelbo"]
    assert rows[0].split()[:2] == ["-ELBO", f"{nelbo:.3f}"]
    assert "epoch" in result.err and "held-out" in result.err
    assert (tmp_path / "vae-digits.safetensors").exists()


def test_training_twice_gives_the_same_weights(lab: Command, tmp_path: Path) -> None:
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    for out in (one, other):
        assert lab("train", "vae-digits", "--epochs", 1, *TINY, "--out", out, "--json").code == 0
    first, second = (checkpoints.load(path).model.state_dict() for path in (one, other))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_settings_and_options_mean_the_same(lab: Command, tmp_path: Path) -> None:
    out = tmp_path / "a.safetensors"
    settings = [
        "--set",
        "epochs=1",
        "seed=9",
        "beta=4",
        "--set",
        "hidden=6,5",
        "activation=tanh",
        "batch_size=300",
    ]
    assert lab("train", "vae-digits", *settings, "--out", out, "--json").code == 0
    card = checkpoints.read_card(out)
    assert (card["training"]["beta"], card["training"]["seed"], card["training"]["epochs"]) == (4.0, 9, 1)
    assert (card["config"]["hidden"], card["config"]["activation"]) == ([6, 5], "tanh")


def test_half_precision_is_measured_as_it_is_stored(lab: Command, tmp_path: Path) -> None:
    out = tmp_path / "half.safetensors"
    answer = lab("train", "vae-digits", "--epochs", 1, *TINY, "--half", "--out", out, "--json").json
    assert checkpoints.load(out).dtype == torch.float16
    again = lab("evaluate", out, "--k", "1,10,100", "--json").json
    assert again["nelbo"] == answer["evaluation"]["nelbo"]


def test_a_run_cut_short_goes_on_to_the_same_end(lab: Command, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.safetensors", tmp_path / "part.safetensors"
    assert lab("train", "vae-digits", "--epochs", 3, *TINY, "--out", whole, "--json").code == 0
    answer = lab("train", "vae-digits", "--epochs", 3, "--seconds", 1e-6, *TINY, "--out", part, "--json").json
    assert (answer["epochs"], answer["evaluation"]) == (1, None)
    assert checkpoints.load(part).resume is not None
    answer = lab("train", "vae-digits", "--from", part, "--out", part, "--json").json
    assert answer["epochs"] == 3
    one, other = checkpoints.load(whole), checkpoints.load(part)
    first, second = one.model.state_dict(), other.model.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert without_seconds(one.card["history"]) == without_seconds(other.card["history"])
    assert one.card["evaluation"]["nelbo"] == other.card["evaluation"]["nelbo"]


def test_a_finished_model_is_trained_on(lab: Command, trained: Mapping[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "more.safetensors"
    answer = lab("train", "vae-digits", "--from", trained["vae"], "--epochs", 2, "--out", out, "--json").json
    assert answer["epochs"] == 2
    assert len(checkpoints.read_card(out)["history"]) == 2
    part = tmp_path / "part.safetensors"
    options = ["--epochs", 3, "--seconds", 1e-6, "--out", part, "--json"]
    assert lab("train", "vae-digits", "--from", trained["vae"], *options).json["evaluation"] is None
    assert checkpoints.read_card(part)["evaluation"] is None


def test_who_goes_on_is_told_which_settings_are_not_the_preset_s(
    lab: Command, trained: Mapping[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "more.safetensors"
    more = ["--epochs", 2, "--out", out]
    told = lab("train", "iwae-k50-digits", "--from", trained["vae"], *more).err
    assert checkpoints.read_card(out)["training"]["objective"] == "elbo"
    assert "objective=elbo" in told and "k=1" in told and "change that with --set." in told
    told = lab("train", "iwae-k50-digits", "--from", out, "--set", "k=2", "--epochs", 3, "--out", out).err
    assert "objective=elbo" in told and "k=" not in told


@pytest.mark.parametrize(
    ("start", "arguments", "words"),
    [
        ("vae", ("vae-digits",), "already has 1 epochs"),
        ("vae", ("vae-digits", "--epochs", 3, "--set", "hidden=9"), "keeps its hidden"),
        ("vae", ("ae-2d", "--epochs", 3), "preset ae-2d is ae"),
        ("gaussian", ("vae-digits", "--epochs", 3, "--data", "nothing"), "no dataset 'nothing'"),
        ("vae", ("vae-digits", "--epochs", 3, "--set", "binarization=none"), "black-and-white"),
    ],
)
def test_going_on_in_a_way_that_makes_no_sense(
    lab: Command,
    trained: Mapping[str, Path],
    tmp_path: Path,
    start: str,
    arguments: tuple[object, ...],
    words: str,
) -> None:
    out = tmp_path / "never.safetensors"
    assert_refused(lab("train", *arguments, "--from", trained[start], "--out", out, "--json"), 2, words)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gan"], "Unknown preset 'gan'; choose one of vae"),
        (["vae-digits", "--data", "letters"], "no dataset 'letters'"),
        (["vae-digits", "--set", "foo=1"], "Unknown setting 'foo'"),
        (["vae-digits", "--set", "beta"], "write key=value"),
        (["vae-digits", "--set", "=1"], "Unknown setting ''"),
        (["vae-digits", "--set", "hidden=abc"], "hidden is 'abc'"),
        (["vae-digits", "--set", "hidden="], "hidden is ''"),
        (["vae-digits", "--set", "hidden=10000000"], "1 to 4096 units"),
        (["vae-digits", "--set", "hidden=4096,4096"], "more than the 20,000,000"),
        (["vae-digits", "--set", "z_dim=-3"], "1 to 512"),
        (["vae-digits", "--set", "image_shape=1,8,8"], "images of shape"),
        (["vae-digits", "--set", "learning_rate=1e9"], "learning_rate goes from"),
        (["vae-digits", "--set", "learning_rate=-1"], "learning_rate goes from"),
        (["vae-digits", "--set", "beta=nan"], "beta is nan"),
        (["vae-digits", "--set", "beta=inf"], "beta is inf"),
        (["vae-digits", "--set", "beta=0", "reconstruction_weight=0"], "nothing to learn"),
        (["vae-digits", "--set", "schedule=linear"], "choose one of cosine"),
        (["vae-digits", "--set", "binarization=round"], "choose one of dynamic"),
        (["vae-digits", "--set", "binarization=none"], "black-and-white"),
        (["ae-2d", "--set", "likelihood=gaussian"], "Unknown setting 'likelihood'"),
        (["vae-digits", "--epochs", "many"], "epochs is 'many'"),
        (["vae-digits", "--epochs", "-3"], "epochs goes from 1"),
        (["vae-digits", "--epochs", "0"], "epochs goes from 1"),
        (["vae-digits", "--seed", "-1"], "seed goes from 0"),
        (["vae-digits", "--seed", "1" + "0" * 30], "seed goes from 0"),
        (["vae-digits", "--seconds", "0"], "--seconds"),
        (["vae-digits", "--seconds", "-5"], "--seconds"),
        (["vae-digits", "--seconds", "nan"], "--seconds"),
        (["vae-digits", "--from", "nowhere.safetensors"], "no checkpoint 'nowhere.safetensors'"),
    ],
)
def test_train_refuses_what_makes_no_sense(
    lab: Command, tmp_path: Path, arguments: list[str], words: str
) -> None:
    out = tmp_path / "never.safetensors"
    assert_refused(lab("train", *arguments, "--out", out, "--json"), 2, words)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_can_not_be_written_is_refused_before_training(
    lab: Command, trained: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("training began")

    monkeypatch.setattr(training, "fit", never)
    (tmp_path / "file").touch()
    for place in (tmp_path / "missing" / "a.safetensors", tmp_path / "file" / "a.safetensors", tmp_path):
        assert_refused(
            lab("train", "vae-digits", "--epochs", 1, *TINY, "--out", place, "--json"), 1, "cannot be written"
        )
    for place in (tmp_path / "missing" / "a.png", tmp_path):
        assert_refused(lab("sample", trained["vae"], "--out", place, "--json"), 1, "cannot be written")


def test_a_dataset_that_is_not_there_names_the_command_that_fetches_it(
    lab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    data.load.cache_clear()
    result = lab("train", "vae", *TINY, "--epochs", 1, "--out", tmp_path / "a.safetensors", "--json")
    assert_refused(result, 1, "python -m vaemodels download mnist")


def break_rate_at(monkeypatch: pytest.MonkeyPatch, bad_step: int) -> None:
    rate = training.learning_rate

    def broken(config: training.TrainingConfig, step: int, total: int) -> float:
        return math.inf if step == bad_step else rate(config, step, total)

    monkeypatch.setattr(training, "learning_rate", broken)


class _JobHere:
    """A job that is trained in this process, between one look at its records and the next."""

    def __init__(self, _: object, checkpoint: bytes) -> None:
        self.run, self.card = runs.loads(checkpoint)
        self.latest: bytes | None = None
        self.error: str | None = None
        self.stopping = False

    def follow(self) -> Iterator[dict[str, Any]]:
        try:
            for record in training.fit(self.run, *runs.data(self.run.config)):
                self.latest = runs.latest(self.run, self.card)
                yield record._asdict()
        except training.TrainingDivergedError as error:
            self.latest, self.error = runs.latest(self.run, self.card), str(error)

    def result(self) -> bytes:
        if self.error is not None:
            raise LabError(self.error)
        return runs.dumps(self.run, self.card)

    def forget(self) -> None:
        pass


@pytest.fixture
def jobs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is given to a scheduler is trained in this process."""
    from vaemodels import jobs

    monkeypatch.setattr(jobs, "connect", contextlib.nullcontext)
    monkeypatch.setattr(jobs, "submit", _JobHere)
    monkeypatch.setattr(jobs, "follow", _JobHere.follow)


@pytest.mark.parametrize("elsewhere", [(), ("--scheduler", "tcp://somewhere:1")])
@pytest.mark.parametrize(("every", "saved"), [(0.0, [1, 2, 3, 3, 3]), (3600.0, [3, 3])])
def test_a_long_run_is_saved_every_few_minutes(
    lab: Command,
    jobs_here: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: tuple[str, ...],
    every: float,
    saved: list[int],
) -> None:
    """After each epoch where that is how long a few minutes are; then the finished one, and that measured."""
    epochs: list[int] = []
    save = runs.save

    def watched(path: Path, run: training.Run, *rest: Any) -> None:
        save(path, run, *rest)
        epochs.append(checkpoints.read_card(path)["epoch"])

    monkeypatch.setattr(runs, "save", watched)
    monkeypatch.setattr(cli, "SAVE_EVERY", every)
    out = tmp_path / "long.safetensors"
    assert lab("train", "vae-digits", "--epochs", 3, *TINY, "--out", out, *elsewhere, "--json").code == 0
    assert epochs == saved


def test_a_cluster_s_run_is_saved_where_it_has_grown(
    lab: Command, jobs_here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vaemodels import jobs

    out = tmp_path / "long.safetensors"
    seen: list[tuple[int, int, bytes]] = []

    def twice(job: _JobHere) -> Iterator[dict[str, Any]]:
        for record in job.follow():
            yield record
            run, _ = runs.loads(out.read_bytes())
            out.write_bytes(b"saved once")
            yield record
            seen.append((job.run.epoch, run.epoch, out.read_bytes()))

    monkeypatch.setattr(jobs, "follow", twice)
    monkeypatch.setattr(cli, "SAVE_EVERY", 0.0)
    command = ["train", "vae-digits", "--epochs", 2, *TINY, "--out", out, "--scheduler", "tcp://somewhere:1"]
    assert lab(*command, "--json").code == 0
    assert seen == [(epoch, epoch, b"saved once") for epoch in (1, 2)]


@pytest.mark.parametrize("elsewhere", [(), ("--scheduler", "tcp://somewhere:1")])
def test_a_run_that_diverges_keeps_what_was_good(
    lab: Command, jobs_here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: tuple[str, ...]
) -> None:
    out = tmp_path / "kept.safetensors"
    command = ["train", "vae-digits", "--epochs", 3, *TINY, "--out", out, *elsewhere, "--json"]
    with monkeypatch.context() as patch:
        break_rate_at(patch, 1)
        assert_refused(lab(*command), 1, "stopped being finite at step 3, before an epoch was done;")
    assert not out.exists()
    with monkeypatch.context() as patch:
        break_rate_at(patch, 8)
        assert_refused(lab(*command), 1, "stopped being finite at step 10; the last good weights are kept")
    assert checkpoints.read_card(out)["epoch"] == 1
    settings = ["--set", "learning_rate=1e-4", "--out", out, "--json"]
    assert lab("train", "vae-digits", "--from", out, *settings).json["epochs"] == 3


def test_a_run_is_kept_where_measuring_it_fails(
    lab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "evaluate", interrupted)
    out = tmp_path / "kept.safetensors"
    assert lab("train", "vae-digits", "--epochs", 1, *TINY, "--out", out, "--json").code == 1
    assert checkpoints.read_card(out)["epoch"] == 1


def python(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdout=pipe, stderr=pipe, text=True, **options
    )


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
def test_ctrl_c_keeps_the_run(lab: Command, tmp_path: Path) -> None:
    out = tmp_path / "kept.safetensors"
    arguments = ["train", "vae-digits", "--epochs", "100000", *TINY, "--out", str(out)]
    # Where the tests themselves run in the background of a shell, Ctrl-C is ignored, and children inherit that.
    listening = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = python("-m", "vaemodels", *arguments, preexec_fn=listening)
    assert process.stderr is not None
    seen = ""
    while "held-out" not in seen:  # the first epoch is done
        seen += process.stderr.read(1)
        assert process.poll() is None, seen
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    last = err.splitlines()[-1]
    assert last.startswith("vaemodels: Interrupted after ") and last.endswith(f"go on with --from {out}.")
    assert "Traceback" not in err
    epochs = checkpoints.read_card(out)["epoch"]
    assert epochs >= 1
    more = ["--epochs", epochs + 1, "--out", out, "--json"]
    assert lab("train", "vae-digits", "--from", out, *more).json["epochs"] == epochs + 1


def stopped_after(epochs: int, ending: Callable[[], None]) -> Callable[..., Iterator[training.Progress]]:
    """`training.fit` that does `ending` when so many epochs are done, as if it came from outside."""
    fit = training.fit

    def run(*arguments: Any) -> Iterator[training.Progress]:
        records = fit(*arguments)
        for _ in range(epochs):
            yield next(records)
        ending()
        yield from records

    return run


def diverge() -> None:
    raise training.TrainingDivergedError("The loss stopped being finite at step 1; lower the rate.")


ENDINGS: dict[str, Callable[[], None]] = {
    "Ctrl-C": functools.partial(signal.raise_signal, signal.SIGINT),
    "kill": functools.partial(signal.raise_signal, signal.SIGTERM),
    "divergence": diverge,
}
if hasattr(signal, "SIGHUP"):
    ENDINGS["closed terminal"] = functools.partial(signal.raise_signal, signal.SIGHUP)


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_there_stays_until_there_is_an_epoch(
    lab: Command,
    trained: Mapping[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
) -> None:
    out = tmp_path / "mine.safetensors"
    finished = trained["vae"].read_bytes()
    out.write_bytes(finished)
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    command = ["train", "vae-digits", "--epochs", 9, "--out", out, "--json"]
    for arguments in (["--from", out], [*TINY, "--overwrite"]):
        with monkeypatch.context() as patch:
            patch.setattr(training, "fit", stopped_after(0, ENDINGS[ending]))
            words = "at step 1" if ending == "divergence" else "before an epoch was done, so nothing is saved"
            assert_refused(lab(*command, *arguments), 1, words)
        assert out.read_bytes() == finished
    with monkeypatch.context() as patch:
        patch.setattr(training, "fit", stopped_after(2, ENDINGS[ending]))
        result = lab(*command, *TINY, "--overwrite")
        assert_refused(result, 1, "finite" if ending == "divergence" else "after 2 epochs, kept in")
    assert checkpoints.read_card(out)["epoch"] == 2 and checkpoints.load(out).resume
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_asking_twice_to_stop_does_not_stop_the_saving(
    lab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = runs.save

    def asked_again(*arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        save(*arguments)

    monkeypatch.setattr(training, "fit", stopped_after(1, ENDINGS["Ctrl-C"]))
    monkeypatch.setattr(runs, "save", asked_again)
    out = tmp_path / "kept.safetensors"
    command = ["train", "vae-digits", "--epochs", 9, *TINY, "--out", out, "--json"]
    assert_refused(lab(*command), 1, "after 1 epochs, kept in")
    assert checkpoints.read_card(out)["epoch"] == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "options", "replaced"),
    [
        ("y\n", [], True),
        ("Yes\n", [], True),
        ("\n", [], False),
        ("", [], False),
        ("y\n", ["--json"], False),
        (None, [], False),
        (None, ["--overwrite"], True),
    ],
)
def test_a_model_is_replaced_where_the_user_says_so(
    lab: Command,
    trained: Mapping[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str | None,
    options: list[str],
    replaced: bool,
) -> None:
    out = tmp_path / "mine.safetensors"
    out.write_bytes(trained["ae"].read_bytes())
    if answer is not None:
        monkeypatch.setattr(sys, "stdin", Terminal(answer))
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    result = lab("train", "vae-digits", "--epochs", 1, *TINY, "--out", out, *options)
    assert result.code == (0 if replaced else 2)
    assert checkpoints.read_card(out)["model"] == ("vae" if replaced else "ae")
    if not replaced:
        assert "is there already; add --overwrite" in result.err


def test_the_command_takes_numbers_too_small_to_be_fast_for_zero() -> None:
    program = """
import runpy, sys, torch
sys.argv = ["vaemodels", "--help"]
try:
    runpy.run_module("vaemodels", run_name="__main__")
except SystemExit:
    print(torch.tensor(1e-38).mul(0.01).view(torch.int32).item())
"""
    out, err = python("-c", program).communicate(timeout=60)
    assert err == ""
    assert out.splitlines()[-1] == "0"


# Evaluation


@pytest.mark.parametrize("name", ["vae", "ae", "gaussian"])
def test_evaluate_prints_one_object_with_the_promised_keys(
    lab: Command, trained: Mapping[str, Path], name: str
) -> None:
    answer = lab("evaluate", trained[name], "--k", "1,10,50", "--limit", 60, "--json").json
    assert answer.keys() == EVALUATION | {"checkpoint", "model"}
    assert answer["stderr"].keys() == {"nelbo", "reconstruction", "kl", "bounds", "accuracy"}
    assert answer["checkpoint"] == str(trained[name])  # not its preset, which "vae" and "gaussian" share
    assert answer["model"] == ("ae" if name == "ae" else "vae")
    assert (answer["dataset"], answer["split"], answer["n"]) == ("digits", "test", 60)
    assert answer["binarization"] == ("none" if name == "gaussian" else "static")
    if name == "ae":
        assert answer["nelbo"] is answer["bounds"] is answer["active_units"] is None and answer["kl"] == {}
    else:
        assert answer["nelbo"] == pytest.approx(answer["reconstruction"] + answer["kl"]["z"], abs=1e-5)
        bounds = list(answer["bounds"].values())
        assert list(answer["bounds"]) == ["1", "10", "50"] and bounds == sorted(bounds)


def test_evaluate_draws_by_its_seed(lab: Command, trained: Mapping[str, Path]) -> None:
    def nelbo(*options: object) -> float:
        return float(
            lab("evaluate", trained["vae"], "--k", "1", "--limit", 50, "--json", *options).json["nelbo"]
        )

    assert nelbo() == nelbo("--seed", 0) != nelbo("--seed", 1)


def test_evaluate_measures_what_it_is_asked_to(lab: Command, trained: Mapping[str, Path]) -> None:
    answer = lab("evaluate", trained["vae"], "--split", "validation", "--k", "2", "--json").json
    assert (answer["n"], answer["split"], list(answer["bounds"])) == (200, "validation", ["2"])
    reconstructions = {}
    for mode in ("static", "dynamic", "threshold"):
        answer = lab(
            "evaluate", trained["vae"], "--binarization", mode, "--seed", 5, "--k", "1", "--json"
        ).json
        assert answer["binarization"] == mode
        reconstructions[mode] = answer["reconstruction"]
    assert len(set(reconstructions.values())) == 3


def test_a_limit_takes_the_first_of_the_same_images(
    lab: Command, trained: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    evaluate = cli.evaluate

    def watched(model: Any, x: torch.Tensor, *rest: Any, **options: Any) -> Any:
        seen.append(x)
        return evaluate(model, x, *rest, **options)

    monkeypatch.setattr(cli, "evaluate", watched)
    for options in ((), ("--limit", 7)):
        assert lab("evaluate", trained["vae"], "--k", "1", *options, "--json").code == 0
    assert len(seen[1]) == 7
    assert torch.equal(seen[0][:7], seen[1])
    assert torch.equal(seen[0], data.binarize(data.load("digits", "test").images, "static"))


def test_evaluate_without_json_is_a_table(lab: Command, trained: Mapping[str, Path]) -> None:
    result = lab("evaluate", trained["vae"], "--k", "1,5", "--limit", 20)
    assert result.code == 0
    for words in (
        "20 images of digits test, static binarisation",
        "-ELBO",
        "KL z",
        "L_5",
        "± ",
        "active units",
    ):
        assert words in result.out
    result = lab("evaluate", trained["ae"], "--limit", 20)
    assert result.code == 0 and "reconstruction" in result.out and "ELBO" not in result.out


def test_evaluate_can_write_the_result_into_the_card(
    lab: Command, trained: Mapping[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "copy.safetensors"
    path.write_bytes(trained["vae"].read_bytes())
    before = checkpoints.load(path)
    answer = lab("evaluate", path, "--split", "validation", "--k", "1,3", "--json").json
    assert checkpoints.read_card(path) == before.card
    answer = lab("evaluate", path, "--split", "validation", "--k", "1,3", "--write", "--json").json
    after = checkpoints.load(path)
    written = dict(after.card["evaluation"])
    for key in EVALUATION - {"seconds"}:
        assert written[key] == answer[key]
    assert {**after.card, "evaluation": None} == {**before.card, "evaluation": None}
    first, second = before.model.state_dict(), after.model.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert after.dtype == before.dtype


def test_what_dynamic_binarisation_gives_stands_beside_the_static(
    lab: Command, trained: Mapping[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "copy.safetensors"
    path.write_bytes(trained["vae"].read_bytes())
    before = checkpoints.read_card(path)
    options = ["--binarization", "dynamic", "--k", "1", "--write", "--json"]
    answer = lab("evaluate", path, *options).json
    after = checkpoints.read_card(path)
    written = dict(after.pop("evaluation_dynamic"))
    assert after == before
    assert (written["nelbo"], written["binarization"]) == (answer["nelbo"], "dynamic")
    assert written["nelbo"] != before["evaluation"]["nelbo"]


def test_writing_keeps_what_an_unfinished_run_needs(lab: Command, tmp_path: Path) -> None:
    path = tmp_path / "part.safetensors"
    assert (
        lab("train", "vae-digits", "--epochs", 2, "--seconds", 1e-6, *TINY, "--out", path, "--json").code == 0
    )
    before = checkpoints.load(path).resume
    assert lab("evaluate", path, "--k", "1", "--limit", 5, "--write", "--json").code == 0
    after = checkpoints.load(path).resume
    assert before is not None and after is not None and before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert lab("train", "vae-digits", "--from", path, "--out", path, "--json").json["epochs"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--k", "a,b"], "not a list of whole numbers"),
        (["--k", "1,2.5"], "not a list of whole numbers"),
        (["--k", "0"], "k goes from 1"),
        (["--k", "1,-5"], "k goes from 1"),
        (["--k", "1" + "0" * 30], "k goes from 1"),
        (["--limit", "0"], "--limit"),
        (["--limit", "-4"], "--limit"),
        (["--split", "exam"], "Unknown split 'exam'"),
        (["--data", "letters"], "no dataset 'letters'"),
        (["--binarization", "round"], "no binarisation 'round'"),
        (["--binarization", "none"], "grey pixels"),
        (["--seed", "-1"], "--seed goes from 0"),
        (["--seed", "9" * 30], "--seed goes from 0"),
    ],
)
def test_evaluate_refuses_what_makes_no_sense(
    lab: Command, trained: Mapping[str, Path], arguments: list[str], words: str
) -> None:
    assert_refused(lab("evaluate", trained["vae"], *arguments, "--json"), 2, words)


def broken_checkpoints(good: bytes) -> dict[str, bytes]:
    with_nan = safetensors.torch.load(good)
    next(iter(with_nan.values())).view(-1)[0] = math.nan
    header = json.loads(good[8 : 8 + int.from_bytes(good[:8], "little")])
    metadata = header["__metadata__"]
    return {
        "empty": b"",
        "text": b"not a model at all\n" * 50,
        "cut short": good[:-100],
        "huge header": (2**63).to_bytes(8, "little") + good[8:],
        "pickle": b"\x80\x04" + b"N." * 50,
        "nan": safetensors.torch.save(with_nan, metadata),
        "foreign": safetensors.torch.save({"weight": torch.zeros(3)}),
    }


@pytest.mark.parametrize("kind", ["empty", "text", "cut short", "huge header", "pickle", "nan", "foreign"])
def test_a_broken_checkpoint_is_one_sentence_for_every_command(
    lab: Command, trained: Mapping[str, Path], tmp_path: Path, kind: str
) -> None:
    path, out = tmp_path / "broken.safetensors", tmp_path / "out"
    path.write_bytes(broken_checkpoints(trained["vae"].read_bytes())[kind])
    for arguments in (
        ["evaluate", path, "--json"],
        ["sample", path, "--out", out, "--json"],
        ["train", "vae-digits", "--from", path, "--out", out, "--json"],
    ):
        assert_refused(lab(*arguments), 1, str(path))
    assert not out.exists()


def test_a_checkpoint_that_is_not_there(lab: Command, tmp_path: Path) -> None:
    assert_refused(lab("evaluate", tmp_path / "none.safetensors", "--json"), 2, "no checkpoint")
    assert_refused(lab("evaluate", tmp_path, "--json"), 2, "no checkpoint")


def test_a_dataset_of_another_size_is_refused(
    lab: Command, trained: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(name: str, split: str) -> data.Split:
        return data.Split(torch.zeros(5, 64, dtype=torch.uint8), torch.zeros(5, dtype=torch.int64))

    monkeypatch.setattr(data, "load", small)
    assert_refused(lab("evaluate", trained["vae"], "--json"), 2, "not of the size")


# Samples, lists, downloads


def test_sample_writes_a_grid_of_the_right_size(
    lab: Command, trained: Mapping[str, Path], tmp_path: Path
) -> None:
    def sample(name: str, *options: object) -> np.ndarray:
        out = tmp_path / f"{name}.png"
        answer = lab("sample", trained["vae"], "--out", out, *options, "--json").json
        assert answer["out"] == str(out)
        with Image.open(out) as image:
            assert image.format == "PNG"
            return np.asarray(image)

    grid = sample("small", "--rows", 2, "--columns", 3)
    assert grid.shape == (2 * 28 + GAP, 3 * 28 + 2 * GAP)
    assert sample("default").shape == (10 * 28 + 9 * GAP,) * 2
    assert np.array_equal(grid, sample("again", "--rows", 2, "--columns", 3))
    assert not np.array_equal(grid, sample("other", "--rows", 2, "--columns", 3, "--seed", 1))
    assert not np.array_equal(grid[:28, :28], grid[-28:, -28:])


@pytest.mark.parametrize("name", ["ssvae-digits", "fsvae-digits"])
def test_sample_writes_a_style_a_column_and_a_label_a_row(lab: Command, tmp_path: Path, name: str) -> None:
    out = tmp_path / "labels.png"
    assert lab("sample", name, "--columns", 3, "--out", out, "--json").json["rows"] == 10
    model = checkpoints.load(name).model
    z = model.sample_prior(3, torch.Generator().manual_seed(0))
    with Image.open(out) as image, torch.no_grad():
        assert image.size == (3 * 28 + 2 * GAP, 10 * 28 + 9 * GAP)
        seven = np.asarray(image)[7 * (28 + GAP) :][:28, 28 + GAP :][:, :28]
        assert np.array_equal(seven, picture(model.decode(z[1:2], torch.tensor([7])).mean[0], (1, 28, 28)))
    assert_refused(lab("sample", name, "--rows", 11, "--out", out, "--json"), 2, "--rows goes from 1 to 10")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--rows", 0), ("--columns", -1), ("--rows", 10**9), ("--seed", -1), ("--seed", 10**30)],
)
def test_sample_refuses_what_makes_no_sense(
    lab: Command, trained: Mapping[str, Path], tmp_path: Path, option: str, value: int
) -> None:
    out = tmp_path / "never.png"
    assert_refused(lab("sample", trained["vae"], "--out", out, option, value, "--json"), 2, option)
    assert not out.exists()


def test_list_shows_presets_and_checkpoints(
    lab: Command, trained: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vae-digits.safetensors").write_bytes(trained["vae"].read_bytes())
    (tmp_path / "mine.safetensors").write_bytes(trained["ae"].read_bytes())
    monkeypatch.setattr(checkpoints, "pretrained_folder", lambda: tmp_path)
    rows = {row["name"]: row for row in lab("list", "--json").json}
    assert rows["vae-digits"]["checkpoint"] and rows["mine"]["checkpoint"] and not rows["vae"]["checkpoint"]
    assert rows["vae-digits"]["evaluation"] == checkpoints.read_card(trained["vae"])["evaluation"]
    assert rows["vae"]["evaluation"] is None and rows["vae"]["dataset"] == "mnist"
    assert rows["mine"]["model"] == "ae" and rows["mine"]["evaluation"]["nelbo"] is None
    result = lab("list")
    assert result.code == 0
    lines = {line.split()[0]: line for line in result.out.splitlines()}
    assert lines.keys() == rows.keys() | {"name"}
    assert f"{rows['vae-digits']['evaluation']['nelbo']:.2f} ± " in lines["vae-digits"]
    assert "L_100" in lines["vae-digits"] and "not trained yet" in lines["vae"]
    answer = lab("evaluate", "mine", "--limit", 5, "--json").json
    assert (answer["checkpoint"], answer["model"]) == ("mine", "ae")


def test_accuracy_is_told_with_its_error(lab: Command) -> None:
    measured = checkpoints.read_card("ssvae-digits")["evaluation"]
    told = f"{100 * measured['accuracy']:.1f} ± {100 * measured['stderr']['accuracy']:.1f}%"
    [line] = [line for line in lab("list").out.splitlines() if line.startswith("ssvae-digits ")]
    assert told in line
    assert told in lab("evaluate", "ssvae-digits", "--k", "1").out


def test_list_shows_a_checkpoint_that_was_never_measured(
    lab: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "part.safetensors"
    assert (
        lab("train", "vae-digits", "--epochs", 2, "--seconds", 1e-6, *TINY, "--out", path, "--json").code == 0
    )
    monkeypatch.setattr(checkpoints, "pretrained_folder", lambda: tmp_path)
    result = lab("list")
    assert result.code == 0 and "part" in result.out


def test_download(lab: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []

    def download(name: str, progress: Callable[[int, int], None]) -> None:
        fetched.append(name)
        progress(5, 10)
        progress(10, 10)

    monkeypatch.setattr(data, "download", download)
    answer = lab("download", "mnist", "--json").json
    assert answer == {"dataset": "mnist", "folder": str(data.data_folder())}
    assert lab("download", "mnist").code == 0
    assert fetched == ["mnist", "mnist"]
    assert_refused(lab("download", "letters", "--json"), 2, "no dataset 'letters'")


# The program as a whole


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], ""),
        (["fly"], ""),
        (["train"], " train"),
        (["train", "vae", "--seconds", "x"], " train"),
        (["evaluate"], " evaluate"),
        (["evaluate", "vae", "--limit", "x"], " evaluate"),
        (["sample", "vae"], " sample"),
        (["sample", "vae", "--out", "a.png", "--rows", "x"], " sample"),
        (["list", "--wrong"], ""),
    ],
)
def test_arguments_the_parser_does_not_know_are_one_line_too(
    lab: Command, arguments: list[str], command: str
) -> None:
    assert_refused(lab(*arguments), 2, f"; see `python -m vaemodels{command} --help`.")


@pytest.mark.parametrize("command", ["train", "evaluate", "sample", "list", "download"])
def test_every_command_has_help(lab: Command, command: str) -> None:
    result = lab(command, "--help")
    assert result.code == 0 and "--json" in result.out
    assert command in lab("--help").out


def test_the_exit_code_reaches_the_shell() -> None:
    process = python("-m", "vaemodels", "train", "gan")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == "" and err.startswith("vaemodels: Unknown preset 'gan'") and err.count("\n") == 1


def test_a_scheduler_that_can_not_be_is_one_line(tmp_path: Path) -> None:
    out = str(tmp_path / "never.safetensors")
    process = python(
        "-m", "vaemodels", "train", "vae-digits", "--scheduler", "nonsense", "--out", out, "--json"
    )
    stdout, err = process.communicate(timeout=60)
    assert_refused(Result(process.returncode, stdout, err), 1, "No scheduler answers at nonsense")


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = {"torchvision", "scipy", "distributed", "dask", "streamlit", "plotly", "sklearn"}
    code = f"import sys, vaemodels, vaemodels.cli; print({heavy} & set(sys.modules))"
    process = python("-c", code)
    out, err = process.communicate(timeout=60)
    assert out == "set()\n", err


@pytest.mark.parametrize(("chosen", "expected"), [([], "none"), (["binarization=dynamic"], "dynamic")])
def test_a_gaussian_likelihood_trains_on_greys_unless_told_otherwise(
    tmp_path: Path, chosen: list[str], expected: str
) -> None:
    out = tmp_path / "grey.safetensors"
    settings = ["likelihood=gaussian", "hidden=8", "z_dim=2", *chosen]
    assert cli.main(["train", "vae-digits", "--epochs", "1", "--out", str(out), "--set", *settings]) == 0
    assert checkpoints.read_card(out)["binarization"] == expected


# The system around it


@pytest.mark.parametrize(
    ("environment", "streams", "code", "words"),
    [
        ({"PYTHONIOENCODING": "ascii"}, {}, 0, "+/-"),
        ({}, {"2": "&-"}, 0, "\N{PLUS-MINUS SIGN}"),
        ({}, {"1": "/dev/full"}, 1, "can't be read or written (No space left on device)"),
    ],
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="streams are those of Linux")
def test_it_prints_what_the_streams_can_take(
    environment: Mapping[str, str], streams: Mapping[str, str], code: int, words: str
) -> None:
    redirected = " ".join(f"{number}>{place}" for number, place in streams.items())
    result = subprocess.run(
        f'"{sys.executable}" -m vaemodels list {redirected}',
        shell=True,
        cwd=ROOT,
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8", **environment},
    )
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    out, err = result.stdout.decode(encoding), result.stderr.decode(encoding)
    assert result.returncode == code
    assert words in (out if code == 0 else err)
    assert err.count("\n") == (1 if code and "2" not in streams else 0) and "Traceback" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="streams are those of Linux")
@pytest.mark.parametrize("place", ["/dev/full", "&-"])
def test_a_bar_that_cannot_be_drawn_does_not_end_the_run(tmp_path: Path, place: str) -> None:
    out = tmp_path / "mine.safetensors"
    arguments = f"train vae-digits --epochs 1 --out '{out}' {' '.join(TINY)}"
    command = f'"{sys.executable}" -m vaemodels {arguments} 2>{place}'
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"saved {out} after 1 of 1 epochs")
    assert checkpoints.read_card(out)["epoch"] == 1


@pytest.mark.parametrize(
    ("text", "encoding", "printed"),
    [
        ("β = 1, −ELBO ± 1", "ascii", "b = 1, -ELBO +/- 1"),
        ("β = 1, é ± 1", "cp1252", "b = 1, é ± 1"),
        ("café ☃", "ascii", "cafe ?"),
        ("a name\udcff", "utf-8", "a name?"),
    ],
)
def test_what_an_encoding_has_not_is_printed_plainly(text: str, encoding: str, printed: str) -> None:
    console.prepare()
    assert text.encode(encoding, console.ERRORS).decode(encoding) == printed


@pytest.mark.parametrize(
    ("value", "words"),
    [("~no-such-user/x", "VAELAB_DATA is '~no-such-user/x', which is in a home"), ("", "The folder of")],
)
def test_a_home_that_is_not_there(
    lab: Command, monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    def homeless(_: object) -> str:
        return "~"

    monkeypatch.setenv("VAELAB_DATA", value)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if not value:
        monkeypatch.setattr(os.path, "expanduser", homeless)
    assert not data.is_available("mnist")
    assert_refused(lab("download", "mnist", "--json"), 2, words)


def never_enter(path: Path, **_: object) -> os.stat_result:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


@pytest.mark.parametrize(
    ("name", "words"),
    [("a" * 300, "its name is too long"), ("closed", "may not be written to"), ("pipe", "is no file")],
)
@pytest.mark.skipif(os.name == "nt", reason="names and pipes are those of POSIX")
def test_a_place_that_can_not_be_is_one_sentence(
    lab: Command,
    trained: Mapping[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    words: str,
) -> None:
    out = tmp_path / name
    if name == "closed":
        monkeypatch.setattr(files, "_kind", never_enter)
    if name == "pipe":
        os.mkfifo(out)
    for command in (
        ["train", "vae-digits", "--epochs", 1, *TINY, "--out", out, "--json"],
        ["sample", trained["vae"], "--out", out, "--json"],
    ):
        assert_refused(lab(*command), 1, words)


def test_a_full_disk_leaves_the_earlier_picture(
    lab: Command, trained: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "grid.png"
    out.write_bytes(b"the earlier one")
    monkeypatch.setattr(os, "fsync", full)
    assert_refused(lab("sample", trained["vae"], "--out", out, "--json"), 1, "the disk is full")
    assert out.read_bytes() == b"the earlier one" and list(tmp_path.iterdir()) == [out]


def test_ctrl_c_during_imports_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise KeyboardInterrupt")
    with python("-m", "vaemodels", "list", env=os.environ | {"PYTHONPATH": str(tmp_path)}) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err == "vaemodels: Interrupted before anything was begun; start it again.\n"


def test_one_image_has_no_standard_error(lab: Command, trained: Mapping[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    path.write_bytes(trained["vae"].read_bytes())
    command = ["evaluate", path, "--k", "1,5", "--limit", 1]
    answer = lab(*command, "--json", "--write").json
    assert answer["n"] == 1 and answer["nelbo"] > 0
    none = {"nelbo": None, "reconstruction": None, "kl": {"z": None}, "accuracy": None}
    assert answer["stderr"] == none | {"bounds": {"1": None, "5": None}}
    assert checkpoints.read_card(path)["evaluation"]["stderr"] == answer["stderr"]
    shown = lab(*command).out
    assert "±" not in shown and "nan" not in shown and "0.000" not in shown
