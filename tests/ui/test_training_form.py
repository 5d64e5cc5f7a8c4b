import re

import pytest

from ui.training_form import in_the_forms_words, new_run
from vaemodels.errors import UsageError

VALUES = {
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
    run, card = new_run("vae", "30, 20", "bernoulli", VALUES)
    assert {key: card["training"][key] for key in VALUES if key != "z_dim"} == {
        key: value for key, value in VALUES.items() if key != "z_dim"
    }
    assert card["training"]["binarization"] == "dynamic"
    assert (card["config"]["z_dim"], card["config"]["hidden"]) == (3, (30, 20))
    assert run.model.latent_dims == {"z": 3}


def test_a_gaussian_takes_grey_pixels_and_an_autoencoder_has_no_likelihood():
    assert new_run("vae", "4", "gaussian", VALUES)[1]["binarization"] == "none"
    _, card = new_run("ae", "4", "gaussian", VALUES)
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
        new_run("vae", hidden, "bernoulli", VALUES | changed)
    sentence = in_the_forms_words(str(caught.value))
    assert not re.search(r"[a-z]_[a-z]", sentence)
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("epochs goes from 1 to 9; choose one.", "“Epochs” goes from 1 to 9; choose one."),
        ("It has hidden layers; train for fewer epochs.", "It has hidden layers; train for fewer epochs."),
        (
            "Nothing to learn; set reconstruction_weight or beta.",
            "Nothing to learn; set “Weight of the reconstruction” or “β, the weight of the KL”.",
        ),
        ("kl_warmup_epochs is 'x'; give a number.", "“KL warm-up, epochs” is 'x'; give a number."),
    ],
)
def test_settings_are_called_what_the_form_calls_them(sentence, said):
    assert in_the_forms_words(sentence) == said
