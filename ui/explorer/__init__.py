"""The latent explorer: a decoder that runs in the browser, so that images follow the pointer.

`publish_decoder` sends a model's decoder once to a named *slot* of the page; every `latent_explorer`
and `prior_samples` on that slot decodes with it, without asking the server, and follows when other
weights are published to the slot.
"""

import hashlib
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Independent

from ui.arrow import column
from vaemodels.models import Model
from vaemodels.networks import LOG_STD_MAX, LOG_STD_MIN

_HERE = Path(__file__).parent


def _read(*names: str) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)


_weights = st.components.v2.component("vaelab_weights", js=_read("decoder.js", "registry.js", "weights.js"))
_explorer = st.components.v2.component(
    "vaelab_explorer",
    html=_read("explorer.html"),
    css=_read("controls.css", "explorer.css"),
    js=_read("decoder.js", "registry.js", "theme.js", "plane.js", "explorer.js"),
)
_samples = st.components.v2.component(
    "vaelab_samples",
    html=_read("samples.html"),
    css=_read("controls.css", "samples.css"),
    js=_read("decoder.js", "registry.js", "samples.js"),
)


@torch.no_grad()
def decoder_data(model: Model) -> dict[str, Any]:
    """What the browser needs to decode as `model` does: float32 arrays `W0`, `b0`, `W1`, … and a `meta` dict.

    Each `W` is an `nn.Linear` weight `[out, in]` ravelled; the arrays share the model's memory.
    `meta["version"]` is a digest of all of it: equal versions decode equally.
    """
    assert isinstance(model.decoder, nn.Sequential)
    linears = [layer for layer in model.decoder if isinstance(layer, nn.Linear)]
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for i, layer in enumerate(linears):
        arrays[f"W{i}"] = layer.weight.detach().float().cpu().numpy().ravel()
        arrays[f"b{i}"] = layer.bias.detach().float().cpu().numpy()
    [z_dim] = model.latent_dims.values()
    shape = tuple(model.config.image_shape)
    likelihood = model.decode(
        torch.zeros(1, z_dim, device=model.device),
        torch.zeros(1, dtype=torch.long, device=model.device) if model.n_labels else None,
    )
    assert isinstance(likelihood, Independent)
    bernoulli = isinstance(likelihood.base_dist, Bernoulli)
    per_pixel = linears[-1].out_features == 2 * prod(shape)
    meta: dict[str, Any] = {
        "sizes": [linears[0].in_features, *(layer.out_features for layer in linears)],
        "activation": model.config.activation,
        "family": "bernoulli" if bernoulli else "gaussian",
        "output": "per_pixel" if per_pixel else "mean",
        "std": None if bernoulli or per_pixel else float(likelihood.stddev.flatten()[0]),
        "log_std_limits": [LOG_STD_MIN, LOG_STD_MAX],
        "image_shape": list(shape),
        "z_dim": z_dim,
        "n_labels": model.n_labels,
        "prior": model.has_likelihood,
    }
    digest = hashlib.sha256(repr(meta).encode())
    for array in arrays.values():
        digest.update(array.data)
    return {**arrays, "meta": {**meta, "version": digest.hexdigest()}}


def publish_decoder(
    model: Model,
    slot: str,
    key: str,
    *,
    points: Tensor | None = None,
    point_labels: Tensor | None = None,
    limit: float = 3.5,
) -> None:
    """Send `model`'s decoder to the page's `slot`; draws nothing. Unchanged weights are not sent again.

    Best called at the end of the page: whatever follows it moves up by one gap as the page loads.

    Args:
        points: encoded images `[n, z_dim]` for the explorer's plane, marked by `point_labels: [n]` (digits).
            The plane starts with the two dimensions in which they vary most.
        limit: plane and sliders span −limit to limit.
    """
    parts = decoder_data(model).items()
    data = {name: column(value) if isinstance(value, np.ndarray) else value for name, value in parts}
    if points is not None and point_labels is not None:
        if points.shape[1] > 2:
            data["dims"] = sorted(points.var(dim=0).topk(2).indices.tolist())
        data["points"] = column(points.detach().float().cpu().numpy().ravel())
        data["labels"] = column(point_labels.cpu().numpy().astype(np.uint8))
    _weights(key=key, data={"slot": slot, "limit": limit, **data}, height=1)


def latent_explorer(
    slot: str,
    *,
    key: str,
    z: Sequence[float] | None = None,
    token: str | int | None = None,
    seed: int = 0,
    height: int = 380,
    background: Literal["manifold", "digits", "plain"] = "manifold",
) -> list[float] | None:
    """The explorer of the decoder in `slot`; returns the z the visitor last let go of, or None before that.

    The explorer keeps its own z. It moves to `z` when it first appears and whenever `token` changes, and
    what it returns is always from after the last change of `token`. A visitor who comes back to the page
    finds the z they left.

    Args:
        seed: of the noise in a draw x ~ p(x|z).
        height: side of the image and of the plane where there is room, in pixels.
        background: of the plane at first; "digits" needs published points.
    """
    fresh = {"token": token, "left": None, "start": z}
    memory: dict[str, Any] = st.session_state.setdefault(f"_{key}_memory", fresh)
    if memory["token"] != token:
        memory.update(token=token, left=None, start=z)
    elif key not in st.session_state and memory["left"] is not None:
        memory["start"] = memory["left"]  # the visitor left the page and is back
    data: dict[str, Any] = {
        "slot": slot,
        "key": key,
        "z": memory["start"] and [float(value) for value in memory["start"]],
        "token": token,
        "seed": seed,
        "height": height,
        "background": background,
    }
    released = _explorer(key=key, data=data, on_released_change=lambda: None).released
    if released is not None and released["token"] == token:
        memory["left"] = released["z"]
    return memory["left"]


def prior_samples(slot: str, *, key: str, rows: int = 4, columns: int = 8, seed: int = 0) -> None:
    """A grid of images decoded from z ~ N(0, I) by the decoder in `slot`.

    Choosing one moves the slot's explorers to its z. The noise stays while the weights change.
    """
    _samples(key=key, data={"slot": slot, "rows": rows, "columns": columns, "seed": seed})
