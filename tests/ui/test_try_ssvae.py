"""The SSVAE page's experiments: each observation, computed from the model and the state that its button sets."""

import math
import re

import pytest
import torch

from ui.images.choice import image_named
from ui.images.splits import model_inputs
from ui.ssvae.experiments import EXPERIMENTS
from ui.ssvae.predicted import ASKED, DRAWS
from vaemodels import checkpoints, data, few_labels
from vaemodels.analysis import styles
from vaemodels.analysis.classification import confusion_matrix, predict
from vaemodels.analysis.label_posterior import OfLabels, likeliest, of_labels
from vaemodels.data import labels
from vaemodels.models import SSVAE

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}


def model_of(name: str) -> SSVAE:
    model = checkpoints.load(str(NAMES[name].state["model"])).model
    assert isinstance(model, SSVAE)
    return model


def of(name: str) -> tuple[OfLabels, int]:
    image = image_named(str(NAMES[name].state["image"]), model_of(name))
    assert image.label is not None
    return of_labels(model_of(name), image.x), image.label


def differ() -> None:
    found, label = of("differ")
    assert label == 5
    assert int(found.q.argmax()) == 7 and int(found.posterior.argmax()) == 5
    assert found.posterior[5] > 0.999
    assert found.lost > 10


def sure() -> None:
    found, label = of("sure")
    assert label == 6 == int(found.q.argmax())
    assert f"{found.entropy:.2f}" == "0.00" and f"{math.log(10) - found.entropy:.2f}" == "2.30"
    assert found.elbo == pytest.approx(found.elbos[6].item(), abs=0.005)


def doubt() -> None:
    found, _ = of("doubt")
    assert found.entropy > 0.9
    assert math.log(10) - found.entropy < 1.4


def ten() -> None:
    model = model_of("ten")
    image = image_named(str(NAMES["ten"].state["image"]), model)
    assert image.label == 6
    with torch.no_grad():
        written = model.decode(model.embed(image.x.unsqueeze(0)).expand(10, -1), torch.arange(10)).mean
    assert predict(model, (written > 0.5).float()).tolist() == list(range(10))


def noughts() -> None:
    model = model_of("noughts")
    x, y = model_inputs("digits", model, 300)
    matrix = confusion_matrix(predict(model, x), y, 10)
    assert NAMES["noughts"].state["cell"] == "0_6"
    assert matrix[0, 6] == 3
    assert 0.09 < matrix[0, 6] / matrix[0].sum() < 0.12


def two() -> None:
    model = model_of("two")
    x, y = model_inputs("digits", model, ASKED)
    said, found = predict(model, x), likeliest(model, x, DRAWS)
    places = said != found
    assert (ASKED, int(places.sum())) == (300, 40)
    right = [int((given == y)[places].sum()) for given in (found, said)]
    assert [*right, 40 - sum(right)] == [19, 11, 10]


def helps() -> None:
    cards = [checkpoints.read_card(name) for name in ("ssvae", "ssvae-classifier")]
    assert [f"{card['evaluation']['accuracy']:.1%}" for card in cards] == ["95.5%", "93.1%"]
    for card in cards:
        assert (card["training"]["labelled"], card["training"]["seed"]) == (100, 0)
        assert (card["evaluation"]["dataset"], card["evaluation"]["n"]) == ("mnist", 10_000)


def names() -> None:
    found = few_labels.accuracies(few_labels.load())
    assert NAMES["names"].state["labels"] == "100"
    assert sum(found["summed", 100]) / len(found["summed", 100]) == pytest.approx(0.1, abs=0.01)
    assert min(found["labels", 100]) > 0.7
    assert min(found["alpha", 100]) > 0.7


def few() -> None:
    split = data.load("digits", "train")
    training = checkpoints.read_card(str(NAMES["few"].state["model"]))["training"]
    chosen = labels.choose(split.labels, training["labelled"], training["seed"])
    assert split.labels[chosen].bincount().tolist() == [10] * 10
    assert len(split.labels) - len(chosen) == 1_197


def mixed() -> None:
    shares = []
    for name in ("ssvae-digits", "vae-digits"):
        model = checkpoints.load(name).model
        x, y = model_inputs("digits", model, 300)
        with torch.no_grad():
            codes = model.embed(x)
        shares.append((styles.predicted_from(codes, y, 10) == y).double().mean().item())
    assert shares[0] < 1 / 3
    assert shares[1] > 0.8


def blind() -> None:
    found, _ = of("blind")
    assert found.elbos.max() - found.elbos.min() < 0.5
    assert found.posterior.max() < 0.15
    assert found.q.max() > 0.99


CHECKS = {
    check.__name__: check
    for check in (differ, sure, doubt, ten, noughts, two, helps, names, few, mixed, blind)
}


def test_every_experiment_has_its_check() -> None:
    assert CHECKS.keys() == NAMES.keys()


@pytest.mark.parametrize("name", CHECKS)
def test_what_an_experiment_says_is_what_is_seen(name: str) -> None:
    CHECKS[name]()
    assert re.search(r"[.]$", NAMES[name].look_for)
