import re

import pytest

from ui.training.form import in_the_forms_words, new_run
from vaemodels.errors import LabError, UsageError

VALUES = {
    "hidden": "30, 20",
    "likelihood": "bernoulli",
    "dataset": "digits",
    "z_dim": 3,
    "beta": 4.0,
    "reconstruction_weight": 0.5,
    "epochs": 7,
    "kl_warmup_epochs": 2,
    "learning_rate": 0.01,
    "batch_size": 20,
    "seed": 5,
}


def test_every_value_of_the_form_reaches_the_run():
    run, card = new_run("vae", VALUES)
    of_training = {key: value for key, value in VALUES.items() if key in card["training"]}
    assert len(of_training) == len(VALUES) - 3
    assert {key: card["training"][key] for key in of_training} == of_training
    assert card["training"]["binarization"] == "dynamic"
    assert (card["config"]["z_dim"], card["config"]["hidden"]) == (3, (30, 20))
    assert run.model.latent_dims == {"z": 3}


def test_a_gaussian_takes_grey_pixels_and_an_autoencoder_has_no_likelihood():
    assert new_run("vae", VALUES | {"likelihood": "gaussian"})[1]["binarization"] == "none"
    _, card = new_run("ae", VALUES | {"likelihood": "gaussian"})
    assert (card["model"], card["binarization"]) == ("ae", "dynamic")


@pytest.mark.parametrize(
    ("changed", "hidden"),
    [
        ({"learning_rate": 5.0}, "4"),
        ({"batch_size": 0}, "4"),
        ({"epochs": -1}, "4"),
        ({"beta": 1e9}, "4"),
        ({"z_dim": 0}, "4"),
        ({"z_dim": 10**6}, "4"),
        ({"seed": -1}, "4"),
        ({"kl_warmup_epochs": -1}, "4"),
        ({"beta": 0, "reconstruction_weight": 0}, "4"),
        ({}, "wide"),
        ({}, "1,"),
        ({}, ""),
        ({}, "99999999"),
    ],
)
def test_wrong_values_come_back_in_the_forms_own_words(changed, hidden):
    with pytest.raises(UsageError) as caught:
        new_run("vae", VALUES | {"hidden": hidden} | changed)
    sentence = in_the_forms_words(caught.value)
    assert not re.search(r"[a-z]_[a-z]", sentence)
    assert sentence.endswith(".")


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
