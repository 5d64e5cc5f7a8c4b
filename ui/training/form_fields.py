"""What a form asks of a kind of model and its training, and the run that its values, all of them text, describe."""

import dataclasses
import re
import typing
from collections.abc import Collection, Mapping
from typing import Any

from ui.kinds import KINDS
from ui.words import count, subscript
from vaemodels import data, runs
from vaemodels.config_parsing import fields_of, plain, with_text
from vaemodels.errors import LabError, UsageError
from vaemodels.losses import FOR_LABELS, WEIGHTS, is_bound
from vaemodels.models import MODELS
from vaemodels.models.base import MAX_DIMENSIONS, MAX_LAYERS, MAX_WIDTH
from vaemodels.models.gmvae import MAX_COMPONENTS
from vaemodels.presets import QUICK, Preset
from vaemodels.training import Run
from vaemodels.training_config import LIMITS, TrainingConfig

# Setting of the package → what the form calls it.
LABELS = {
    "dataset": "Images",
    "z_dim": "Latent dimensions",
    "z1_dim": "Dimensions of z1",
    "z2_dim": "Dimensions of z2",
    "components": "Components of the prior",
    "hidden": "Hidden layers",
    "upper_hidden": "Hidden layers, z1 to z2",
    "inference": "Inference",
    "network": "Network",
    "likelihood": "Likelihood",
    "objective": "Objective",
    "k": "k, draws an image",
    "beta": "β, the weight of the KL",
    "reconstruction_weight": "Weight of the reconstruction",
    "kl_warmup_epochs": "KL warm-up, epochs",
    "beta_cycles": "Cycles of β",
    "free_bits": "Free bits, nats a latent",
    "labelled": "Labelled images",
    "alpha": "α, the weight of the labels",
    "gen_weight": "Weight of the ELBO",
    "distort_labelled": "Distort labelled images",
    "labelled_elbo": "ELBO(x, y) of known labels",
    "draw_label": "Draw unknown labels",
    "epochs": "Epochs",
    "optimizer": "Optimiser",
    "learning_rate": "Learning rate",
    "schedule": "Schedule of the rate",
    "rate_warmup_epochs": "Rate warm-up, epochs",
    "gradient_limit": "Longest gradient",
    "batch_size": "Batch size",
    "seed": "Seed",
}
_LAYERS = f"1 to {MAX_LAYERS} layers of 1 to {MAX_WIDTH:,} units."
HELP = {
    "hidden": f"Widths of the encoder's layers, first to last; the decoder mirrors them. {_LAYERS}",
    "upper_hidden": f"Widths of the layers from z1 to z2, mirrored on the way back. {_LAYERS}",
    "inference": "bottom_up infers z2 from z1, parallel both from x.",
    "network": "conv puts convolutions between the image and the hidden layers.",
    "likelihood": "bernoulli is of black and white pixels, gaussian and continuous_bernoulli of grey ones.",
    "objective": "elbo trains on the ELBO; the others on L_k, each by its own estimate of the gradient.",
    "k": "Draws of z for each image and step.",
    "beta": "1 trains the ELBO, 0 the reconstruction alone.",
    "reconstruction_weight": "0 trains the KL alone.",
    "kl_warmup_epochs": "Over the first so many epochs the weight of the KL rises from 0 to β.",
    "beta_cycles": "So many times in the run the weight of the KL rises from 0 to β, then stays for as long; 0 is off.",
    "free_bits": "So much of each latent's KL costs nothing, so that it need not collapse; 0 is off.",
    "optimizer": "muon moves layers along orthogonal matrices: fewer epochs, at some twenty times Adam's rate.",
    "schedule": "cosine brings the rate down to a hundredth by the end.",
    "rate_warmup_epochs": "Over the first so many epochs the learning rate rises from 0.",
    "gradient_limit": "Longer gradients are shortened to this; 0 is off.",
    "labelled": "Training images that keep their label.",
    "alpha": "Weighs −log q(y|x) of the labelled images.",
    "gen_weight": "0 trains the classifier alone.",
    "distort_labelled": "Those to classify are turned, stretched and shifted a little at each step.",
    "labelled_elbo": "Where the label of an image is known, the bound is one on log p(x, y).",
    "draw_label": "One label drawn from q(y|x) stands for the sum over all; its gradient is the score function's.",
}
SWITCH = ("false", "true")
RANGES = {
    **dict.fromkeys(("z_dim", "z1_dim", "z2_dim"), (1, MAX_DIMENSIONS)),
    "components": (1, MAX_COMPONENTS),
    **LIMITS,
}
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(,[0-9]{3})+")


def settings_of(kind: str) -> tuple[str, ...]:
    """What a form asks for: the fields of the kind's row, and of the training those that matter to such a model."""
    model, config = MODELS[kind]
    has_labels = "n_labels" in fields_of(config)
    return (
        *KINDS[kind].fields,
        *(("objective", "k") if model.has_likelihood and not has_labels else ()),
        *(WEIGHTS if model.has_likelihood else ()),
        *(FOR_LABELS if has_labels and not model.needs_labels else ()),
        *(
            "epochs",
            "optimizer",
            "learning_rate",
            "schedule",
            "rate_warmup_epochs",
            "gradient_limit",
            "batch_size",
            "seed",
        ),
    )


def choices(kind: str, setting: str) -> tuple[str, ...]:
    """What a setting is chosen from, as text, by its type in the config; nothing where it is typed."""
    hints = typing.get_type_hints(TrainingConfig) | typing.get_type_hints(MODELS[kind][1])
    if hints[setting] is bool:
        return SWITCH
    return typing.get_args(hints[setting]) if typing.get_origin(hints[setting]) is typing.Literal else ()


def help_on(setting: str) -> str:
    """What a setting does, and what it may be."""
    if setting not in RANGES:
        return HELP[setting]
    low, high = RANGES[setting]
    return f"{HELP.get(setting, '')} {plain(low)} to {plain(high)}.".strip()


def usual(kind: str) -> dict[str, str]:
    """What is in the fields at first."""
    return texts(QUICK[KINDS[kind].preset])


def texts(preset: Preset) -> dict[str, str]:
    """A preset's values of what a form asks for."""
    return texts_of(preset.model, preset.config, preset.training)


def texts_of(kind: str, config: Any, training: TrainingConfig) -> dict[str, str]:
    """The values of what a form asks for."""
    values = dataclasses.asdict(training) | dataclasses.asdict(config)
    return {setting: _text(values[setting]) for setting in settings_of(kind)}


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def quick(kinds: Collection[str]) -> dict[str, Preset]:
    """The presets of these kinds that a form offers."""
    return {name: preset for name, preset in QUICK.items() if preset.model in kinds}


def title(preset: Preset) -> str:
    """A preset as a list offers it."""
    kind, config, training = KINDS[preset.model], dataclasses.asdict(preset.config), preset.training
    parts = [
        f"{kind.title}, {kind.size(config)}",
        "parallel inference" if config.get("inference") == "parallel" else "",
        f"L{subscript(training.k)}" if is_bound(training) else "",
        "warm-up" if training.kl_warmup_epochs else "",
        count(training.epochs, "epoch"),
    ]
    return ", ".join(part for part in parts if part)


def has_weights(values: Mapping[str, str]) -> bool:
    """Whether the objective is made of terms that can be weighed, which a bound on k draws is not."""
    objective = {name: values[name] for name in ("objective", "k") if name in values}
    try:
        return not is_bound(with_text(TrainingConfig(), objective))
    except UsageError:
        return True


def configs(kind: str, values: Mapping[str, str]) -> tuple[Any, TrainingConfig]:
    """The model's and the run's config that values describe; what is missing is as in the kind's preset.

    Raises:
        UsageError: with the value that makes no sense.
    """
    preset = QUICK[KINDS[kind].preset]
    texts = {name: _plain(name, values[name]) for name in settings_of(kind) if name in values}
    of_model = {name: texts.pop(name) for name in KINDS[kind].fields if name in texts}
    if "dataset" in values:
        texts["dataset"] = values["dataset"]
        dataset = data.get(values["dataset"])
        of_model["image_shape"] = ",".join(map(str, dataset.image_shape))
        if "n_labels" in fields_of(type(preset.config)):
            of_model["n_labels"] = str(dataset.n_labels)
    config = with_text(preset.config, of_model)
    return config, runs.suited(with_text(preset.training, texts), config)


def _plain(setting: str, text: str) -> str:
    """1,000 is 1000 where it is one number."""
    return text.replace(",", "") if setting in RANGES and _THOUSANDS.fullmatch(text.strip()) else text


def preset_of(kind: str, values: Mapping[str, str], presets: Mapping[str, Preset]) -> str:
    """The name of that one of `presets` which the values describe; empty where it is none."""
    try:
        described = (kind, *configs(kind, values))
    except UsageError:
        return ""
    return next(
        (
            name
            for name, preset in presets.items()
            if described == (preset.model, preset.config, preset.training) and not preset.start
        ),
        "",
    )


def problems(kind: str, values: Mapping[str, str]) -> list[str]:
    """A sentence on each value that makes no sense by itself."""
    found = []
    for setting in settings_of(kind):
        if setting in values:
            try:
                configs(kind, {setting: values[setting]})
            except UsageError as error:
                found.append(in_the_forms_words(error, setting))
    return found


def new_run(kind: str, values: Mapping[str, str]) -> tuple[Run, dict[str, Any]]:
    """The run that values describe, not yet begun, and its card.

    Raises:
        UsageError: with the value that makes no sense.
    """
    return runs.new("mine", kind, *configs(kind, values))


def epochs(text: str) -> int:
    """The number of epochs that a text says.

    Raises:
        UsageError: if that is none that can be trained.
    """
    try:
        return with_text(TrainingConfig(), {"epochs": _plain("epochs", text)}).epochs
    except UsageError as error:
        raise UsageError(in_the_forms_words(error)) from error


def on_warmup(config: TrainingConfig) -> str:
    """What there is to remark on a warm-up that outlasts its run."""
    warmup, epochs = config.kl_warmup_epochs, config.epochs
    if warmup <= epochs:
        return ""
    return (
        f"The KL warm-up of {count(warmup, 'epoch')} outlasts the run of {epochs:,}: at its end the weight of the KL "
        f"is {config.beta * epochs / warmup:.2g}, not β = {config.beta:g}."
    )


def in_the_forms_words(error: LabError, setting: str = "") -> str:
    """The error's sentence, with the setting that it is about called what the form calls it.

    Where the value of another `setting` is what was tried, that one is named first.
    """
    about = error.setting if isinstance(error, UsageError) else None
    if setting and about != setting:
        return f"“{LABELS[setting]}”: {error}"
    if not isinstance(error, UsageError) or about not in LABELS:
        return str(error)
    return error.calling_it(f"“{LABELS[about]}”")
