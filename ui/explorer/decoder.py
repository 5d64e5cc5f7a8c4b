"""A model's decoder as the browser needs it: the numbers, once a page."""

import hashlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Independent

from ui.components.arrow import column
from ui.components.assets import component
from vaemodels.models import Model
from vaemodels.networks import LOG_STD_MAX, LOG_STD_MIN

_weights = component("vaelab_weights", Path(__file__).with_name("weights"))


@torch.no_grad()
def decoder_data(model: Model) -> dict[str, Any]:
    """What the browser needs to decode as `model` does: float32 arrays `W0`, `b0`, `W1`, … and a `meta` dict.

    Each `W` is an `nn.Linear` weight `[out, in]` ravelled; the arrays share the model's memory.
    `meta["version"]` is a digest of all of it: equal versions decode equally. What the browser moves is the latent
    next to x, that `Model.decode` takes; a model that knows labels takes one beside it, one-hot.
    """
    assert isinstance(model.decoder, nn.Sequential)
    linears = [layer for layer in model.decoder if isinstance(layer, nn.Linear)]
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for i, layer in enumerate(linears):
        arrays[f"W{i}"] = layer.weight.detach().float().cpu().numpy().ravel()
        arrays[f"b{i}"] = layer.bias.detach().float().cpu().numpy()
    z_dim = linears[0].in_features - model.n_labels
    shape = tuple(model.config.image_shape)
    assert linears[-1].out_features in (prod(shape), 2 * prod(shape))
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
