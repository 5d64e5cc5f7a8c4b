import contextlib
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.small import TRAIN, VALIDATION, make_config, same_run, trained, without_seconds
from vaemodels import checkpoints, models, runs, training
from vaemodels.errors import UsageError
from vaemodels.models import AEConfig, FSVAEConfig, Model, VAEConfig
from vaemodels.runs import Card
from vaemodels.training import Run

SMALL = VAEConfig(z_dim=2, hidden=(16,))


def new(**changes: Any) -> tuple[Run, Card]:
    return runs.new("small", "vae", SMALL, make_config(**changes))


def train_epochs(run: Run, epochs: int) -> None:
    records = training.fit(run, TRAIN, VALIDATION)
    for _ in range(epochs):
        next(records)


def test_a_new_run_depends_on_its_seed_alone() -> None:
    before = torch.get_rng_state()
    one, card = new(seed=4)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(77)
    other, _ = new(seed=4)
    assert same_run(one, other)
    assert not torch.equal(one.weights["encoder.0.weight"], new(seed=5)[0].weights["encoder.0.weight"])
    assert (card["name"], card["model"], card["dataset"], card["seed"]) == ("small", "vae", "digits", 4)
    assert card["training"]["batch_size"] == 50 and card["evaluation"] is None
    assert (one.epoch, one.history) == (0, [])


def test_a_run_can_begin_with_the_weights_of_a_trained_model_of_its_sizes() -> None:
    earlier, card = new(epochs=1)
    trained(earlier)
    checkpoint = checkpoints.loads(runs.dumps(earlier, card))
    fresh, card = new(objective="iwae", k=5, epochs=1, seed=3)
    run, card = runs.started_from(fresh, card, checkpoint)
    assert card["start"] == "small"
    assert (run.epoch, run.config.k, run.optimizer) == (0, 5, {})
    for weights in (run.weights, run.best_weights, run.model.state_dict()):
        assert weights.keys() == earlier.best_weights.keys()
        assert all(torch.equal(weights[name], earlier.best_weights[name]) for name in weights)
    trained(run)
    assert not torch.equal(run.weights["encoder.0.weight"], earlier.best_weights["encoder.0.weight"])
    other, card = runs.new("small", "vae", VAEConfig(z_dim=3, hidden=(16,)), make_config())
    with pytest.raises(UsageError, match="goes on from the weights of small"):
        runs.started_from(other, card, checkpoint)


def test_runs_that_start_at_once_are_those_that_start_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two would be in the middle of drawing their weights together, if one did not wait for the other."""
    alone = [new(seed=seed)[0] for seed in (1, 2)]
    build, together = models.build, threading.Barrier(2)

    def slowly(name: str, config: Mapping[str, Any]) -> Model:
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(0.3)
        return build(name, config)

    monkeypatch.setattr(models, "build", slowly)
    with ThreadPoolExecutor(2) as pool:
        at_once = list(pool.map(lambda seed: new(seed=seed)[0], (1, 2)))
    assert all(same_run(one, other) for one, other in zip(alone, at_once, strict=True))


@pytest.mark.parametrize("name", ["vae", "gmvae"])
def test_reading_and_writing_a_run_draws_nothing_from_the_generator_that_weights_are_drawn_from(
    name: str,
) -> None:
    run, card = runs.new("any", name, models.MODELS[name][1](z_dim=2, hidden=(4,)), make_config())
    before = torch.get_rng_state()
    runs.loads(runs.dumps(run, card))
    assert torch.equal(before, torch.get_rng_state())


def test_a_new_run_starts_at_the_datasets_pixels() -> None:
    run, _ = new()
    train, _ = runs.data(run.config)
    assert len(train.images) == 1297
    expected = torch.logit(training.pixel_means(train.images), eps=1e-3)
    torch.testing.assert_close(run.weights["decoder.2.bias"], expected)


@pytest.mark.parametrize(
    ("model", "config", "changes", "words"),
    [
        ("vae", VAEConfig(image_shape=(1, 8, 8)), {}, "images of shape"),
        ("vae", SMALL, {"dataset": "letters"}, "no dataset 'letters'"),
        ("vae", SMALL, {"binarization": "none"}, "black-and-white"),
        ("fsvae", FSVAEConfig(n_labels=3), {}, "choose n_labels=10"),
    ],
)
def test_what_does_not_go_together_is_refused(
    model: str, config: Any, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        runs.new("wrong", model, config, make_config(**changes))


def test_grey_pixels_go_with_a_gaussian_and_with_an_autoencoder() -> None:
    grey = make_config(binarization="none", epochs=1)
    for name, config in (
        ("vae", VAEConfig(z_dim=2, hidden=(4,), likelihood="gaussian")),
        ("ae", AEConfig(hidden=(4,))),
    ):
        run, _ = runs.new("grey", name, config, grey)
        assert len(trained(run)) == 1


@pytest.mark.parametrize("stopped_after", [0, 1, 2, 3])
def test_a_run_taken_up_from_its_file_ends_as_if_it_had_never_stopped(
    tmp_path: Path, stopped_after: int
) -> None:
    whole, _ = new(epochs=4, kl_warmup_epochs=3)
    trained(whole)
    run, card = new(epochs=4, kl_warmup_epochs=3)
    train_epochs(run, stopped_after)
    path = tmp_path / "run.safetensors"
    runs.save(path, run, card)
    again, card = runs.from_checkpoint(checkpoints.load(path))
    assert again.epoch == stopped_after == card["epoch"]
    trained(again)
    assert same_run(whole, again)


def test_a_run_stopped_within_an_epoch_takes_that_epoch_up_from_its_beginning() -> None:
    whole, _ = new()
    trained(whole)
    run, card = new()
    records = training.fit(run, TRAIN, VALIDATION, report_every=0)
    for _ in range(5):
        next(records)
    state = {name: value.clone() for name, value in run.model.state_dict().items()}
    data = runs.latest(run, card)
    shown = checkpoints.loads(data).model.state_dict()
    assert all(torch.equal(shown[name], value) for name, value in state.items())
    again, _ = runs.loads(data)
    assert again.epoch == 1
    trained(again)
    assert without_seconds(again.history) == without_seconds(whole.history)
    assert all(torch.equal(again.weights[name], value) for name, value in whole.weights.items())


def test_a_file_holds_the_best_weights_and_once_done_nothing_else() -> None:
    run, card = new()
    train_epochs(run, 1)
    run.best_weights = {name: value + 1 for name, value in run.weights.items()}
    unfinished = checkpoints.loads(runs.dumps(run, card))
    assert unfinished.resume is not None
    saved = unfinished.model.state_dict()
    assert all(torch.equal(saved[name], value) for name, value in run.best_weights.items())
    trained(run)
    finished = checkpoints.loads(runs.dumps(run, card))
    assert finished.resume is None
    assert (finished.card["epoch"], finished.card["step"]) == (3, 9)
    assert finished.card["history"] == run.history


def test_a_finished_run_goes_on_from_its_weights_and_can_be_interrupted_again() -> None:
    run, card = new(epochs=2)
    trained(run)
    run.history[-1]["seconds"] = 1000.0
    data = runs.dumps(run, card)

    def longer() -> tuple[Run, Card]:
        again, card = runs.loads(data)
        assert again.epoch == 2 and again.optimizer == {}
        return runs.with_config(again, card, make_config(epochs=5))

    whole, _ = longer()
    assert len(trained(whole)) == 3
    assert [record["epoch"] for record in whole.history] == [1, 2, 3, 4, 5]
    assert whole.history[-1]["seconds"] > 1000
    for epochs in (0, 1, 2):
        stopped, card = longer()
        train_epochs(stopped, epochs)
        again, _ = runs.loads(runs.dumps(stopped, card))
        trained(again)
        assert same_run(whole, again)


def test_a_run_that_got_no_better_keeps_the_weights_it_began_with() -> None:
    run, card = new(epochs=2)
    trained(run)
    again, card = runs.loads(runs.dumps(run, card))
    again, card = runs.with_config(again, card, make_config(epochs=3, learning_rate=0.1, schedule="constant"))
    trained(again)
    assert sum(again.history[2]["held_out"].values()) > sum(again.history[1]["held_out"].values())
    saved = checkpoints.loads(runs.dumps(again, card)).model.state_dict()
    assert all(torch.equal(saved[name], value) for name, value in run.best_weights.items())


def test_other_settings_are_written_into_a_card_that_has_yet_to_be_measured() -> None:
    run, card = new()
    train_epochs(run, 1)
    card["evaluation"] = {"nelbo": 1.0}
    again, changed = runs.with_config(run, card, make_config(epochs=9, seed=8, learning_rate=2e-3))
    assert changed["evaluation"] is None
    assert (changed["name"], changed["seed"]) == ("small", 8)
    assert changed["training"]["epochs"] == again.config.epochs == 9
    assert again.history == run.history and again.optimizer == run.optimizer
    assert card["evaluation"] == {"nelbo": 1.0}


@pytest.mark.parametrize("changes", [{"dataset": "mnist"}, {"binarization": "threshold"}])
def test_on_other_images_a_run_starts_anew_from_its_best_weights(changes: dict[str, str]) -> None:
    """Held-out losses on other images are no measure: the old ones must not keep the new weights from being best."""
    run, card = new()
    trained(run)
    again, changed = runs.with_config(run, card, make_config(**changes))
    assert (again.epoch, again.history, again.optimizer) == (0, [], {})
    assert all(torch.equal(again.weights[name], value) for name, value in run.best_weights.items())
    for key, value in changes.items():
        assert changed[key] == changed["training"][key] == value
    trained(again)
    assert again.epoch == 3
    assert not torch.equal(again.best_weights["encoder.0.weight"], run.best_weights["encoder.0.weight"])


def test_half_precision_halves_the_file(tmp_path: Path) -> None:
    run, card = new(epochs=1)
    trained(run)
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    runs.save(whole, run, card)
    runs.save(half, run, card, torch.float16)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    assert checkpoints.load(half).dtype == torch.float16
