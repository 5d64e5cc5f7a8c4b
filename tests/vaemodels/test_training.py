import dataclasses
import json
import math
import operator
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.small import TRAIN, VALIDATION, N, make_config, make_run, same_run, trained
from vaemodels import data, losses, training
from vaemodels.data import Split, binarize
from vaemodels.errors import LabError, UsageError
from vaemodels.losses import Batch, Loss
from vaemodels.models import AE, SSVAE, VAE, AEConfig, Model, Output, SSVAEConfig, VAEConfig
from vaemodels.training import TrainingDivergedError, fit, measure
from vaemodels.training_config import TrainingConfig

# Same seed, same numbers


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_seed_gives_the_same_numbers(precision: str) -> None:
    one, other = make_run(precision=precision), make_run(precision=precision)
    trained(one)
    torch.manual_seed(1234)
    before = torch.get_rng_state()
    trained(other)
    assert same_run(one, other)
    assert torch.equal(before, torch.get_rng_state())


def test_another_seed_gives_others() -> None:
    one, other = make_run(), make_run()
    other.config = make_config(seed=1)
    trained(one)
    trained(other)
    assert not torch.equal(one.weights["encoder.0.weight"], other.weights["encoder.0.weight"])


def test_every_epoch_draws_anew() -> None:
    run = make_run(learning_rate=1e-8, schedule="constant")
    terms = [record.train for record in trained(run)]
    assert len({term["reconstruction"] for term in terms}) == 3


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7])
def test_a_run_stopped_between_any_steps_goes_on_as_if_it_had_not(steps: int) -> None:
    whole, stopped = make_run(), make_run()
    trained(whole)
    records = fit(stopped, TRAIN, VALIDATION, report_every=0)
    for _ in range(steps):
        next(records)
    assert stopped.epoch == steps // 3
    del records
    trained(stopped)
    assert same_run(whole, stopped)


# Records


def test_a_record_after_each_epoch() -> None:
    run = make_run()
    records = trained(run)
    assert [record.epoch for record in records] == [1, 2, 3]
    assert [record.step for record in records] == [3, 6, 9]
    assert all(record.epoch_done for record in records)
    assert all(set(record.train) == set(record.held_out) == {"reconstruction", "kl_z"} for record in records)
    seconds = [record.seconds for record in records]
    assert seconds == sorted(seconds) and seconds[0] > 0
    for record, past in zip(records, run.history, strict=True):
        assert past == {key: value for key, value in record._asdict().items() if key != "epoch_done"}
        assert type(past["epoch"]) is int
    assert json.loads(json.dumps(run.history)) == run.history
    assert trained(run) == []


def test_records_in_between_are_as_many_as_asked_for() -> None:
    run = make_run(epochs=2)
    records = trained(run, report_every=0)
    assert [record.step for record in records] == [1, 2, 3, 4, 5, 6]
    assert [record.epoch for record in records] == pytest.approx([1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2])
    assert [record.epoch_done for record in records] == [False, False, True] * 2
    sizes = [50, 50, 30]
    for term in ("reconstruction", "kl_z"):
        of_steps = [record.train[term] for record in records[:3]]
        mean = sum(map(operator.mul, of_steps, sizes)) / N
        assert run.history[0]["train"][term] == pytest.approx(mean, rel=1e-6)


def test_train_terms_are_the_models_own_unweighted(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs: list[Output] = []
    loss_and_gradients = training.loss_and_gradients

    def watched(model: VAE, batch: Batch, *others: Any) -> tuple[Loss, Sequence[Tensor | None]]:
        generator = torch.Generator()
        generator.set_state(next(other for other in others if isinstance(other, torch.Generator)).get_state())
        outputs.append(model(batch.x, None, generator))
        return loss_and_gradients(model, batch, *others)

    monkeypatch.setattr(training, "loss_and_gradients", watched)
    (record,) = trained(make_run(epochs=1, beta=4, reconstruction_weight=0.5))
    assert len(outputs) == 3
    total = {
        "reconstruction": sum(output.reconstruction.sum().item() for output in outputs),
        "kl_z": sum(output.kl["z"].sum().item() for output in outputs),
    }
    for name, value in total.items():
        assert record.train[name] == pytest.approx(value / N, rel=1e-6)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_held_out_terms_are_measured_in_float32_on_one_static_draw(precision: str) -> None:
    run = make_run(precision=precision)
    x = binarize(VALIDATION.images, "static")
    for record in fit(run, TRAIN, VALIDATION):
        assert record.held_out == measure(run.model, x)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        output = run.model(x, None, generator)
    assert output.reconstruction.mean().item() == pytest.approx(record.held_out["reconstruction"], rel=1e-6)
    assert output.kl["z"].mean().item() == pytest.approx(record.held_out["kl_z"], rel=1e-5)


def test_measuring_does_not_touch_the_model_or_the_global_generator() -> None:
    run = make_run()
    before, weights = torch.get_rng_state(), run.model.state_dict()["encoder.0.weight"].clone()
    x = binarize(VALIDATION.images, "static")
    assert measure(run.model, x) == measure(run.model, x)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(weights, run.model.state_dict()["encoder.0.weight"])
    assert all(parameter.grad is None for parameter in run.model.parameters())


# Learning


def test_the_loss_goes_down() -> None:
    records = trained(make_run(epochs=20, learning_rate=1e-2))
    losses = [sum(record.held_out.values()) for record in records]
    assert losses[-1] < losses[0] - 10
    assert [sum(record.train.values()) for record in records[::5]] == sorted(
        (sum(record.train.values()) for record in records[::5]), reverse=True
    )


def test_an_autoencoder_trains_on_its_reconstruction() -> None:
    records = trained(make_run(AE(AEConfig(z_dim=2, hidden=(16,))), epochs=20, learning_rate=1e-2))
    assert set(records[0].train) == {"reconstruction"}
    assert records[-1].held_out["reconstruction"] < records[0].held_out["reconstruction"] - 5


def test_the_kl_alone_drives_the_kl_to_zero_and_leaves_the_decoder_be() -> None:
    run = make_run(epochs=40, learning_rate=1e-2, reconstruction_weight=0.0)
    before = {name: value.clone() for name, value in run.weights.items()}
    records = trained(run)
    assert records[-1].held_out["kl_z"] < 0.01 < 0.1 < records[0].train["kl_z"]
    assert all(torch.equal(before[name], run.weights[name]) for name in before if name.startswith("decoder"))


def test_the_reconstruction_alone_lets_the_kl_grow() -> None:
    free, held = (
        make_run(epochs=30, learning_rate=1e-2, beta=0.0),
        make_run(epochs=30, learning_rate=1e-2, beta=20.0),
    )
    last_free, last_held = trained(free)[-1], trained(held)[-1]
    assert last_free.held_out["kl_z"] > 5 > 0.5 > last_held.held_out["kl_z"]
    assert last_free.train["reconstruction"] < last_held.train["reconstruction"] - 5


def test_the_kl_weight_rises_linearly_during_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, float]] = []
    term_weights = losses.term_weights

    def watched(config: TrainingConfig, epoch: float) -> tuple[float, float]:
        seen.append(term_weights(config, epoch))
        return seen[-1]

    monkeypatch.setattr(losses, "term_weights", watched)
    trained(make_run(epochs=3, beta=4, kl_warmup_epochs=2, reconstruction_weight=0.5))
    assert [weight for weight, _ in seen] == [0.5] * 9
    assert [beta for _, beta in seen] == pytest.approx([0, 4 / 6, 8 / 6, 2, 16 / 6, 20 / 6, 4, 4, 4])
    seen.clear()
    trained(make_run(epochs=1, beta=4))
    assert [beta for _, beta in seen] == [4, 4, 4]


def test_the_cosine_ends_at_a_hundredth_and_the_constant_stays() -> None:
    cosine, constant = make_config(learning_rate=2e-3), make_config(learning_rate=2e-3, schedule="constant")
    rates = [training.learning_rate(cosine, step, 100) for step in range(101)]
    assert rates[0] == pytest.approx(2e-3) and rates[-1] == pytest.approx(2e-5)
    assert rates[50] == pytest.approx((2e-3 + 2e-5) / 2)
    assert rates == sorted(rates, reverse=True)
    assert {training.learning_rate(constant, step, 100) for step in range(101)} == {2e-3}


def test_the_schedule_reaches_the_optimiser() -> None:
    """Adam's first step moves each parameter by the rate, whatever the gradient's size."""
    run = make_run(epochs=1, batch_size=N, learning_rate=2e-3)
    before = run.weights["decoder.2.bias"].clone()
    (record,) = trained(run)
    moved = (run.weights["decoder.2.bias"] - before).abs()
    assert moved.max().item() == pytest.approx(2e-3, rel=1e-3)
    assert record.learning_rate == 2e-3
    rates = [record.learning_rate for record in trained(make_run(epochs=2), report_every=0)]
    assert rates == [training.learning_rate(make_config(epochs=2), step, 6) for step in range(6)]


def test_a_run_starts_at_the_pixels_means() -> None:
    run = make_run()
    means = TRAIN.images.double().mean(0).float() / 255
    torch.testing.assert_close(training.pixel_means(TRAIN.images), means)
    bias = run.model.state_dict()["decoder.2.bias"]
    torch.testing.assert_close(bias, torch.logit(means, eps=1e-3))
    assert torch.equal(run.weights["decoder.2.bias"], bias)


@pytest.mark.parametrize("n", [1, 7, 5_000])
def test_pixel_means_are_the_same_in_whatever_parts(n: int) -> None:
    images = torch.randint(256, (n, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(n))
    expected = images.double().mean(0).float() / 255
    assert torch.equal(training.pixel_means(images), expected)
    for size in (1, 999, n):
        assert torch.equal(data.mean_pixels(images.split(size)), expected)
    assert torch.equal(data.pixel_means("digits"), training.pixel_means(data.load("digits", "train").images))


# Data


def watch_images(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tensor, Tensor]]:
    """What a run is trained on, batch by batch: images and labels."""
    seen: list[tuple[Tensor, Tensor]] = []
    loss_and_gradients = training.loss_and_gradients

    def watched(model: Model, batch: Batch, *others: Any) -> tuple[Loss, Sequence[Tensor | None]]:
        seen.append((batch.x, batch.y))
        return loss_and_gradients(model, batch, *others)

    monkeypatch.setattr(training, "loss_and_gradients", watched)
    return seen


def images_by_epoch(
    monkeypatch: pytest.MonkeyPatch, binarization: str, likelihood: str = "bernoulli"
) -> list[Tensor]:
    """The images of each of two epochs, in their own order again: labels stand for positions."""
    seen = watch_images(monkeypatch)
    model = VAE(VAEConfig(z_dim=2, hidden=(4,), likelihood=likelihood))  # type: ignore[arg-type]
    run = make_run(model, epochs=2, binarization=binarization)
    list(fit(run, Split(TRAIN.images, torch.arange(N)), VALIDATION))
    epochs = []
    for batches in (seen[:3], seen[3:]):
        x, y = torch.cat([x for x, _ in batches]), torch.cat([y for _, y in batches])
        assert torch.equal(y.sort().values, torch.arange(N))
        epochs.append(x[y.argsort()])
    assert [len(x) for x, _ in seen] == [50, 50, 30] * 2
    assert not torch.equal(seen[0][1], seen[3][1])
    return epochs


def test_static_binarisation_is_one_fixed_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = images_by_epoch(monkeypatch, "static")
    assert torch.equal(one, two)
    assert torch.equal(one, binarize(TRAIN.images, "static"))


def test_dynamic_binarisation_is_a_fresh_draw_each_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = images_by_epoch(monkeypatch, "dynamic")
    assert not torch.equal(one, two)
    assert set(one.unique().tolist()) == {0.0, 1.0}
    differ = (one != two).float().mean().item()
    p = TRAIN.images / 255
    assert differ == pytest.approx((2 * p * (1 - p)).mean().item(), rel=0.1)


@pytest.mark.parametrize(("mode", "likelihood"), [("threshold", "bernoulli"), ("none", "gaussian")])
def test_other_binarisations_are_as_named(
    monkeypatch: pytest.MonkeyPatch, mode: str, likelihood: str
) -> None:
    one, two = images_by_epoch(monkeypatch, mode, likelihood)
    assert torch.equal(one, two)
    assert torch.equal(one, binarize(TRAIN.images, mode))


def test_training_leaves_the_shared_images_as_they_are() -> None:
    before = TRAIN.images.clone()
    for mode in ("dynamic", "static"):
        trained(make_run(epochs=1, binarization=mode))
    assert torch.equal(before, TRAIN.images)


# Selection and failure


def test_the_best_weights_are_those_of_the_lowest_held_out_loss_at_full_beta(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terms = iter([(9.0, 1.0), (6.0, 1.9), (5.0, 2.4), (9.0, 9.0)])

    def measured(*_: Any) -> dict[str, float]:
        reconstruction, kl = next(terms)
        return {"reconstruction": reconstruction, "kl_z": kl}

    monkeypatch.setattr(training, "measure", measured)
    run = make_run(epochs=4, beta=3, kl_warmup_epochs=100)
    weights = []
    for _ in fit(run, TRAIN, VALIDATION):
        weights.append(run.weights["encoder.0.weight"])
    assert torch.equal(run.best_weights["encoder.0.weight"], weights[1])
    assert not torch.equal(weights[1], weights[2])
    assert torch.equal(run.weights["encoder.0.weight"], weights[3])


def test_a_classifier_alone_is_best_at_the_end() -> None:
    """Held-out terms are then those of a generative model that learns nothing, and rise with a surer q(y|x)."""
    model = SSVAE(SSVAEConfig(z_dim=2, hidden=(16,)))
    run = make_run(model, epochs=4, labelled=60, gen_weight=0.0, learning_rate=0.01)
    held_out = [losses.nelbo(record.held_out) for record in trained(run)]
    assert held_out[-1] > min(held_out)
    assert torch.equal(run.best_weights["classifier.0.weight"], run.weights["classifier.0.weight"])


def test_a_run_that_infers_labels_keeps_its_confusion_matrices_and_an_older_one_goes_on_without() -> None:
    run = make_run(SSVAE(SSVAEConfig(z_dim=2, hidden=(16,))), epochs=2, labelled=60)
    trained(run)
    for record in run.history:
        assert [sum(row) for row in record["confusion"]] == torch.bincount(VALIDATION.labels).tolist()
    x = binarize(VALIDATION.images, "static")
    run.model.load_state_dict(run.weights)
    assert run.history[-1]["confusion"] == training.classified(run.model, x, VALIDATION.labels)["confusion"]
    older = [{key: value for key, value in record.items() if key != "confusion"} for record in run.history]
    longer = dataclasses.replace(run.config, epochs=3)
    on = training.resumed(run.model, longer, older, training.resume_tensors(run))
    trained(on)
    assert ["confusion" in record for record in on.history] == [False, False, True]
    assert "confusion" not in trained_vae_history()[-1]


def trained_vae_history() -> list[dict[str, Any]]:
    run = make_run(epochs=1)
    trained(run)
    return run.history


def break_rate_at(monkeypatch: pytest.MonkeyPatch, bad_step: int) -> None:
    rate = training.learning_rate

    def broken(config: TrainingConfig, step: int, total_steps: int) -> float:
        return math.inf if step == bad_step else rate(config, step, total_steps)

    monkeypatch.setattr(training, "learning_rate", broken)


@pytest.mark.parametrize(
    ("bad_step", "epochs_kept", "noticed"), [(0, 0, 2), (1, 0, 3), (2, 0, 3), (4, 1, 6), (8, 2, 9)]
)
def test_a_loss_that_is_not_finite_stops_the_run_at_the_last_good_weights(
    monkeypatch: pytest.MonkeyPatch, bad_step: int, epochs_kept: int, noticed: int
) -> None:
    """Steps 2 and 8 end an epoch: what they break shows on the held-out images, not yet in a loss."""
    good = make_run()
    expected = [{name: value.clone() for name, value in good.weights.items()}]
    for _ in fit(good, TRAIN, VALIDATION):
        expected.append(good.weights)
    break_rate_at(monkeypatch, bad_step)
    run = make_run()
    told = "; the last good weights are kept:" if epochs_kept else ", before an epoch was done;"
    words = rf"at step {noticed}{told} .*lower learning rate\.$"
    with pytest.raises(TrainingDivergedError, match=words) as failure:
        trained(run)
    assert isinstance(failure.value, LabError)
    assert run.epoch == epochs_kept
    for state in (run.model.state_dict(), run.weights):
        assert all(torch.equal(state[name], value) for name, value in expected[epochs_kept].items())
    assert all(value.isfinite().all() for value in run.best_weights.values())
    assert all(math.isfinite(record["held_out"]["kl_z"]) for record in run.history)


def test_a_run_that_diverged_can_go_on_at_a_lower_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    break_rate_at(monkeypatch, 4)
    run = make_run()
    with pytest.raises(TrainingDivergedError):
        trained(run)
    monkeypatch.undo()
    assert len(trained(run)) == 2
    assert run.epoch == 3


# Precision


def test_bfloat16_runs_the_networks_and_not_the_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[torch.dtype]] = []
    loss_and_gradients = training.loss_and_gradients

    def watched(*inputs: Any) -> tuple[Loss, Sequence[Tensor | None]]:
        loss, gradients = loss_and_gradients(*inputs)
        seen.append({term.dtype for term in loss.terms.values()} | {loss.value.dtype})
        seen.append({gradient.dtype for gradient in gradients if gradient is not None})
        return loss, gradients

    monkeypatch.setattr(training, "loss_and_gradients", watched)
    run = make_run(epochs=1, precision="bfloat16")
    (record,) = trained(run)
    assert seen == [{torch.float32}, {torch.bfloat16}] * 3
    assert {value.dtype for value in run.weights.values()} == {torch.float32}
    (full,) = trained(make_run(epochs=1))
    assert sum(record.held_out.values()) == pytest.approx(sum(full.held_out.values()), rel=0.01)


@pytest.mark.parametrize("native", [True, False])
def test_auto_takes_bfloat16_only_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, native: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": native})
    model = VAE(VAEConfig(z_dim=2, hidden=(4,)))
    dtypes = [
        training.compute_dtype(model, make_config(precision=name)) for name in ("auto", "bfloat16", "float32")
    ]
    assert dtypes == [torch.bfloat16 if native else torch.float32, torch.bfloat16, torch.float32]


# Settings


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 0},
        {"epochs": 10**9},
        {"batch_size": 0},
        {"batch_size": 10**6},
        {"learning_rate": 0.0},
        {"learning_rate": -1e-3},
        {"learning_rate": 1e9},
        {"learning_rate": math.nan},
        {"beta": -1.0},
        {"beta": math.inf},
        {"reconstruction_weight": -1.0},
        {"kl_warmup_epochs": -1},
        {"seed": -1},
        {"seed": 2**40},
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(changes))} goes from .* choose a value in between"):
        make_config(**changes)


def test_two_weights_of_zero_are_refused() -> None:
    with pytest.raises(UsageError, match="nothing to learn"):
        make_config(beta=0.0, reconstruction_weight=0.0)


# Taking a run up again


def test_training_state_that_does_not_fit_is_refused() -> None:
    run = make_run(epochs=2)
    trained(run)
    tensors = training.resume_tensors(run)
    for name in ("weights.encoder.0.weight", "adam.exp_avg", "adam.exp_avg_sq", "adam.step"):
        missing = {key: value for key, value in tensors.items() if key != name}
        reshaped = tensors | {name: torch.zeros(3, 1, 2)}
        for wrong in (missing, reshaped):
            with pytest.raises(LabError, match="does not fit its model"):
                training.resumed(run.model, run.config, run.history, wrong)
    again = training.resumed(run.model, run.config, run.history, tensors)
    assert again.weights.keys() == run.weights.keys() and again.optimizer.keys() == run.optimizer.keys()


def test_a_pause_is_no_time_of_training(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(training.time, "perf_counter", lambda: clock[0])
    steps = iter([10.0, 5.0])

    def before_step() -> None:
        clock[0] += next(steps, 0.0)

    run = make_run(epochs=2)
    assert [record.seconds for record in trained(run, before_step=before_step)] == [0.0, 0.0]


def test_a_run_can_be_held_or_ended_before_any_step():
    run = make_run()
    asked: list[int] = []

    class EndError(Exception):
        pass

    def before_step() -> None:
        asked.append(run.epoch)
        if len(asked) == 5:
            raise EndError

    with pytest.raises(EndError):
        trained(run, before_step=before_step)
    assert asked == [0, 0, 0, 1, 1]  # three steps an epoch
    assert run.epoch == 1
    straight = make_run()
    trained(straight)
    trained(run)
    assert same_run(run, straight)
