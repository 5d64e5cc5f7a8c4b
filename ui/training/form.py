"""The form in which a visitor settles what to train. Its values are in the address; wrong ones come back in words."""

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from ui import words
from ui.address import url_state
from ui.images.name import FRAMED
from ui.kinds import KINDS
from ui.training import form_fields
from ui.training.form_fields import LABELS
from vaemodels import data
from vaemodels.errors import LabError, UsageError
from vaemodels.losses import WEIGHTS
from vaemodels.presets import QUICK, Preset
from vaemodels.training import Run
from vaemodels.training_config import TrainingConfig

# Where the address and the session keep a field. Numbers are in fields of text: one for numbers alone would make 1 of
# 1e3 and drop what it can't read without a word.
KEYS = {
    "dataset": "t_images",
    "z_dim": "t_z",
    "z1_dim": "t_z1",
    "z2_dim": "t_z2",
    "components": "t_components",
    "hidden": "t_hidden",
    "upper_hidden": "t_upper",
    "inference": "t_inference",
    "network": "t_network",
    "likelihood": "t_likelihood",
    "objective": "t_objective",
    "k": "t_k",
    "beta": "t_beta",
    "reconstruction_weight": "t_rec",
    "kl_warmup_epochs": "t_warmup",
    "beta_cycles": "t_cycles",
    "free_bits": "t_free",
    "labelled": "t_labelled",
    "alpha": "t_alpha",
    "gen_weight": "t_gen",
    "distort_labelled": "t_distort",
    "labelled_elbo": "t_labelled_elbo",
    "draw_label": "t_draw_label",
    "epochs": "t_epochs",
    "optimizer": "t_optimizer",
    "learning_rate": "t_rate",
    "schedule": "t_schedule",
    "rate_warmup_epochs": "t_rate_warmup",
    "gradient_limit": "t_gradient",
    "batch_size": "t_batch",
    "seed": "t_seed",
}
MODEL, PRESET, MORE = "t_model", "t_preset", "t_more"
OWN = ""  # of the presets: none
MAX_TEXT = 60


def ask_for_settings(
    kinds: Collection[str], images: Collection[str] = FRAMED
) -> tuple[Run, dict[str, Any]] | None:
    """Draw the form for models of `kinds` of those `images` that are there.

    The run asked for and its card, once it is asked for and makes sense.
    """
    with st.container(border=True, key="training-form"):
        with st.container(key="settings"):
            presets = st.container()
            here = [name for name in images if data.is_available(name)]
            dataset = st.selectbox(
                LABELS["dataset"],
                here,
                format_func=_called,
                key=KEYS["dataset"],
                bind="query-params",
                on_change=_suit_likelihood,
            )
            if url_state.decides(MODEL) and url_state.get(MODEL) is None:
                st.session_state[MODEL] = next(
                    iter(kinds)
                )  # not the one that another page's form was left with
            kind = st.selectbox(
                "Model",
                list(kinds),
                format_func=lambda kind: KINDS[kind].title,
                key=MODEL,
                bind="query-params",
            )
            values = {"dataset": dataset, "epochs": _field("epochs", kind)}
        with (
            st.expander("More settings", key=MORE, bind="query-params"),
            st.container(key="more-settings"),
        ):
            for setting in form_fields.settings_of(kind):
                if setting not in values and (setting not in WEIGHTS or form_fields.has_weights(values)):
                    values[setting] = _field(setting, kind)
        with presets:
            _presets(kinds, kind, values)
        asked = st.button("Start training", type="primary")
    if not asked:
        _remark(kind, values)
        return None
    wrong = form_fields.problems(kind, values)
    if not wrong:
        try:
            return form_fields.new_run(kind, values)
        except LabError as error:
            wrong = [form_fields.in_the_forms_words(error)]
    lines = [words.literal(sentence) for sentence in wrong]
    st.error(lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines))
    return None


def _called(dataset: str) -> str:
    """A dataset as the list names it: one's own by its title."""
    own = data.find_own(dataset)
    return dataset if own is None else own.dataset.title


def choose_images(dataset: str) -> None:
    """Choose a dataset in the form; to be called in a widget's callback."""
    st.session_state[KEYS["dataset"]] = dataset
    _suit_likelihood()


def _suit_likelihood() -> None:
    """Colour has no Bernoulli likelihood: where such images are chosen, the Gaussian one is."""
    dataset = data.get(st.session_state[KEYS["dataset"]])
    wanted = "bernoulli" if dataset.family == "bernoulli" else "gaussian"
    if KEYS["likelihood"] in st.session_state:
        st.session_state[KEYS["likelihood"]] = wanted
    usual = form_fields.usual(st.session_state.get(MODEL, next(iter(KINDS)))).get("likelihood")
    url_state.put(KEYS["likelihood"], None if wanted == usual else wanted)


def fill_in(kind: str, config: Any, training: TrainingConfig) -> None:
    """Put the settings of a run into the fields; to be called in a widget's callback."""
    usual = form_fields.usual(kind)
    st.session_state[MODEL] = kind
    st.session_state[KEYS["dataset"]] = training.dataset
    for setting, text in form_fields.texts_of(kind, config, training).items():
        st.session_state[KEYS[setting]] = _held(text)
        url_state.put(KEYS[setting], None if text == usual[setting] else text)


def as_state(preset: Preset, **changed: str) -> dict[str, str]:
    """All that the form asks for as a preset has it, some settings `changed`, as an address holds it."""
    texts = form_fields.texts(preset) | {"dataset": preset.training.dataset} | changed
    return {MODEL: preset.model} | {KEYS[setting]: text for setting, text in texts.items()}


def _field(setting: str, kind: str) -> str:
    """A field of the form, by the setting's type; its text is in the address."""
    key, usual, choices = KEYS[setting], form_fields.usual(kind)[setting], form_fields.choices(kind, setting)
    if url_state.decides(key):
        text = url_state.get(key) or usual
        if len(text) > MAX_TEXT or form_fields.problems(kind, {setting: text}):
            url_state.note(f"The link's {key} is no value to train with; the usual {usual} stands instead.")
            text = usual
        st.session_state[key] = _held(text)
    label, help = LABELS[setting], form_fields.help_on(setting)
    if choices == form_fields.SWITCH:
        text = str(st.checkbox(label, key=key, help=help)).lower()
    elif choices:
        text = st.selectbox(label, choices, key=key, help=help)
    else:
        text = st.text_input(label, key=key, max_chars=MAX_TEXT, help=help)
    url_state.put(key, None if text == usual else text)
    return text


def _held(text: str) -> str | bool:
    """A field's text as the session holds it: a switch is on or off."""
    return text == form_fields.SWITCH[1] if text in form_fields.SWITCH else text


def _presets(kinds: Collection[str], kind: str, values: Mapping[str, str]) -> None:
    """The choice of a preset, which fills in all of the form; once a value is changed the settings are one's own."""
    presets = form_fields.quick(kinds)
    fits = form_fields.preset_of(kind, values, presets)
    if url_state.decides(PRESET) or st.session_state[PRESET] not in (OWN, fits):
        st.session_state[PRESET] = fits
    st.selectbox(
        "Start from",
        [OWN, *presets],
        format_func=lambda name: form_fields.title(presets[name]) if name else "own settings",
        key=PRESET,
        help="A preset fills in the whole form, for the built-in digits; from there on settings are your own.",
        on_change=_fill_in,
    )


def _fill_in() -> None:
    """Put the chosen preset's values into the fields; for settings of one's own show all of these."""
    name = st.session_state[PRESET]
    if name == OWN:
        st.session_state[MORE] = True
        return
    preset = QUICK[name]
    fill_in(preset.model, preset.config, preset.training)


def _remark(kind: str, values: Mapping[str, str]) -> None:
    """What makes sense and is seldom meant, under the form."""
    try:
        _, config = form_fields.configs(kind, values)
    except UsageError:
        return  # said once the run is asked for
    if remark := form_fields.on_warmup(config):
        st.caption(remark)


def epochs() -> int:
    """How many epochs the form says.

    Raises:
        UsageError: if that is none that can be trained.
    """
    return form_fields.epochs(st.session_state.get(KEYS["epochs"], form_fields.usual("vae")["epochs"]))
