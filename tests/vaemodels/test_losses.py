import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.nn import functional

from tests.small import TRAIN, VALIDATION, make_config
from vaemodels import data, losses, objectives, runs, training
from vaemodels.data import labels
from vaemodels.errors import UsageError
from vaemodels.few_labels import WAYS
from vaemodels.losses import Batch
from vaemodels.models import (
    AE,
    FSVAE,
    GMVAE,
    HVAE,
    SSVAE,
    VAE,
    AEConfig,
    FSVAEConfig,
    GMVAEConfig,
    HVAEConfig,
    Model,
    SSVAEConfig,
    VAEConfig,
)
from vaemodels.training import fit, measure

SMALL: dict[str, Any] = {"hidden": (16,)}
LEVELS: dict[str, Any] = {"z1_dim": 4, "z2_dim": 2, "upper_hidden": (8,), **SMALL}


@pytest.fixture(autouse=True)
def _seed() -> Iterator[None]:
    torch.manual_seed(0)
    yield


def vae() -> VAE:
    return VAE(VAEConfig(z_dim=2, **SMALL))


def ssvae() -> SSVAE:
    return SSVAE(SSVAEConfig(z_dim=2, **SMALL))


def noise(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


X = (torch.rand(6, 784, generator=noise(0)) < 0.3).float()
Y = torch.arange(6)
LABELLED = Batch(X[:4], Y[:4], X[4:], Y[4:])


def test_the_elbos_terms_are_weighed_in_the_loss_and_reported_as_they_are() -> None:
    model, config = vae(), make_config(beta=4, reconstruction_weight=0.5, kl_warmup_epochs=10)
    value, terms = losses.loss(model, Batch(X, Y), config, 2.5, noise())
    output = model(X, None, noise())
    expected = (0.5 * output.reconstruction + 4 * 0.25 * output.kl["z"]).mean()
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(terms, {"reconstruction": output.reconstruction, "kl_z": output.kl["z"]})


@pytest.mark.parametrize("objective", ["elbo", "iwae", "stl", "dreg"])
def test_a_bound_is_maximised_and_reported(objective: Any) -> None:
    model, config = vae(), make_config(objective=objective, k=5)
    value, terms = losses.loss(model, Batch(X, Y), config, 0.0, noise())
    bound = objectives.bound(model, X, objective, 5, None, noise())
    torch.testing.assert_close(terms, {"bound": bound})
    torch.testing.assert_close(value, -bound.mean())


def test_a_conditional_model_is_shown_the_labels() -> None:
    model = FSVAE(FSVAEConfig(z_dim=2, **SMALL))
    value, _ = losses.loss(model, Batch(X, Y), make_config(), 0.0, noise())
    torch.testing.assert_close(value, model(X, Y, noise()).nelbo.mean())
    other, _ = losses.loss(model, Batch(X, Y.flip(0)), make_config(), 0.0, noise())
    assert value != other


@pytest.mark.parametrize("labelled_elbo", [False, True])
def test_a_semi_supervised_loss_is_the_sum_of_its_parts(labelled_elbo: bool) -> None:
    model = ssvae()
    config = make_config(labelled=2, alpha=7.0, labelled_elbo=labelled_elbo, gen_weight=0.5)
    batch = LABELLED._replace(y=torch.tensor([-1, 3, -1, -1]))
    value, terms = losses.loss(model, batch, config, 0.0, noise())
    output = model(X[:4], batch.y if labelled_elbo else None, noise())
    assert (output.kl["y"][1].item() == pytest.approx(math.log(10))) == labelled_elbo
    classification = functional.cross_entropy(model.classify(X[4:]), Y[4:])
    torch.testing.assert_close(value, 0.5 * output.nelbo.mean() + 7 * classification)
    torch.testing.assert_close(terms["kl_y"], output.kl["y"])
    torch.testing.assert_close(terms["classification"].mean(), classification)


def test_without_its_generative_part_nothing_but_the_classifier_learns() -> None:
    model = ssvae()
    value, terms = losses.loss(model, LABELLED, make_config(labelled=2, gen_weight=0.0), 0.0, noise())
    value.backward()
    assert terms.keys() == {"classification"}
    learning = {name.split(".")[0] for name, p in model.named_parameters() if p.grad is not None}
    assert learning == {"classifier"}


def test_a_run_sees_the_labels_it_may_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Batch] = []
    loss = losses.loss

    def watched(model: Model, batch: Batch, *others: Any) -> losses.Loss:
        seen.append(batch)
        return loss(model, batch, *others)

    monkeypatch.setattr(losses, "loss", watched)
    run = training.start(ssvae(), make_config(labelled=20, seed=3, epochs=1, labelled_elbo=True), TRAIN)
    list(fit(run, TRAIN, VALIDATION))
    chosen = TRAIN.labels[labels.choose(TRAIN.labels, 20, 3)].sort().values
    assert chosen.bincount().tolist() == [2] * 10
    for batch in seen:
        assert batch.labelled_y is not None and torch.equal(batch.labelled_y.sort().values, chosen)
    in_batches = torch.cat([batch.y for batch in seen])
    assert torch.equal(in_batches[in_batches >= 0].sort().values, chosen)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_other_label_has_a_part_in_a_run(way: dict[str, Any]) -> None:
    """The same numbers, weights and choice of the best epoch where all other labels are wrong."""
    config = make_config(labelled=20, epochs=2, **way)
    kept = labels.choose(TRAIN.labels, 20, 0)
    results = []
    for others in (TRAIN.labels, TRAIN.labels.roll(1)):
        torch.manual_seed(0)
        run = training.start(ssvae(), config, TRAIN)
        given = others.clone()
        given[kept] = TRAIN.labels[kept]
        # The choice itself goes by class, so it is made once, on the true labels.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(labels, "choose", lambda *_: kept)
            list(fit(run, TRAIN._replace(labels=given), VALIDATION._replace(labels=others[:40])))
        results.append(run)
    one, other = results
    assert all(torch.equal(one.best_weights[name], other.best_weights[name]) for name in one.best_weights)
    assert [r["held_out"] for r in one.history] == [r["held_out"] for r in other.history]


def test_a_run_on_a_bound_is_held_out_by_that_bound() -> None:
    config = make_config(objective="iwae", k=8, epochs=2)
    run = training.start(vae(), config, TRAIN)
    records = list(fit(run, TRAIN, VALIDATION))
    assert all(record.train.keys() == {"bound"} for record in records)
    held_out = records[-1].held_out
    assert held_out["bound"] > -(held_out["reconstruction"] + held_out["kl_z"])
    x = data.binarize(VALIDATION.images, "static")
    assert measure(run.model, x, None, config) == held_out
    assert measure(run.model, x).keys() == {"reconstruction", "kl_z"}
    best = max(range(2), key=lambda epoch: run.history[epoch]["held_out"]["bound"])
    assert best == 1 and torch.equal(run.best_weights["encoder.0.weight"], run.weights["encoder.0.weight"])


@pytest.mark.parametrize(
    "model",
    [
        GMVAE(GMVAEConfig(z_dim=2, components=5, **SMALL)),
        FSVAE(FSVAEConfig(z_dim=2, **SMALL)),
        HVAE(HVAEConfig(**LEVELS)),
        HVAE(HVAEConfig(inference="parallel", **LEVELS)),
        ssvae(),
    ],
    ids=["gmvae", "fsvae", "hvae bottom up", "hvae parallel", "ssvae"],
)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_model_trains(model: Model, precision: str) -> None:
    config = make_config(epochs=4, precision=precision, labelled=20 if model.name == "ssvae" else 0)
    run = training.start(model, config, TRAIN)
    records = list(fit(run, TRAIN, VALIDATION))
    first, last = (sum(record.held_out.values()) for record in (records[0], records[-1]))
    assert last < first
    assert math.isfinite(last)


def test_a_run_is_followed_by_one_number() -> None:
    terms = {"reconstruction": 80.0, "kl_z": 15.0, "kl_y": 1.5}
    assert losses.nelbo(terms) == losses.headline(terms) == 96.5
    assert losses.headline(terms | {"classification": 0.3}) == 96.5
    assert losses.headline(terms | {"bound": -90.0}) == 90.0
    assert losses.nelbo(terms | {"bound": -90.0}) == 96.5
    assert losses.headline({"classification": 0.3}) == 0.3


@pytest.mark.parametrize("settings", [{"objective": "iwae", "k": 3}, {"labelled": 20, "gen_weight": 0.0}])
def test_a_run_without_the_elbos_terms_is_saved_and_goes_on(settings: dict[str, Any]) -> None:
    config = make_config(epochs=3, dataset="digits", **settings)
    model = ssvae() if "labelled" in settings else vae()

    def trained(stop_after: int) -> bytes:
        run, card = runs.new("some", model.name, model.config, config)
        for record in fit(run, TRAIN, VALIDATION):
            if record.epoch == stop_after:
                break
        return runs.dumps(run, card)

    resumed, card = runs.loads(trained(2))
    list(fit(resumed, TRAIN, VALIDATION))
    whole, _ = runs.loads(trained(3))
    for name, weight in runs.loads(runs.dumps(resumed, card))[0].weights.items():
        assert torch.equal(weight, whole.weights[name])


REFUSED: list[tuple[Model, dict[str, Any], str]] = [
    (vae(), {"labelled": 100}, "labelled is for an ssvae"),
    (vae(), {"gen_weight": 0.0}, "gen_weight is for an ssvae"),
    (ssvae(), {}, "needs images with labels"),
    (ssvae(), {"labelled": 100, "objective": "iwae", "k": 5}, "objective=iwae is for"),
    (ssvae(), {"labelled": 100, "k": 5}, "leave k at 1"),
    (FSVAE(FSVAEConfig(**SMALL)), {"objective": "dreg", "k": 5}, "objective=dreg is for"),
    (AE(AEConfig(**SMALL)), {"objective": "iwae", "k": 5}, "no likelihood"),
    (HVAE(HVAEConfig(**LEVELS)), {"objective": "stl", "k": 5}, "choose inference=parallel"),
    (vae(), {"objective": "iwae", "k": 5, "beta": 2.0}, "leave beta as it is"),
]


@pytest.mark.parametrize(("model", "settings", "sentence"), REFUSED)
def test_what_does_not_go_together_is_refused(model: Model, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        losses.check(model, make_config(**settings))


def test_more_labels_than_images_are_refused_before_training() -> None:
    config = make_config(labelled=1298)
    with pytest.raises(UsageError, match="1,297 images to learn from"):
        runs.new("some", "ssvae", SSVAEConfig(**SMALL), config)
