import dataclasses
import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT
from ui.kinds import KINDS
from ui.training.form import KEYS
from ui.training.form_fields import (
    LABELS,
    choices,
    has_weights,
    help_on,
    in_the_forms_words,
    new_run,
    on_warmup,
    preset_of,
    problems,
    quick,
    settings_of,
    texts,
    title,
    usual,
)
from vaemodels.errors import LabError, UsageError
from vaemodels.presets import QUICK
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


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_of_a_kind_has_a_name_a_place_and_help_with_its_limits(kind):
    start = usual(kind)
    assert start.keys() == set(settings_of(kind)) <= KEYS.keys()
    assert len({KEYS[setting] for setting in start}) == len(start)
    assert problems(kind, start) == []
    for setting in settings_of(kind):
        assert LABELS[setting]
        said = help_on(setting)
        assert choices(kind, setting) or re.search(r"\b[01](\.\d+)? to [0-9,.]+|layers of", said), setting
        assert len(said) > 5


@pytest.mark.parametrize(
    ("kind", "has"),
    [
        ("ae", set()),
        ("vae", {"likelihood", "beta", "objective", "k"}),
        ("gmvae", {"components", "likelihood", "beta", "objective", "k"}),
        (
            "ssvae",
            {"labelled", "alpha", "gen_weight", "distort_labelled", "labelled_elbo", "draw_label", "beta"},
        ),
        ("fsvae", {"network", "likelihood", "beta"}),
        ("hvae", {"z1_dim", "z2_dim", "inference", "upper_hidden", "beta", "objective", "k"}),
    ],
)
def test_a_kind_is_asked_for_what_it_has_and_nothing_else(kind, has):
    of_some = {
        *("components", "network", "inference", "z1_dim", "z2_dim", "upper_hidden", "likelihood"),
        *(
            "labelled",
            "alpha",
            "gen_weight",
            "distort_labelled",
            "labelled_elbo",
            "draw_label",
            "objective",
            "k",
            "beta",
        ),
    }
    assert set(settings_of(kind)) & of_some == has


def test_a_vaes_form_starts_as_a_plane_of_digits_that_is_there_in_seconds():
    start = usual("vae")
    assert {setting: start[setting] for setting in VALUES if setting in start} == {
        "hidden": "128, 128",
        "likelihood": "bernoulli",
        "z_dim": "2",
        "beta": "1",
        "reconstruction_weight": "1",
        "epochs": "60",
        "kl_warmup_epochs": "0",
        "learning_rate": "0.03",
        "batch_size": "100",
        "seed": "0",
    }
    assert (start["optimizer"], start["schedule"]) == ("muon", "cosine")


def test_fields_are_made_of_the_types_of_the_config():
    assert choices("hvae", "inference") == ("parallel", "bottom_up")
    assert choices("vae", "objective") == ("elbo", "iwae", "stl", "dreg")
    assert choices("ssvae", "labelled_elbo") == ("false", "true")
    assert choices("fsvae", "network") == ("mlp", "conv")
    assert choices("vae", "z_dim") == choices("vae", "hidden") == ()


@pytest.mark.parametrize("name", QUICK)
def test_a_presets_texts_describe_it(name):
    preset = QUICK[name]
    values = texts(preset) | {"dataset": "digits"}
    assert problems(preset.model, values) == []
    _, card = new_run(preset.model, values)
    assert card["config"] == dataclasses.asdict(preset.config)
    assert card["training"] == dataclasses.asdict(preset.training)
    assert preset_of(preset.model, values, QUICK) == name
    assert preset_of(preset.model, values | {"epochs": "299"}, QUICK) == ""
    assert preset_of(preset.model, values | {"epochs": "many"}, QUICK) == ""


def test_presets_are_of_the_pages_kinds_and_told_apart_by_their_titles():
    assert list(quick(("vae", "ae"))) == ["vae-digits", "vae-2d-digits", "iwae-k50-digits", "ae-2d-digits"]
    assert {preset.model for preset in QUICK.values()} == KINDS.keys()
    titles = [title(preset) for preset in QUICK.values()]
    assert len(set(titles)) == len(titles)
    assert "VAE, 10 dimensions, L₅₀, 60 epochs" in titles


def test_a_bound_has_no_weights_to_set():
    assert has_weights({"objective": "elbo", "k": "1"})
    assert has_weights({})
    assert has_weights({"objective": "elbo", "k": "many"})
    assert not has_weights({"objective": "iwae", "k": "1"})
    assert not has_weights({"objective": "elbo", "k": "5"})


@pytest.mark.parametrize(
    ("kind", "setting", "value", "begins"),
    [
        ("gmvae", "components", "0", "A mixture has 1 to 1,000 components, not 0"),
        ("gmvae", "components", "many", "“Components of the prior” is 'many'; give a whole number."),
        ("hvae", "z1_dim", "0", "“Dimensions of z1”: A latent space has 1 to 512 dimensions, not 0"),
        ("hvae", "z2_dim", "1.5", "“Dimensions of z2” is '1.5'; give a whole number."),
        ("hvae", "upper_hidden", "0", "“Hidden layers, z1 to z2”: A hidden layer has 1 to 4096 units, not 0"),
        ("hvae", "inference", "top_down", "“Inference” is 'top_down'; choose one of parallel, bottom_up."),
        ("fsvae", "network", "resnet", "“Network” is 'resnet'; choose one of mlp, conv."),
        ("vae", "objective", "vimco", "“Objective” is 'vimco'; choose one of elbo, iwae, stl, dreg."),
        ("vae", "k", "0", "“k, draws an image” goes from 1 to 1,000, and 0 is outside"),
        ("ssvae", "labelled", "-1", "“Labelled images” goes from 0 to 1,000,000, and -1 is outside"),
        ("ssvae", "alpha", "1e9", "“α, the weight of the labels” goes from 0 to 100,000"),
        ("ssvae", "gen_weight", "2", "“Weight of the ELBO” goes from 0 to 1, and 2 is outside"),
        ("ssvae", "labelled_elbo", "maybe", "“ELBO(x, y) of known labels” is 'maybe'; give true or false."),
    ],
)
def test_a_bad_value_of_any_kind_comes_back_in_a_sentence_that_names_it(kind, setting, value, begins):
    [sentence] = problems(kind, usual(kind) | {setting: value})
    assert sentence.startswith(begins)
    assert sentence.endswith(".")


def test_values_that_do_not_go_together_give_a_sentence():
    with pytest.raises(UsageError, match="needs images with labels; set labelled"):
        new_run("ssvae", usual("ssvae") | {"dataset": "digits", "labelled": "0"})
    with pytest.raises(UsageError, match=r"1,297 images to learn from, and labelled=60,000 asks for more"):
        new_run("ssvae", usual("ssvae") | {"dataset": "digits", "labelled": "60,000"})
    with pytest.raises(UsageError, match="choose inference=parallel"):
        new_run("hvae", usual("hvae") | {"dataset": "digits", "objective": "stl"})


def form_for(*kinds: str, **query: str) -> AppTest:
    """A page with nothing but the form; what is asked for is in the session under "asked"."""

    def page(kinds: tuple[str, ...]) -> None:
        import streamlit as st

        from ui.address import url_state
        from ui.training.form import ask_for_settings

        url_state.begin_run()
        asked = ask_for_settings(kinds)
        if asked is not None:
            st.session_state["asked"] = asked[1]
        url_state.write()

    at = AppTest.from_function(page, kwargs={"kinds": kinds}, default_timeout=60)
    at.query_params.update(query)
    return at.run()


def started(at: AppTest) -> dict[str, Any]:
    """The card of the run that the form's button asks for."""
    at.button[0].click().run()
    assert not at.exception
    assert not at.error
    card: dict[str, Any] = at.session_state["asked"]
    return card


@pytest.mark.parametrize("kind", KINDS)
def test_the_forms_preset_starts_a_run_as_the_preset_says(kind):
    at = form_for(*KINDS)
    name = KINDS[kind].preset
    at.selectbox(key="t_preset").set_value(name).run()
    assert not at.exception
    assert at.selectbox(key="t_model").value == kind
    card = started(at)
    assert card["model"] == kind
    assert card["config"] == dataclasses.asdict(QUICK[name].config)
    assert card["training"] == dataclasses.asdict(QUICK[name].training)
    assert at.selectbox(key="t_preset").value == name
    # Whoever follows the link finds the same form.
    copy = form_for(*KINDS, **at.query_params)
    assert copy.selectbox(key="t_preset").value == name
    assert started(copy)["training"] == card["training"]


def test_a_value_that_is_changed_makes_the_settings_ones_own():
    at = form_for("vae", "ae")
    assert at.selectbox(key="t_preset").value == "vae-2d-digits"
    at.selectbox(key="t_preset").set_value("vae-digits").run()
    assert at.text_input(key="t_z").value == "10"
    assert at.query_params["t_z"] == "10"
    assert "t_epochs" not in at.query_params
    at.text_input(key="t_beta").set_value("4").run()
    assert at.selectbox(key="t_preset").value == ""
    assert at.text_input(key="t_z").value == "10"
    assert started(at)["training"]["beta"] == 4


def test_the_other_settings_are_folded_away_unless_the_address_says_otherwise():
    assert not form_for("vae").session_state["t_more"]
    assert form_for("vae", t_more="true").session_state["t_more"]
    at = form_for("vae", t_z="10")
    assert at.selectbox(key="t_preset").value == "vae-digits"
    at.selectbox(key="t_preset").set_value("").run()
    assert at.session_state["t_more"]
    assert at.text_input(key="t_z").value == "10"
    assert at.selectbox(key="t_preset").value == ""


def test_fields_come_and_go_with_the_kind_and_the_objective():
    at = form_for(*KINDS, t_beta="4")
    fields = {"t_components", "t_labelled", "t_network", "t_z1", "t_beta", "t_k"}

    def shown() -> set[str]:
        return fields & {str(widget.key) for widget in (*at.text_input, *at.selectbox, *at.checkbox)}

    for kind, has in {
        "vae": {"t_beta", "t_k"},
        "ae": set(),
        "gmvae": {"t_beta", "t_k", "t_components"},
        "ssvae": {"t_beta", "t_labelled"},
        "fsvae": {"t_beta", "t_network"},
        "hvae": {"t_beta", "t_k", "t_z1"},
    }.items():
        at.selectbox(key="t_model").set_value(kind).run()
        assert not at.exception
        assert shown() == has
    at.selectbox(key="t_model").set_value("vae").run()
    assert at.text_input(key="t_beta").value == "4"
    at.selectbox(key="t_objective").set_value("iwae").run()
    assert shown() == {"t_k"}
    at.text_input(key="t_k").set_value("5").run()
    training = started(at)["training"]
    assert (training["objective"], training["k"], training["beta"]) == ("iwae", 5, 1)


def test_a_link_with_rubbish_in_every_field_opens_the_usual_form_with_a_note_for_each():
    keys = {KEYS[setting] for setting in settings_of("ssvae")}
    at = form_for("ssvae", **dict.fromkeys(keys, "rubbish"))
    assert not at.exception
    assert len(at.toast) == len(keys)
    assert not at.checkbox(key="t_labelled_elbo").value
    card = started(at)
    assert card["training"] == dataclasses.asdict(QUICK["ssvae-digits"].training) | {"epochs": 60}


def test_a_switch_is_in_the_address():
    at = form_for("ssvae", t_labelled_elbo="true")
    assert at.checkbox(key="t_labelled_elbo").value
    assert started(at)["training"]["labelled_elbo"] is True
    at.checkbox(key="t_labelled_elbo").uncheck().run()
    assert "t_labelled_elbo" not in at.query_params


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


def test_a_page_has_the_form_of_its_own_kind_whatever_another_page_was_left_with():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for kind in ("gmvae", "ssvae", "vae"):
        at.switch_page(f"pages/{kind}.py").run()
        assert at.selectbox(key="t_model").value == kind
