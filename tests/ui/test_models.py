import pytest
import streamlit as st

from ui import models
from vaemodels import checkpoints, runs
from vaemodels.errors import LabError
from vaemodels.models import MODELS
from vaemodels.training_config import TrainingConfig


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """A visitor's session state, empty at first."""
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def file(kind: str = "vae", beta: float = 1.0) -> bytes:
    sizes = {"z1_dim": 3, "z2_dim": 2} if kind == "hvae" else {"z_dim": 2}
    config = MODELS[kind][1](hidden=(4,), **sizes)
    training = TrainingConfig(epochs=1, beta=beta, labelled=100 if kind == "ssvae" else 0)
    return runs.dumps(*runs.new("any", kind, config, training))


def test_own_models_are_kept_under_names_that_never_come_back():
    first, second = file(), file("ae")
    assert models.keep(first) == "mine-1"
    assert models.keep(second) == "mine-2"
    assert list(models.own()) == ["mine-1", "mine-2"]
    assert models.own_file("mine-2") == second
    assert models.get("mine-2").model.name == "ae"
    models.discard("mine-2")
    models.discard("mine-2")
    assert list(models.own()) == ["mine-1"]
    assert models.keep(file(beta=4.0)) == "mine-3"


def test_an_upload_keeps_its_name_where_no_other_file_ever_had_it():
    first, second = file(), file("ae")
    assert models.keep(first, "mine-7") == "mine-7"
    assert models.keep(second, "mine-7") == "mine-1"
    models.discard("mine-7")
    assert models.keep(file(beta=4.0), "mine-7") == "mine-2"
    assert models.keep(first, "mine-7") == "mine-7"  # what was computed of it still holds
    assert models.keep(first, "<b>") == "mine-3"


def test_a_model_that_was_deleted_can_be_had_back_until_the_next_one_is():
    names = [models.keep(file(beta=beta)) for beta in (1.0, 2.0, 4.0)]
    models.discard(names[1])
    assert (models.discarded(), list(models.own())) == (names[1], [names[0], names[2]])
    assert models.room() == models.MAX_OWN - 2
    models.restore()
    assert (models.discarded(), list(models.own())) == (None, names)
    models.discard(names[0])
    models.discard(names[1])
    models.restore()
    assert list(models.own()) == names[1:]


@pytest.mark.parametrize(("epochs", "said"), [(1, "for 1 epoch."), (1_000, "for 1,000 epochs.")])
def test_one_epoch_is_no_epochs(epochs, said):
    card = checkpoints.loads(file()).card | {"epoch": epochs}
    assert f"{models.describe(card)}.".replace("..", ".").endswith(said)


def test_a_file_that_is_no_checkpoint_is_not_kept():
    with pytest.raises(LabError):
        models.keep(file()[:-10])
    assert models.own() == {}


def test_another_session_sees_nothing_of_them(monkeypatch):
    models.keep(file())
    monkeypatch.setattr(st, "session_state", {})
    assert models.own() == {}
    assert "mine-1" not in models.names({"vae"})


def test_a_model_of_a_bound_says_so():
    config = MODELS["vae"][1](z_dim=2, hidden=(4,))
    run, card = runs.new("any", "vae", config, TrainingConfig(epochs=1, objective="iwae", k=5))
    assert "to maximise L₅" in models.describe(checkpoints.loads(runs.dumps(run, card)).card)


def test_names_are_of_the_kinds_asked_for_own_ones_first():
    models.keep(file())
    models.keep(file("ae"))
    models.keep(file())
    names = models.names({"vae"}, (1, 28, 28))
    assert names[:2] == ["mine-3", "mine-1"]
    cards = {name: checkpoints.read_card(name) for name in checkpoints.pretrained_names()}
    assert set(names[2:]) == {
        name
        for name, card in cards.items()
        if card["model"] == "vae" and card["config"]["image_shape"] == [1, 28, 28]
    }
    assert models.names({"ae"})[0] == "mine-2"
    assert models.names(set()) == []


def test_models_of_images_of_any_shape_are_offered_unless_one_is_asked_for():
    any_shape, colour = models.names({"vae", "fsvae"}), models.names({"vae", "fsvae"}, (3, 32, 32))
    assert colour == ["vae-streetdigits", "vae-streetdigits-beta4", "fsvae-streetdigits"]
    assert set(any_shape) == {*colour, *models.names({"vae", "fsvae"}, (1, 28, 28))}


@pytest.mark.parametrize("kind", MODELS)
def test_an_own_model_of_every_kind_is_kept_described_and_had_back(kind):
    name = models.keep(file(kind))
    assert models.names({kind})[0] == name
    assert models.titles([name])[name].endswith("built-in digits")
    assert models.describe(models.get(name).card).endswith("trained on built-in digits for 0 epochs.")
    downloaded = models.own_file(name)
    models.discard(name)
    assert name not in models.names({kind})
    assert models.keep(downloaded, name) == name
    assert models.get(name).model.name == kind


def test_pretrained_models_are_loaded_once_for_all():
    name = checkpoints.pretrained_names()[0]
    assert models.get(name) is models.get(name)
    assert models.get(name).card == checkpoints.read_card(name)


def test_a_description_says_what_was_measured_on_what():
    card = models.get("vae").card
    result = card["evaluation"]
    text = models.describe(card)
    assert text.startswith(f"VAE, 10 dimensions, trained on MNIST for {card['epoch']} epochs.")
    assert f"−ELBO {result['nelbo']:.1f} ± {result['stderr']['nelbo']:.1f} nats" in text
    dynamic = card["evaluation_dynamic"]["nelbo"]
    assert f"({result['n']:,} test images of MNIST, static binarisation, {dynamic:.1f} by dynamic)" in text


def test_a_description_names_the_optimiser_where_it_is_not_adam():
    assert "trained on MNIST for 30 epochs by Muon." in models.describe(models.get("gmvae").card)


def test_what_was_measured_on_other_images_is_not_set_beside():
    card = models.get("vae").card
    other = card["evaluation_dynamic"] | {"n": 10}
    assert "by dynamic" not in models.describe(card | {"evaluation_dynamic": other})


def test_a_description_says_whose_weights_it_began_with():
    text = models.describe(models.get("hvae-iwae-k50").card)
    assert "for 20 epochs by Muon to maximise L₅₀, from the weights of hvae-k1." in text


def test_an_autoencoder_is_described_without_a_likelihood():
    text = models.describe(models.get("ae-2d").card)
    assert "Reconstruction error" in text
    assert text.endswith("no likelihood.")
    assert "ELBO" not in text


def test_a_density_is_described_by_its_decoder_and_by_grey_pixels():
    text = models.describe(models.get("vae-gaussian").card)
    assert "Gaussian decoder" in text
    assert "−ELBO −" in text
    assert text.endswith("test images of MNIST, grey pixels).")


def test_a_bound_given_the_label_is_called_one_and_a_classifier_says_how_often_it_is_right():
    assert "−ELBO(x|y) 88.7 ± 0.3 nats (" in models.describe(models.get("fsvae").card)
    assert "nats, 95.5% of labels right (" in models.describe(models.get("ssvae").card)
    assert "epochs as a classifier alone." in models.describe(models.get("ssvae-classifier").card)
    assert models.describe(models.get("vae-streetdigits").card).endswith("street digits, colour pixels).")


def test_a_model_of_the_kl_alone_is_described_as_one():
    assert "with the reconstruction times 0." in models.describe(models.get("vae-2d-kl").card)


def test_a_description_names_beta_and_is_silent_on_what_was_not_measured():
    name = models.keep(file(beta=4.0))
    assert models.describe(models.get(name).card) == (
        "VAE, 2 dimensions, trained on built-in digits for 0 epochs with β = 4."
    )


def test_a_list_of_models_says_what_each_is_kind_by_kind():
    models.keep(file(beta=4.0))
    titles = models.titles(models.names({"vae", "ae"}, (1, 28, 28)))
    assert list(titles.values())[:3] == [
        "mine-1 · β-VAE, β = 4, 2 dimensions, built-in digits",
        "vae · VAE, 10 dimensions, MNIST",
        "vae-2d · VAE, 2 dimensions, MNIST",
    ]
    assert titles["vae-gaussian"] == "vae-gaussian · VAE, 10 dimensions, Gaussian decoder, MNIST"
    assert titles["vae-2d-rec"] == "vae-2d-rec · VAE, reconstruction alone, 2 dimensions, MNIST"
    assert titles["vae-2d-kl"] == "vae-2d-kl · VAE, KL alone, 2 dimensions, MNIST"
    assert titles["iwae-k5"] == "iwae-k5 · VAE, trained on the IWAE's L₅, 50 dimensions, MNIST"
    assert list(titles)[-1] == "ae-2d"
    assert len(set(titles.values())) == len(titles)
