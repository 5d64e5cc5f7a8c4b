"""The FSVAE page's experiments: each observation, computed from the model and the state that its button sets."""

import re

import pytest
import torch
from torch import Tensor

from ui.address import url_state
from ui.fsvae.experiments import EXPERIMENTS
from ui.fsvae.legible import styles_of
from ui.images.choice import image_named
from ui.images.decoded import decoded
from ui.images.label import guesser
from ui.images.splits import model_inputs
from vaemodels import checkpoints
from vaemodels.analysis import styles
from vaemodels.analysis.classification import predict
from vaemodels.analysis.probes import slant
from vaemodels.checkpoints import Checkpoint

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}


def checkpoint_of(name: str) -> Checkpoint:
    return checkpoints.load(str(NAMES[name].state["model"]))


def lean() -> None:
    model = checkpoint_of("lean").model
    z = styles_of(model, int(NAMES["lean"].state["seed"]))[int(NAMES["lean"].state["column"]) - 1].repeat(
        2, 1
    )
    horizontal, _ = url_state.axes_from_text(str(NAMES["lean"].state["plane"]), z.shape[1])
    assert horizontal == 4  # z₅
    z[:, horizontal] = torch.tensor([-2.0, 2.0])
    left, right = styles.written(model, z).unbind(1)
    assert (slant(right, 28, 28) - slant(left, 28, 28)).min() > 0.6


def ink() -> None:
    model = checkpoint_of("ink").model
    colours = styles.written(model, styles_of(model, 0)).view(10, 20, 3, -1).mean(-1)
    assert colours.var(0).mean() < 0.01 * colours.mean(0).var(0).mean()


def rewritten_reads(name: str) -> tuple[Tensor, int]:
    """What a classifier reads in the image of an experiment rewritten as each digit, and what it is."""
    checkpoint = checkpoint_of(name)
    image = image_named(str(NAMES[name].state["image"]), checkpoint.model)
    classifier = guesser(checkpoint)
    assert classifier is not None and image.label is not None
    images = styles.rewritten(checkpoint.model, image.x.expand(10, -1), torch.arange(10))
    return predict(classifier, (images > 0.5).float()), image.label


def lie() -> None:
    read, label = rewritten_reads("lie")
    assert label == 6
    assert (read == label).sum() - 1 == 7  # of the nine wrong ones
    assert read[label] == label


def leak() -> None:
    shares = []
    for name in ("fsvae-digits", "vae-digits"):
        model = checkpoints.load(name).model
        x, labels = model_inputs("digits", model, 300)
        with torch.no_grad():
            codes = model.embed(x, labels)
        shares.append((styles.predicted_from(codes, labels, 10) == labels).double().mean().item())
    assert 0.27 < shares[0] < 1 / 3  # three times chance
    assert 0.85 < shares[1] < 0.9


def nelbos(name: str) -> tuple[Tensor, int]:
    model = checkpoint_of(name).model
    image = image_named(str(NAMES[name].state["image"]), model)
    assert image.label is not None
    return styles.under_every_label(model, image.x).nelbo, image.label


def wrong() -> None:
    nelbo, label = nelbos("wrong")
    assert label == 2
    others = torch.cat([nelbo[:label], nelbo[label + 1 :]])
    assert others.min() - nelbo[label] > 40


def doubt() -> None:
    nelbo, label = nelbos("doubt")
    assert label == 1
    assert int(nelbo.argmin()) == 9


def clip() -> None:
    from ui.fsvae.colour import SHOWN, drawn_styles

    checkpoint = checkpoint_of("clip")
    z, y = drawn_styles(checkpoint, 0, SHOWN), torch.arange(SHOWN) % 10
    mean, draw = (
        styles.clipped(decoded(checkpoint.model, z, show, 0, y)).float().mean().item()
        for show in ("mean", "draw")
    )
    assert mean < 0.03
    assert draw > 1 / 6


CHECKS = {check.__name__: check for check in (lean, ink, lie, leak, wrong, doubt, clip)}


def test_every_experiment_has_its_check_and_there_are_five_at_least():
    assert CHECKS.keys() == NAMES.keys()
    assert len(CHECKS) >= 5


@pytest.mark.parametrize("name", CHECKS)
def test_what_an_experiment_says_is_what_is_seen(name):
    CHECKS[name]()
    assert re.search(r"[.]$", NAMES[name].look_for)
