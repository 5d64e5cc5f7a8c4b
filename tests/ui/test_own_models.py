import dataclasses

import pytest

from ui.kinds import KINDS
from ui.training.own_models import _name_in, epochs_to, more_of, usable
from vaemodels import checkpoints, data, runs
from vaemodels.errors import LabError
from vaemodels.models import MODELS
from vaemodels.training import fit
from vaemodels.training_config import TrainingConfig

CONFIG = TrainingConfig(epochs=3, batch_size=1_000)


def trained(epochs: int, **changes: object) -> checkpoints.Checkpoint:
    """A model of a run of three epochs that was stopped after so many."""
    run, card = runs.new("any", "vae", MODELS["vae"][1](z_dim=2, hidden=(4,)), CONFIG)
    for _ in zip(range(epochs), fit(run, *runs.data(CONFIG)), strict=False):
        pass
    return checkpoints.loads(runs.dumps(run, card | changes))


@pytest.mark.parametrize(("done", "more", "target"), [(0, 3, 3), (2, 2, 4), (3, 3, 6)])
def test_a_model_is_trained_on_for_as_many_epochs_as_the_form_says(done, more, target):
    checkpoint = trained(done)
    assert epochs_to(checkpoint, more) == target
    assert epochs_to(checkpoint, 100_000) == 100_000
    run, _ = more_of(checkpoint, target)
    assert run.epoch == done
    assert (run.config.epochs, dataclasses.replace(run.config, epochs=3)) == (target, CONFIG)
    epochs = [record.epoch for record in fit(run, *runs.data(run.config))]
    assert epochs == list(range(done + 1, target + 1))


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("vaelab-mine-1.safetensors", "mine-1"),
        ("vaelab-mine-12 (3).safetensors", "mine-12"),
        ("vae.safetensors", ""),
        ("mine-1.safetensors", ""),
    ],
)
def test_a_downloaded_file_tells_what_its_model_was_called(filename, name):
    assert _name_in(filename) == name


def test_a_model_whose_images_are_not_here_is_not_trained_on(monkeypatch):
    monkeypatch.setattr(data, "is_available", lambda name: False)
    with pytest.raises(LabError, match=r"not on this machine; download that first\.$"):
        more_of(trained(0), 3)


def test_a_downloaded_model_is_usable_again():
    checkpoint = trained(2)
    file = checkpoints.dumps(checkpoint.model, checkpoint.card, resume=checkpoint.resume)
    assert usable(file, KINDS) is file


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "nonsense"},
        {"training": {"epochs": "many"}},
        {"training": {"sudo": 1}},
        {"training": {"dataset": "nonsense"}},
        {"evaluation": {"nelbo": 1.0}},
        {
            "evaluation": {
                "nelbo": "<b>",
                "stderr": {"nelbo": 1},
                "n": 1,
                "dataset": "digits",
                "binarization": "x",
            }
        },
    ],
)
def test_a_file_whose_card_makes_no_sense_is_refused_in_a_sentence(changes):
    checkpoint = trained(0)
    with pytest.raises(LabError, match=r"[.]$"):
        usable(checkpoints.dumps(checkpoint.model, checkpoint.card | changes), KINDS)


def test_a_model_of_colour_pictures_is_refused_in_a_sentence():
    checkpoint = checkpoints.load("vae-streetdigits")
    with pytest.raises(LabError, match=r"images of shape \(3, 32, 32\); choose one"):
        usable(checkpoints.dumps(checkpoint.model, checkpoint.card), KINDS)


def test_what_is_no_checkpoint_is_refused_in_a_sentence():
    with pytest.raises(LabError, match=r"^The file .*[.]$"):
        usable(b"PK\x03\x04 something else", KINDS)
