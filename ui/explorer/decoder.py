"""A model's decoder and prior as the browser needs them: the numbers, once a page."""

from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, ContinuousBernoulli, Independent

from ui.components.arrow import column
from ui.components.assets import component
from ui.explorer.networks import Arrays, as_columns, mlp_data, with_version
from vaemodels.analysis.priors import prior_components, prior_kind
from vaemodels.models import Model
from vaemodels.networks import LOG_STD_MAX, LOG_STD_MIN

_weights = component("vaelab_weights", Path(__file__).with_name("weights"))

Level = Literal["z1", "z2"]


def decodes_in_browser(model: Model) -> bool:
    """Whether the decoder is an MLP from end to end; any other one decodes on the server."""
    return not list(getattr(model, "to_image", nn.Sequential()).children())


@torch.no_grad()
def decoder_data(model: Model, level: Level = "z1") -> dict[str, Any]:
    """What the browser needs to decode as `model` does, and to draw from its prior: arrays and a `meta` dict.

    The decoder's arrays are `W0`, `b0`, … (`mlp_data`), p(z1|z2)'s of a model of two levels `upper_W0`, …, a mixture's
    components `means` and `stds`, `[K · z_dim]` each. `meta["version"]` is a digest of all of it: equal versions decode
    equally. What the browser moves is the latent next to x, that `Model.decode` takes, or under `level` "z2" the upper
    one of two; a model that knows labels takes one beside it, one-hot. A decoder that is no MLP has no arrays, and no
    `meta["sizes"]`: it is the server's to decode.
    """
    shape = tuple(model.config.image_shape)
    kind = prior_kind(model)
    arrays: Arrays = {}
    if kind == "mixture":
        means, stds = (part.float().cpu().numpy().ravel() for part in prior_components(model))
        arrays = {"means": means, "stds": stds}
    meta: dict[str, Any] = {
        "activation": model.config.activation,
        "log_std_limits": [LOG_STD_MIN, LOG_STD_MAX],
        "image_shape": list(shape),
        "z_dim": _decoded_dim(model),
        "n_labels": model.n_labels,
        "prior": None if kind == "none" else kind,
        **_family(model),
    }
    if kind == "two-level":
        assert isinstance(model.decoder_z1, nn.Sequential)
        upper, meta["upper_sizes"] = mlp_data(model.decoder_z1, "upper_")
        meta["level"] = level
        if level == "z2":
            meta |= {"prior": "standard", "z_dim": model.latent_dims["z2"]}
        arrays |= upper
    if decodes_in_browser(model):
        assert isinstance(model.decoder, nn.Sequential)
        decoder, sizes = mlp_data(model.decoder)
        assert sizes[-1] in (prod(shape), 2 * prod(shape))
        meta |= {"sizes": sizes, "output": "mean" if sizes[-1] == prod(shape) else "per_pixel"}
        arrays |= decoder
    return with_version(arrays, meta)


def _family(model: Model) -> dict[str, Any]:
    """p(x|z)'s family, and its standard deviation where that is one for all pixels and every z."""
    z = torch.zeros(1, _decoded_dim(model), device=model.device)
    y = torch.zeros(1, dtype=torch.long, device=model.device) if model.n_labels else None
    likelihood = model.decode(z, y)
    assert isinstance(likelihood, Independent)
    if isinstance(likelihood.base_dist, Bernoulli):
        return {"family": "bernoulli", "std": None}
    if isinstance(likelihood.base_dist, ContinuousBernoulli):
        return {"family": "continuous_bernoulli", "std": None}
    of_pixels = getattr(model.config, "variance", "fixed") == "per_pixel"
    return {"family": "gaussian", "std": None if of_pixels else float(likelihood.stddev.flatten()[0])}


def _decoded_dim(model: Model) -> int:
    """The size of the latent that `Model.decode` takes."""
    return next(iter(model.latent_dims.values()))


def publish_decoder(
    model: Model,
    slot: str,
    key: str,
    *,
    level: Level = "z1",
    points: Tensor | None = None,
    point_labels: Tensor | None = None,
    limit: float = 3.5,
) -> None:
    """Send `model`'s decoder to the page's `slot`; draws nothing. Unchanged weights are not sent again.

    Best called at the end of the page: whatever follows it moves up by one gap as the page loads.

    Args:
        level: of a model with two, the latent that the slot's components move.
        points: encoded images `[n, z_dim]` for the explorer's plane, marked by `point_labels: [n]` (digits).
            The plane starts with the two dimensions in which they vary most.
        limit: plane and sliders span −limit to limit.
    """
    data = as_columns(decoder_data(model, level))
    if points is not None and point_labels is not None:
        if points.shape[1] > 2:
            data["dims"] = sorted(points.var(dim=0).topk(2).indices.tolist())
        data["points"] = column(points.detach().float().cpu().numpy().ravel())
        data["labels"] = column(point_labels.cpu().numpy().astype(np.uint8))
    _weights(key=key, data={"slot": slot, "limit": limit, **data}, height=1)
