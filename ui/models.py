"""The models a visitor can choose on a page: the pretrained ones, shared, and their own, theirs alone."""

import streamlit as st

from vaemodels import checkpoints
from vaemodels.checkpoints import Card, Checkpoint
from vaemodels.errors import LabError

MAX_OWN = 8


@st.cache_resource(max_entries=16, show_spinner=False)
def pretrained(name: str) -> Checkpoint:
    """A checkpoint of pretrained/, loaded once for all visitors: read it, never write to it."""
    return checkpoints.load(name)


@st.cache_data(max_entries=64, show_spinner=False)
def pretrained_card(name: str) -> Card:
    """The card of a checkpoint of pretrained/, without its weights."""
    return checkpoints.read_card(name)


def own() -> dict[str, Checkpoint]:
    """The models this visitor trained, by name, oldest first."""
    return {name: checkpoint for name, (checkpoint, _) in _kept().items()}


def own_file(name: str) -> bytes:
    """A visitor's model as the checkpoint file to download."""
    return _kept()[name][1]


def keep(file: bytes) -> str:
    """Keep a visitor's checkpoint file for this session; returns the name it got."""
    number = st.session_state["own_models_made"] = st.session_state.get("own_models_made", 0) + 1
    name = f"mine-{number}"
    _kept()[name] = (checkpoints.loads(file), file)
    return name


def discard(name: str) -> None:
    """Forget a visitor's model."""
    _kept().pop(name, None)


def _kept() -> dict[str, tuple[Checkpoint, bytes]]:
    kept: dict[str, tuple[Checkpoint, bytes]] = st.session_state.setdefault("own_models", {})
    return kept


def names(kinds: set[str]) -> list[str]:
    """Own models first, then the pretrained ones, of the given kinds of model."""
    mine = [name for name, checkpoint in reversed(own().items()) if checkpoint.model.name in kinds]
    return mine + [name for name in checkpoints.pretrained_names() if _kind(name) in kinds]


def _kind(name: str) -> str | None:
    """What kind of model a pretrained checkpoint holds; None for a damaged file, which no page then offers."""
    try:
        return str(pretrained_card(name)["model"])
    except LabError:
        return None


def get(name: str) -> Checkpoint:
    """The visitor's own model of that name, else the pretrained one."""
    return own()[name] if name in own() else pretrained(name)


def describe(card: Card) -> str:
    """One line on what a model is and how it measured, with what it was measured on."""
    config = card["config"]
    kind: str = {"vae": "VAE", "ae": "Autoencoder"}.get(card["model"], card["model"].upper())
    text = f"{kind}, {config['z_dim']} dimensions, trained on {card['dataset']} for {card['epoch']} epochs"
    beta = card["training"].get("beta", 1.0)
    if card["model"] != "ae" and beta != 1:
        text += f" with β = {beta:g}"
    result = card["evaluation"]
    if result is None:
        return text + "."
    on = (
        f"{result['n']:,} {result['dataset']} {result['split']} images, {result['binarization']} binarisation"
    )
    if result["nelbo"] is None:
        value, error = result["reconstruction"], result["stderr"]["reconstruction"]
        return f"{text}. Reconstruction error {value:.1f} ± {error:.1f} nats ({on}); no likelihood."
    return f"{text}. −ELBO {result['nelbo']:.1f} ± {result['stderr']['nelbo']:.1f} nats ({on})."
