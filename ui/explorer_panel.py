"""The latent explorer on a page: where it starts, where it was left, and what that z means for the chosen image."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor
from torch.distributions import Independent, Normal

from ui.address import url_state
from ui.explorer import (
    BACKGROUNDS,
    Background,
    Plane,
    Posterior,
    decodes_in_browser,
    latent_explorer,
    move_to,
    publish_decoder,
    publish_encoder,
    show_plane,
)
from ui.images.choice import Chosen, told
from ui.images.decoded import Decoding, decoded
from ui.images.splits import dataset_for, model_inputs
from ui.words import number
from vaemodels.analysis.latent_space import encode
from vaemodels.analysis.priors import prior_kind
from vaemodels.checkpoints import Checkpoint
from vaemodels.errors import UsageError
from vaemodels.models import SSVAE, Model

PARAMETERS = frozenset({"z", "digit", "axes", "background"})  # of a page with an explorer
POINTS = 400  # encoded test images on the plane
STANDARD_LIMIT = 3.5  # of the plane of a standard normal prior
PRIOR_DRAWS = 1_000  # which tell how far any other prior reaches


class Place(NamedTuple):
    """A place in a latent space: z, and the label beside it, None for a model that writes none."""

    z: list[float]
    label: int | None = None


class Start(NamedTuple):
    """Where an explorer begins: the code of an image, and its q(z|x) where there is one."""

    place: Place
    posterior: Posterior | None = None


def start_at(model: Model, chosen: Chosen) -> Start:
    """The chosen image's code: at its label, where a model is told that, else at the most probable one."""
    label = told(model, chosen)
    codes = encode(model, chosen.x.unsqueeze(0), None if label is None else label.unsqueeze(0))
    place = Place(codes.mean[0].tolist(), None if codes.y is None else int(codes.y))
    return Start(place, None if codes.std is None else Posterior(place.z, codes.std[0].tolist()))


def explorer(
    slot: str,
    name: str,
    checkpoint: Checkpoint,
    *,
    key: str,
    start: Start,
    occasion: str = "",
    show: Decoding = "mean",
    seed: int = 0,
    in_link: bool = True,
) -> Place | None:
    """The latent explorer at `start` until the visitor moves it; returns where they went, as a link would give it.

    That place and what they have the plane show are kept in the address, but for those of a model that no link can
    show: then it is not `in_link`. `name` is that of the model, `checkpoint`.
    """
    if in_link and url_state.decides(key):
        _follow_address(key, name, checkpoint, start.place)
    model = checkpoint.model

    @torch.no_grad()
    def decode(z: Sequence[float], label: int | None) -> Tensor:
        y = None if label is None else torch.tensor([label])
        return decoded(model, torch.tensor([z]), show, seed, y)[0]

    explored = latent_explorer(
        slot,
        key=key,
        z=start.place.z,
        label=start.place.label,
        posterior=start.posterior,
        decode=None if decodes_in_browser(model) else decode,
        occasion=occasion,
        model=name,
        show=show,
        seed=seed,
    )
    chosen = None if explored.z is None else Place(url_state.rounded(explored.z), explored.label)
    _tell_address(chosen, explored.plane, start.place, in_link)
    return chosen


def is_elsewhere(place: Place | None, start: Place) -> bool:
    """Whether the visitor has gone somewhere else in the latent space than where the explorer began."""
    if place is None or len(place.z) != len(start.z):
        return False
    return place.label != start.label or url_state.z_to_text(place.z) != url_state.z_to_text(start.z)


def _tell_address(place: Place | None, plane: Plane, start: Place, in_link: bool) -> None:
    z_dim = len(start.z)
    if place is None or not in_link or not is_elsewhere(place, start):
        if place is None or not in_link or len(place.z) == z_dim:
            url_state.put("z", None)
            url_state.put("digit", None)
    else:
        moved = url_state.z_to_text(place.z) != url_state.z_to_text(start.z)
        url_state.put("z", url_state.z_to_text(place.z) if moved else None)
        url_state.put("digit", None if place.label == start.label else str(place.label))
    if plane.axes is None or not in_link:
        url_state.put("axes", None)
    elif max(plane.axes) < z_dim:
        url_state.put("axes", url_state.axes_to_text(plane.axes))
    url_state.put("background", None if plane.background == BACKGROUNDS[0] else plane.background)


def _follow_address(key: str, name: str, checkpoint: Checkpoint, start: Place) -> None:
    text = url_state.get("z")
    label = _label_of_address(checkpoint.model.n_labels, start)
    if text is not None:
        try:
            z = url_state.z_from_text(text, len(start.z))
            move_to(key, _within_reach(z, start.z, name, checkpoint), label)
        except UsageError as error:
            url_state.note(str(error))
    elif key in st.session_state or label != start.label:  # back to before z was chosen
        move_to(key, start.z, label)
    show_plane(key, Plane(axes_of_address("axes", len(start.z)), _background_of_address()))


def _label_of_address(n_labels: int, start: Place) -> int | None:
    text = url_state.get("digit")
    if text is None:
        return start.label
    if not n_labels or not text.isdecimal() or len(text) > 3 or int(text) >= n_labels:
        what = f"a digit from 0 to {n_labels - 1}" if n_labels else "for this model, which writes none"
        url_state.note(f"The link's digit is not {what}; the explorer starts as usual.")
        return start.label
    return int(text)


def axes_of_address(parameter: str, z_dim: int) -> list[int] | None:
    """The two dimensions of a plane that the address holds; what can't be read is told, and is None as without any."""
    text = url_state.get(parameter)
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
    """How far the plane reaches: over its prior's bulk and nearly all codes, a standard normal's as far everywhere."""
    if not model.has_likelihood:
        return float(encoded.abs().quantile(0.95).ceil())
    if prior_kind(model) == "standard":
        return STANDARD_LIMIT
    draws = model.sample_prior(PRIOR_DRAWS, torch.Generator(model.device).manual_seed(0))
    return max(STANDARD_LIMIT, math.ceil(2 * draws.abs().quantile(0.995).item()) / 2)


def encode_drawings(model: Model, slot: str, guesser: SSVAE | None = None) -> None:
    """Send a model's inference networks to the page's `slot`, once there is something to draw on.

    A `guesser` tells a model that needs labels what is drawn.
    """
    if st.session_state.get("images") == "draw":
        publish_encoder(model, slot, key=f"{slot}-encoder", guesser=guesser)


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
    model = _checkpoint.model
    x, labels = model_inputs(dataset, model, POINTS)
    return model.embed(x, labels if model.needs_labels else None), labels


@torch.no_grad()
def show_z(model: Model, chosen: Chosen, start: Start, place: Place | None) -> None:
    """What the z that was let go of means for the chosen image, whose own code is at the `start`."""
    if place is None or not is_elsewhere(place, start.place):
        st.caption(
            "Drag in the plane, move a slider, or press the arrow keys: the image is decoded as you move."
        )
        return
    named = next(iter(model.latent_dims))  # z or, of two levels, z1
    z, y = torch.tensor(place.z), None if place.label is None else torch.tensor(place.label)
    loss = number(-model.decode(z, y).log_prob(chosen.x).item())
    written = "" if place.label is None else f", written as {place.label},"
    if start.posterior is None:
        st.caption(f"Your {named}{written} reconstructs the chosen image with an error of **{loss} nats**.")
        return
    given_y = "y, " if model.n_labels else ""
    mean, std = (torch.tensor(part) for part in start.posterior)
    density = number(Independent(Normal(mean, std), 1).log_prob(z).item())
    st.caption(
        f"Your {named}{written} reconstructs the chosen image at **−log p(x|{given_y}{named}) = {loss} nats**; its "
        f"log-density under the encoder is log q({named}|x{', y' if given_y else ''}) = {density} nats."
    )
