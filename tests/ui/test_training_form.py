import re

import pytest

from ui.training.form import FIELDS, _help, in_the_forms_words, new_run, on_warmup, problems
from vaemodels.errors import LabError, UsageError
from vaemodels.training_config import TrainingConfig

VALUES = {
    "hidden": "30, 20",
    "likelihood": "bernoulli",
    "dataset": "digits",
    "z_dim": "3",
    "beta": "4",
    "reconstruction_weight": "0.5",
    "epochs": "7,000",
    "kl_warmup_epochs": "2",
    "learning_rate": "1e-2",
    "batch_size": "20",
    "seed": "5",
}


def test_every_value_of_the_form_reaches_the_run():
    run, card = new_run("vae", VALUES)
    assert {key: card["training"][key] for key in VALUES if key in card["training"]} == {
        "dataset": "digits",
        "beta": 4.0,
        "reconstruction_weight": 0.5,
        "epochs": 7000,
        "kl_warmup_epochs": 2,
        "learning_rate": 0.01,
        "batch_size": 20,
        "seed": 5,
    }
    assert card["training"]["binarization"] == "dynamic"
    assert (card["config"]["z_dim"], card["config"]["hidden"]) == (3, (30, 20))
    assert run.model.latent_dims == {"z": 3}


def test_a_gaussian_takes_grey_pixels_and_an_autoencoder_has_no_likelihood():
    assert new_run("vae", VALUES | {"likelihood": "gaussian"})[1]["binarization"] == "none"
    _, card = new_run("ae", VALUES | {"likelihood": "gaussian"})
    assert (card["model"], card["binarization"]) == ("ae", "dynamic")


@pytest.mark.parametrize(
    "changed",
    [
        {"learning_rate": "5"},
        {"learning_rate": "0,001"},
        {"learning_rate": "nan"},
        {"batch_size": "0"},
        {"epochs": "-1"},
        {"epochs": "7.5"},
        {"beta": "1e9"},
        {"beta": ""},
        {"z_dim": "0"},
        {"z_dim": "1e3"},
        {"z_dim": "1000000"},
        {"seed": "-1"},
        {"kl_warmup_epochs": "many"},
        {"hidden": "wide"},
        {"hidden": "1,"},
        {"hidden": ""},
        {"hidden": "99999999"},
    ],
    ids=str,
)
def test_wrong_values_come_back_in_the_forms_own_words(changed):
    [sentence] = problems("vae", VALUES | changed)
    assert not re.search(r"[a-z]_[a-z]", sentence)
    assert sentence.endswith(".")


def test_all_that_is_wrong_is_said_at_once_in_plain_numbers():
    changed = {"epochs": "999999999", "z_dim": "1e3", "learning_rate": "5", "hidden": "wide"}
    assert problems("vae", VALUES | changed) == [
        "“Latent dimensions” is '1e3'; give a whole number.",
        "“Hidden layers” is 'wide'; give whole numbers separated by commas, as in 300,300.",
        "“Epochs” goes from 1 to 100,000, and 999,999,999 is outside; choose a value in between.",
        "“Learning rate” goes from 0.00000001 to 0.1, and 5 is outside; choose a value in between.",
    ]
    with pytest.raises(UsageError, match="both weights at 0"):
        new_run("vae", VALUES | {"beta": "0", "reconstruction_weight": "0"})


def test_every_number_of_the_form_tells_its_limits():
    for setting in FIELDS:
        assert re.search(r"\b[01](\.\d+)? to [0-9,.]+|layers of", _help(setting)), setting


def test_a_warm_up_that_outlasts_the_run_is_remarked():
    config = TrainingConfig(epochs=3, kl_warmup_epochs=99_999, beta=4)
    assert on_warmup(config) == (
        "The KL warm-up of 99,999 epochs outlasts the run of 3: at its end the weight of the KL is 0.00012, not β = 4."
    )
    assert on_warmup(TrainingConfig(epochs=3, kl_warmup_epochs=3)) == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            UsageError("epochs goes from 1 to 9; choose one.", "epochs"),
            "“Epochs” goes from 1 to 9; choose one.",
        ),
        (UsageError("A layer has 3 epochs; give fewer.", "hidden"), "A layer has 3 epochs; give fewer."),
        (UsageError("epochs is about none of them; go on."), "epochs is about none of them; go on."),
        (LabError("The disk is full; make room."), "The disk is full; make room."),
        (
            UsageError("kl_warmup_epochs is 'x'; give a number.", "kl_warmup_epochs"),
            "“KL warm-up, epochs” is 'x'; give a number.",
        ),
    ],
    ids=str,
)
def test_settings_are_called_what_the_form_calls_them(error, said):
    assert in_the_forms_words(error) == said
