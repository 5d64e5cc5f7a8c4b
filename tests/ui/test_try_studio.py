"""The Studio's experiments: each trains what its state says, and what its text tells the visitor to change."""

import io
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import islice

import pytest
import torch
from PIL import Image

from ui.studio.experiments import EXPERIMENTS
from ui.training import form_fields
from ui.training.form import KEYS, MODEL
from vaemodels import runs
from vaemodels.data import from_pictures
from vaemodels.data.archive import File
from vaemodels.frames import FRAME_IMAGES, written
from vaemodels.training import Run, fit

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}


def new_run(name: str, **changed: str) -> tuple[Run, Mapping[str, object]]:
    """The run that the form of an experiment's state starts, some of its fields `changed`."""
    state = NAMES[name].state
    values = {setting: str(state[key]) for setting, key in KEYS.items() if key in state}
    return form_fields.new_run(str(state[MODEL]), values | changed)


def trained(run: Run, epochs: int) -> dict[str, float]:
    """Held-out terms after so many more epochs."""
    train, held_out = runs.data(run.config)
    *_, last = islice(fit(run, train, held_out), epochs)
    return dict(last.held_out)


@cache
def short(beta: str = "1", seed: str = "0") -> dict[str, float]:
    run, _ = new_run("twins", beta=beta, seed=seed)
    return trained(run, run.config.epochs)


def twins() -> None:
    images = [
        written(new_run("twins", beta=beta)[0].model, torch.zeros(FRAME_IMAGES, 784)) for beta in ("1", "4")
    ]
    assert images[0] == images[1]
    one, four = short(), short(beta="4")
    assert four["kl_z"] < one["kl_z"] / 2
    assert sum(four.values()) - sum(one.values()) > 5


def chance() -> None:
    assert NAMES["chance"].state == NAMES["twins"].state
    assert abs(sum(short().values()) - sum(short(seed="1").values())) < 1


def knob() -> None:
    run, card = new_run("knob")
    before = trained(run, 40)
    assert run.epoch < run.config.epochs - 10
    run, _ = runs.with_config(run, dict(card), replace(run.config, beta=8.0))
    after = trained(run, 10)
    assert after["kl_z"] < before["kl_z"] / 2
    assert after["reconstruction"] - before["reconstruction"] > 10


def own() -> None:
    files = []
    for i in range(20):
        wide = Image.new("L", (90, 30))
        wide.paste(40 + 10 * i, (30, 0, 60, 30))
        file = io.BytesIO()
        wide.save(file, "PNG")
        files.append(File(f"{'ab'[i % 2]}/{i}.png", file.getvalue()))
    pictures = from_pictures.read(files, "grey")
    assert pictures.pixels.shape == (20, 1, 28, 28)
    assert (pictures.pixels[0, 0, :, 2:-2] == 40).all()
    brought = from_pictures.dataset(pictures, "mine").dataset
    assert brought.sizes == {"train": 16, "validation": 2, "test": 2}
    assert brought.n_labels == 2
    assert (
        f"at least {'ten' if from_pictures.LEAST == 10 else from_pictures.LEAST} pictures" in NAMES["own"].do
    )


CHECKS = {check.__name__: check for check in (twins, chance, knob, own)}


def test_every_experiment_has_its_check():
    assert CHECKS.keys() == NAMES.keys()


@pytest.mark.parametrize("name", CHECKS)
def test_what_an_experiment_says_is_what_is_seen(name):
    CHECKS[name]()
