"""The models a visitor can choose on a page: the pretrained ones, shared, and their own, theirs alone."""

import hashlib
import itertools
import re
from collections.abc import Collection, Iterable

import streamlit as st

from ui.kinds import KINDS
from ui.words import binarisation, dataset, number, subscript, training_length
from vaemodels import checkpoints
from vaemodels.checkpoints import Card, Checkpoint
from vaemodels.errors import LabError
from vaemodels.losses import nelbo
from vaemodels.models import MODELS, Model
from vaemodels.presets import PRESETS

MAX_OWN = 8
DIGITS = 10
OWN_NAME = re.compile(r"mine-[0-9]{1,6}")
IMAGE_SHAPE = (1, 28, 28)  # what visitors' own models draw


# As many as a page compares at once: each takes 3 MB. What only its card is asked for takes none.
@st.cache_resource(max_entries=8, show_spinner=False)
def pretrained(name: str) -> Checkpoint:
    """A checkpoint of pretrained/, loaded once for all visitors: read it, never write to it."""
    return checkpoints.load(name)


# A list of models asks for each one's, several times a page: one to share takes less than copies for all who ask.
@st.cache_resource(max_entries=64, show_spinner=False)
def pretrained_card(name: str) -> Card:
    """The card of a checkpoint of pretrained/, without its weights: read it, never write to it."""
    return checkpoints.read_card(name)


def own() -> dict[str, Checkpoint]:
    """The models this visitor trained, by name, oldest first."""
    return {name: checkpoint for name, (checkpoint, _) in _kept().items() if name != discarded()}


def own_file(name: str) -> bytes:
    """A visitor's model as the checkpoint file to download."""
    return _kept()[name][1]


def keep(file: bytes, name: str = "") -> str:
    """Keep a visitor's checkpoint file for this session; returns the name it got: `name`, if that is free.

    A name is not given to a second file, not even once the first is gone: what is computed of a model is kept by it.
    """
    checkpoint = checkpoints.loads(file)
    named: dict[str, str] = st.session_state.setdefault("own_names", {})
    digest = hashlib.sha256(file).hexdigest()
    if not OWN_NAME.fullmatch(name) or name in own() or named.get(name, digest) != digest:
        name = next(free for i in itertools.count(1) if (free := f"mine-{i}") not in named)
    if name == discarded():
        st.session_state["own_discarded"] = None
    named[name] = digest
    _kept()[name] = (checkpoint, file)
    return name


def room() -> int:
    """How many more models the visitor may keep."""
    return MAX_OWN - len(own())


def discard(name: str) -> None:
    """Take a visitor's model away, to be had back until the next one is."""
    if name in own():
        _kept().pop(discarded() or "", None)
        st.session_state["own_discarded"] = name


def discarded() -> str | None:
    """The name of the model that was taken away last, while it can be had back."""
    name: str | None = st.session_state.get("own_discarded")
    return name


def restore() -> None:
    """Give the model that was taken away last back to the visitor."""
    st.session_state["own_discarded"] = None


def use(name: str) -> None:
    """Make the page one about the model `name`, from its next whole run on."""
    st.session_state["wanted_model"] = name


def _kept() -> dict[str, tuple[Checkpoint, bytes]]:
    kept: dict[str, tuple[Checkpoint, bytes]] = st.session_state.setdefault("own_models", {})
    return kept


def names(
    kinds: Collection[str], image_shape: tuple[int, int, int] | None = None, z_dim: int | None = None
) -> list[str]:
    """Own models first, newest first, then the pretrained ones, of these kinds, and of images of that shape or of any.

    With `z_dim` those with one latent of so many dimensions.

    The pretrained ones stand kind by kind, those of a kind as the presets do.
    """
    mine = [
        name
        for name, own_one in reversed(own().items())
        if _is_offered(own_one.card, kinds, image_shape, z_dim)
    ]
    ready = [name for name in checkpoints.pretrained_names() if _is_readable(name, kinds, image_shape, z_dim)]
    return mine + sorted(ready, key=_place)


def _place(name: str) -> tuple[int, int, str]:
    place = list(PRESETS).index(name) if name in PRESETS else len(PRESETS)
    return list(KINDS).index(pretrained_card(name)["model"]), place, name


def _is_offered(
    card: Card, kinds: Collection[str], image_shape: tuple[int, int, int] | None, z_dim: int | None
) -> bool:
    config = card["config"]
    fits = image_shape in (None, tuple(config["image_shape"])) and z_dim in (None, config.get("z_dim"))
    digits = config.get("n_labels", DIGITS) == DIGITS  # what the pages of labelled models write
    return card["model"] in kinds and fits and digits


def _is_readable(
    name: str, kinds: Collection[str], image_shape: tuple[int, int, int] | None, z_dim: int | None
) -> bool:
    """Whether a pretrained checkpoint is on offer; a damaged file is on none."""
    try:
        return _is_offered(pretrained_card(name), kinds, image_shape, z_dim)
    except LabError:
        return False


def get(name: str) -> Checkpoint:
    """The visitor's own model of that name, else the pretrained one."""
    return own()[name] if name in own() else pretrained(name)


def describe(card: Card) -> str:
    """One line on what a model is and how it measured, with what it was measured on."""
    training = card["training"]
    text = f"{title(card)}, trained on {dataset(card['dataset'])} for {training_length(card)}"
    if training["reconstruction_weight"] != 1:
        text += f" with the reconstruction times {training['reconstruction_weight']:g}"
    if _type(card).has_likelihood and training["beta"] != 1:
        text += f" with β = {training['beta']:g}"
    if training.get("objective", "elbo") != "elbo":
        text += f" to maximise L{subscript(training['k'])}"
    if training.get("gen_weight", 1) == 0:
        text += " as a classifier alone"
    if card.get("start") in PRESETS:
        text += f", from the weights of {card['start']}"
    if card.get("changes"):
        text += ", settings changed as it went on"
    return f"{text}. {_measured(card)}".rstrip()


def _type(card: Card) -> type[Model]:
    model_type: type[Model] = MODELS[card["model"]][0]
    return model_type


def title(card: Card) -> str:
    """Its kind and size in a few words."""
    kind = KINDS[card["model"]]
    return f"{kind.title}, {kind.size(card['config'])}"


def titles(names: Iterable[str]) -> dict[str, str]:
    """Models by name as a list offers them, each in a line: its name, that a narrow list cuts last, and what it is."""
    mine = own()
    return {
        name: f"{name} · {_line(mine[name].card if name in mine else pretrained_card(name))}"
        for name in names
    }


def _line(card: Card) -> str:
    """What a model is, that which sets it apart from others first."""
    kind, training = KINDS[card["model"]], card["training"]
    parts = [kind.title]
    if training["reconstruction_weight"] == 0:
        parts.append("KL alone")
    elif _type(card).has_likelihood and training["beta"] == 0:
        parts.append("reconstruction alone")
    elif _type(card).has_likelihood and training["beta"] != 1:
        parts = [f"β-{kind.title}", f"β = {training['beta']:g}"]
    if training.get("objective", "elbo") != "elbo":
        parts.append(f"trained on the IWAE's L{subscript(training['k'])}")
    if training.get("gen_weight", 1) == 0:
        parts.append("classifier alone")
    return ", ".join([*parts, kind.size(card["config"]), dataset(card["dataset"])])


def _measured(card: Card) -> str:
    """The best number there is: the test split's, else the held-out images' at the end of training."""
    result = card["evaluation"]
    likelihood = _type(card).has_likelihood
    label = ("−ELBO(x|y)" if _type(card).needs_labels else "−ELBO") if likelihood else "Reconstruction error"
    if result is None:
        if not card["history"]:
            return ""
        last = nelbo(card["history"][-1]["held_out"])
        return f"{label} {last:.1f} nats on held-out images after the last whole epoch."
    measure = "nelbo" if likelihood else "reconstruction"
    right = "" if result.get("accuracy") is None else f", {result['accuracy']:.1%} of labels right"
    stderr = result["stderr"][measure]  # none, where one image was measured
    error = "" if stderr is None else f" ± {number(stderr)}"
    return (
        f"{label} {number(result[measure])}{error} nats{right} "
        f"({result['n']:,} test images of {dataset(result['dataset'])}, "
        f"{binarisation(result['binarization'], result['dataset'])}{_dynamically(card)})"
        f"{'.' if likelihood else '; no likelihood.'}"
    )


def _dynamically(card: Card) -> str:
    """The −ELBO of the same images by dynamic binarisation, where that was measured, too."""
    result, other = card["evaluation"], card.get("evaluation_dynamic")
    if other is None or any(other[key] != result[key] for key in ("dataset", "split", "n")):
        return ""
    return f", {number(other['nelbo'])} by dynamic"


def present(names: Iterable[str]) -> dict[str, Checkpoint]:
    """The pretrained models of those names that can be opened; a sentence on the page names the others."""
    found: dict[str, Checkpoint] = {}
    missing: list[str] = []
    for name in names:
        try:
            found[name] = pretrained(name)
        except LabError:
            missing.append(name)
    if missing:
        st.warning(
            f"Missing from the folder pretrained/: {', '.join(missing)}. What is here is shown; "
            "fetch the project again to get the rest."
        )
    return found
