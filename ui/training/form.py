"""The form in which a visitor settles what to train. Its values are in the address; wrong ones come back in words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui.address import url_state
from ui.images.name import FRAMED
from ui.kinds import KINDS
from ui.words import count
from vaemodels import data, runs
from vaemodels.errors import LabError, UsageError
from vaemodels.models import MODELS
from vaemodels.models.base import MAX_DIMENSIONS, MAX_LAYERS, MAX_WIDTH
from vaemodels.settings import fields_of, from_values, plain, with_text
from vaemodels.training import Run
from vaemodels.training_config import LIMITS, TrainingConfig

# Setting of the package → what the form calls it.
LABELS = {
    "dataset": "Images",
    "z_dim": "Latent dimensions",
    "hidden": "Hidden layers",
    "beta": "β, the weight of the KL",
    "reconstruction_weight": "Weight of the reconstruction",
    "epochs": "Epochs",
    "kl_warmup_epochs": "KL warm-up, epochs",
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "seed": "Seed",
    "likelihood": "Likelihood of a VAE",
}
HELP = {
    "beta": "1 trains the ELBO, 0 the reconstruction alone.",
    "reconstruction_weight": "0 trains the KL alone.",
    "kl_warmup_epochs": "Over the first so many epochs the weight of the KL rises from 0 to β.",
    "hidden": (
        "Widths of the encoder's layers, first to last; the decoder mirrors them. "
        f"1 to {MAX_LAYERS} layers of 1 to {MAX_WIDTH:,} units."
    ),
}
# Setting → where the address and the session keep its field, and what is in it at first. They are fields of text: one
# for numbers alone would make 1 of 1e3 and drop what it can't read without a word.
FIELDS = {
    "z_dim": ("t_z", "2"),
    "hidden": ("t_hidden", "128, 128"),
    "beta": ("t_beta", "1"),
    "reconstruction_weight": ("t_rec", "1"),
    "epochs": ("t_epochs", "60"),
    "kl_warmup_epochs": ("t_warmup", "0"),
    "learning_rate": ("t_rate", "0.001"),
    "batch_size": ("t_batch", "50"),
    "seed": ("t_seed", "0"),
}
RANGES = {"z_dim": (1, MAX_DIMENSIONS), **LIMITS}
MAX_TEXT = 60
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(,[0-9]{3})+")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>$~|!])")


def ask_for_settings(kinds: Sequence[str]) -> tuple[Run, dict[str, Any]] | None:
    """Draw the form for models of `kinds`; the run asked for and its card, once it is asked for and makes sense."""
    values: dict[str, str] = {}
    with st.container(border=True, key="training-form"):
        with st.container(key="settings"):
            here = [name for name in FRAMED if data.is_available(name)]
            values["dataset"] = st.selectbox(LABELS["dataset"], here, key="t_images", bind="query-params")
            kind = st.selectbox(
                "Model",
                list(kinds),
                format_func=lambda kind: KINDS[kind].title,
                key="t_model",
                bind="query-params",
            )
            values |= {setting: _field(setting, kind, values["dataset"]) for setting in FIELDS}
            values["likelihood"] = st.selectbox(
                LABELS["likelihood"], ["bernoulli", "gaussian"], key="t_likelihood", bind="query-params"
            )
        asked = st.button("Start training", type="primary")
    if not asked:
        _remark(values)
        return None
    wrong = problems(kind, values)
    if not wrong:
        try:
            return new_run(kind, values)
        except LabError as error:
            wrong = [in_the_forms_words(error)]
    lines = [_MARKDOWN.sub(r"\\\1", sentence) for sentence in wrong]
    st.error(lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines))
    return None


def _field(setting: str, kind: str, dataset: str) -> str:
    """A field of the form, whose text is in the address."""
    key, usual = FIELDS[setting]
    if url_state.decides(key):
        text = url_state.get(key) or usual
        if len(text) > MAX_TEXT or problems(kind, {"dataset": dataset, setting: text}):
            url_state.note(f"The link's {key} is nothing to train with; the usual {usual} stands instead.")
            text = usual
        st.session_state[key] = text
    text = st.text_input(LABELS[setting], key=key, max_chars=MAX_TEXT, help=_help(setting))
    url_state.put(key, None if text == usual else text)
    return text


def _help(setting: str) -> str:
    """What a setting does, and what it may be."""
    if setting not in RANGES:
        return HELP[setting]
    low, high = RANGES[setting]
    return f"{HELP.get(setting, '')} {plain(low)} to {plain(high)}.".strip()


def _remark(values: Mapping[str, str]) -> None:
    """What makes sense and is seldom meant, under the form."""
    try:
        config = with_text(TrainingConfig(), _texts(values, TrainingConfig))
    except UsageError:
        return  # said once the run is asked for
    if remark := on_warmup(config):
        st.caption(remark)


def on_warmup(config: TrainingConfig) -> str:
    """What there is to remark on a warm-up that outlasts its run."""
    warmup, epochs = config.kl_warmup_epochs, config.epochs
    if warmup <= epochs:
        return ""
    return (
        f"The KL warm-up of {count(warmup, 'epoch')} outlasts the run of {epochs:,}: at its end the weight of the KL "
        f"is {config.beta * epochs / warmup:.2g}, not β = {config.beta:g}."
    )


def problems(kind: str, values: Mapping[str, str]) -> list[str]:
    """A sentence on each of the form's values that makes no sense by itself."""
    config_type = MODELS[kind][1]
    found = []
    for of, names in ((config_type, KINDS[kind].fields), (TrainingConfig, fields_of(TrainingConfig))):
        for setting in names:
            if setting in values:
                try:
                    _config(of, {"dataset": values["dataset"], setting: values[setting]})
                except UsageError as error:
                    found.append(in_the_forms_words(error))
    return found


def new_run(kind: str, values: Mapping[str, str]) -> tuple[Run, dict[str, Any]]:
    """The run that the form's values describe, not yet begun, and its card; each value as text.

    Of the model's settings a kind takes those that it has.

    Raises:
        UsageError: with the value that makes no sense.
    """
    of_model = {name: values[name] for name in (*KINDS[kind].fields, "dataset") if name in values}
    config = _config(MODELS[kind][1], of_model)
    training = _config(TrainingConfig, values)
    return runs.new("mine", kind, config, runs.suited(training, config))


def _config(of: type[Any], values: Mapping[str, str]) -> Any:
    """A model's or a run's config for a dataset, of those of the form's texts that it has a field for."""
    shape = {"image_shape": data.get(values["dataset"]).image_shape} if "image_shape" in fields_of(of) else {}
    return with_text(from_values(of, shape), _texts(values, of))


def _texts(values: Mapping[str, str], of: type[Any]) -> dict[str, str]:
    """Those of the form's texts that a config has a field for; 1,000 is 1000 where it is one number."""
    return {
        name: text.replace(",", "") if name in RANGES and _THOUSANDS.fullmatch(text.strip()) else text
        for name, text in values.items()
        if name in fields_of(of)
    }


def epochs() -> int:
    """How many epochs the form says.

    Raises:
        UsageError: if that is none that can be trained.
    """
    text = st.session_state.get(FIELDS["epochs"][0], FIELDS["epochs"][1])
    try:
        return with_text(TrainingConfig(), _texts({"epochs": text}, TrainingConfig)).epochs
    except UsageError as error:
        raise UsageError(in_the_forms_words(error)) from error


def in_the_forms_words(error: LabError) -> str:
    """The error's sentence, with the setting that it is about called what the form calls it."""
    if not isinstance(error, UsageError) or error.setting not in LABELS:
        return str(error)
    return error.calling_it(f"“{LABELS[error.setting]}”")
