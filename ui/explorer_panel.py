"""The latent explorer on a page: where it starts, where it was left, and what that z means for the chosen image."""

import streamlit as st
import torch
from torch import Tensor

from ui.address import url_state
from ui.explorer import latent_explorer, move_to, publish_decoder
from ui.images.choice import Chosen
from ui.images.decoded import Decoding
from ui.images.splits import dataset_for, model_inputs
from ui.words import number
from vaemodels.checkpoints import Checkpoint
from vaemodels.errors import UsageError
from vaemodels.models import Model

POINTS = 400  # encoded test images on the plane
PRIOR_LIMIT = 3.5


def explorer(
    slot: str,
    *,
    key: str,
    start: list[float],
    occasion: str = "",
    show: Decoding = "mean",
    seed: int = 0,
    in_link: bool = True,
) -> list[float] | None:
    """The latent explorer at `start` until the visitor moves it; the z they choose is kept in the address.

    Not that of a model that no link can show: then it is not `in_link`.
    """
    if url_state.decides(key):
        _follow_address(key, start)
    z = latent_explorer(slot, key=key, z=start, occasion=occasion, show=show, seed=seed)
    if z is None or not in_link or url_state.z_to_text(z) == url_state.z_to_text(start):
        url_state.put("z", None)
    elif len(z) == len(start):
        url_state.put("z", url_state.z_to_text(z))
    return z


def _follow_address(key: str, start: list[float]) -> None:
    text = url_state.get("z")
    if text is None:
        if key in st.session_state:  # back to before z was chosen
            move_to(key, start)
        return
    try:
        move_to(key, url_state.z_from_text(text, len(start)))
    except UsageError as error:
        url_state.note(str(error))


def publish(name: str, checkpoint: Checkpoint, slot: str) -> None:
    """Send a model's decoder to the page's `slot`, with encoded test images, and an extent that holds them."""
    encoded, labels = _encoded(name, dataset_for(checkpoint), checkpoint)
    limit = PRIOR_LIMIT if checkpoint.model.has_likelihood else float(encoded.abs().quantile(0.95).ceil())
    publish_decoder(
        checkpoint.model, slot, key=f"{slot}-decoder", points=encoded, point_labels=labels, limit=limit
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
