"""The form in which a visitor settles what to train. Its values are in the address; wrong ones come back in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui.address import url_state
from ui.images.name import FRAMED
from ui.kinds import KINDS
from vaemodels import data, runs
from vaemodels.errors import LabError, UsageError
from vaemodels.models import MODELS
from vaemodels.settings import fields_of, from_values, with_text
from vaemodels.training import Run
from vaemodels.training_config import TrainingConfig

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
    "hidden": "Widths of the encoder's layers, first to last; the decoder mirrors them.",
}
NEAT_NUMBERS = "%g"
MAX_TEXT = 60


def ask_for_settings(kinds: Sequence[str]) -> tuple[Run, dict[str, Any]] | None:
    """Draw the form for models of `kinds`; the run asked for and its card, once it is asked for and makes sense."""
    values: dict[str, Any] = {}
    with st.form("training", border=True):
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
            values["z_dim"] = _number("z_dim", 2, 1, "t_z")
            values["hidden"] = st.text_input(
                LABELS["hidden"],
                "128, 128",
                max_chars=MAX_TEXT,
                key="t_hidden",
                bind="query-params",
                help=HELP["hidden"],
            )
            values["beta"] = _number("beta", 1.0, 0.5, "t_beta")
            values["reconstruction_weight"] = _number("reconstruction_weight", 1.0, 0.5, "t_rec")
            values["epochs"] = _number("epochs", 60, 10, "t_epochs")
            values["kl_warmup_epochs"] = _number("kl_warmup_epochs", 0, 5, "t_warmup")
            values["learning_rate"] = _number("learning_rate", 1e-3, 1e-4, "t_rate")
            values["batch_size"] = _number("batch_size", 50, 10, "t_batch")
            values["seed"] = _number("seed", 0, 1, "t_seed")
            values["likelihood"] = st.selectbox(
                LABELS["likelihood"], ["bernoulli", "gaussian"], key="t_likelihood", bind="query-params"
            )
        if not st.form_submit_button("Start training", type="primary"):
            return None
    try:
        return new_run(kind, values)
    except LabError as error:
        st.error(in_the_forms_words(error))
        return None


def _number(setting: str, value: float, step: float, key: str) -> float | int:
    """A number of the form, in the address under `key`."""
    number: float = st.number_input(
        LABELS[setting],
        value=value,
        step=step,
        format=NEAT_NUMBERS if isinstance(value, float) else None,
        help=HELP.get(setting),
        key=key,
        bind=url_state.binding(key),
    )
    return number


def new_run(kind: str, values: Mapping[str, Any]) -> tuple[Run, dict[str, Any]]:
    """The run that the form's values describe, not yet begun, and its card.

    `hidden` is text; of the model's settings a kind takes those that it has.

    Raises:
        UsageError: with the value that makes no sense.
    """
    of_model = {name: values[name] for name in KINDS[kind].fields if name in values}
    hidden = of_model.pop("hidden")
    shape = {"image_shape": data.get(values["dataset"]).image_shape}
    config = with_text(from_values(MODELS[kind][1], shape | of_model), {"hidden": hidden})
    of_training = fields_of(TrainingConfig)
    training = from_values(
        TrainingConfig, {name: value for name, value in values.items() if name in of_training}
    )
    return runs.new("mine", kind, config, runs.suited(training, config))


def in_the_forms_words(error: LabError) -> str:
    """The error's sentence, with the setting that it is about called what the form calls it."""
    if not isinstance(error, UsageError) or error.setting not in LABELS:
        return str(error)
    return error.calling_it(f"“{LABELS[error.setting]}”")
