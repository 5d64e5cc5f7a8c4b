"""The latent explorer on a page: where it starts, where it was left, and what that z means for the chosen image."""

import math

import streamlit as st
import torch
from torch import Tensor

from ui.address import url_state
from ui.explorer import BACKGROUNDS, Background, Plane, latent_explorer, move_to, publish_decoder, show_plane
from ui.images.choice import Chosen
from ui.images.decoded import Decoding
from ui.images.splits import dataset_for, model_inputs
from ui.words import number
from vaemodels.checkpoints import Checkpoint
from vaemodels.errors import UsageError
from vaemodels.models import Model

PARAMETERS = frozenset({"z", "axes", "background"})  # of a page with an explorer
POINTS = 400  # encoded test images on the plane
PRIOR_LIMIT = 3.5


def explorer(
    slot: str,
    name: str,
    checkpoint: Checkpoint,
    *,
    key: str,
    start: list[float],
    occasion: str = "",
    show: Decoding = "mean",
    seed: int = 0,
    in_link: bool = True,
) -> list[float] | None:
    """The latent explorer at `start` until the visitor moves it; returns the z they chose, as a link would give it.

    That z and what they have the plane show are kept in the address, but for those of a model that no link can show:
    then it is not `in_link`. `name` is that of the model, `checkpoint`.
    """
    if in_link and url_state.decides(key):
        _follow_address(key, name, checkpoint, start)
    z, plane = latent_explorer(slot, key=key, z=start, occasion=occasion, model=name, show=show, seed=seed)
    z = None if z is None else url_state.rounded(z)
    if z is None or not in_link or url_state.z_to_text(z) == url_state.z_to_text(start):
        url_state.put("z", None)
    elif len(z) == len(start):
        url_state.put("z", url_state.z_to_text(z))
    if plane.axes is None or not in_link:
        url_state.put("axes", None)
    elif max(plane.axes) < len(start):
        url_state.put("axes", url_state.axes_to_text(plane.axes))
    url_state.put("background", None if plane.background == BACKGROUNDS[0] else plane.background)
    return z


def _follow_address(key: str, name: str, checkpoint: Checkpoint, start: list[float]) -> None:
    text = url_state.get("z")
    if text is not None:
        try:
            z = url_state.z_from_text(text, len(start))
            move_to(key, _within_reach(z, start, name, checkpoint))
        except UsageError as error:
            url_state.note(str(error))
    elif key in st.session_state:  # back to before z was chosen
        move_to(key, start)
    show_plane(key, Plane(_axes_of_address(len(start)), _background_of_address()))


def _axes_of_address(z_dim: int) -> list[int] | None:
    text = url_state.get("axes")
    try:
        return None if text is None else url_state.axes_from_text(text, z_dim)
    except UsageError as error:
        url_state.note(str(error))
        return None


def _background_of_address() -> Background:
    wanted = url_state.get("background")
    for background in BACKGROUNDS:
        if background == wanted:
            return background
    if wanted is not None:
        url_state.note(
            f"The link asks for a background of the plane that is not here; showing the {BACKGROUNDS[0]}."
        )
    return BACKGROUNDS[0]


def _within_reach(z: list[float], start: list[float], name: str, checkpoint: Checkpoint) -> list[float]:
    """The z of a link, brought back to the sliders where it is farther out than the explorer and the codes ever are."""
    encoded, _ = _encoded(name, dataset_for(checkpoint), checkpoint)
    limit = _limit(checkpoint.model, encoded)
    reach = max(limit, encoded.abs().max().item(), *map(abs, start)) + 0.001  # a link rounds
    if all(abs(value) <= reach for value in z):
        return z
    url_state.note(
        f"The link's z lies beyond the sliders, which end at ±{limit:g}; it is brought back to their ends."
    )
    return [value if abs(value) <= reach else math.copysign(limit, value) for value in z]


def _limit(model: Model, encoded: Tensor) -> float:
    return PRIOR_LIMIT if model.has_likelihood else float(encoded.abs().quantile(0.95).ceil())


def publish(name: str, checkpoint: Checkpoint, slot: str) -> None:
    """Send a model's decoder to the page's `slot`, with encoded test images, and an extent that holds them."""
    encoded, labels = _encoded(name, dataset_for(checkpoint), checkpoint)
    publish_decoder(
        checkpoint.model,
        slot,
        key=f"{slot}-decoder",
        points=encoded,
        point_labels=labels,
        limit=_limit(checkpoint.model, encoded),
    )


# By session, as visitors give their own models the same names.
@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
@torch.no_grad()
def _encoded(name: str, dataset: str, _checkpoint: Checkpoint) -> tuple[Tensor, Tensor]:
    x, labels = model_inputs(dataset, _checkpoint.model, POINTS)
    return _checkpoint.model.embed(x), labels


@torch.no_grad()
def show_z(model: Model, chosen: Chosen, start: list[float], z: list[float] | None) -> None:
    """What the z that was let go of means for the chosen image, whose own code is `start`."""
    if z is None or len(z) != len(start) or url_state.z_to_text(z) == url_state.z_to_text(start):
        st.caption(
            "Drag in the plane, move a slider, or press the arrow keys: the image is decoded as you move."
        )
        return
    latent = torch.tensor(z)
    loss = number(-model.decode(latent).log_prob(chosen.x).item())
    if not model.has_likelihood:
        st.caption(f"Your z reconstructs the chosen image with an error of **{loss} nats**.")
        return
    density = number(model.encode(chosen.x.unsqueeze(0))["z"].log_prob(latent).item())
    st.caption(
        f"Your z reconstructs the chosen image at **−log p(x|z) = {loss} nats**; its log-density under the encoder is "
        f"log q(z|x) = {density} nats."
    )
