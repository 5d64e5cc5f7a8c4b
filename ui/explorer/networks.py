"""Networks as the browser's components take them: flat arrays by name, the sizes of their layers, and a digest."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from ui.components.arrow import column

Arrays = dict[str, npt.NDArray[Any]]


def mlp_data(network: nn.Module, prefix: str = "") -> tuple[Arrays, list[int]]:
    """An MLP's float32 arrays `<prefix>W0`, `<prefix>b0`, `<prefix>W1`, …, and its sizes, input first and output last.

    Each `W` is an `nn.Linear` weight `[out, in]` ravelled; the arrays share the model's memory where they can.
    """
    linears = [layer for layer in network.children() if isinstance(layer, nn.Linear)]
    arrays: Arrays = {}
    for i, layer in enumerate(linears):
        arrays[f"{prefix}W{i}"] = layer.weight.detach().float().cpu().numpy().ravel()
        arrays[f"{prefix}b{i}"] = layer.bias.detach().float().cpu().numpy()
    return arrays, [linears[0].in_features, *(layer.out_features for layer in linears)]


def with_version(arrays: Arrays, meta: dict[str, Any]) -> dict[str, Any]:
    """The arrays beside `meta`, to which `version` is added: a digest of all of it, equal where the networks are."""
    digest = hashlib.sha256(repr(meta).encode())
    for name in sorted(arrays):
        digest.update(arrays[name].data)
    return {**arrays, "meta": {**meta, "version": digest.hexdigest()}}


def as_columns(data: dict[str, Any]) -> dict[str, Any]:
    """What `with_version` gives, its arrays as a component is given them."""
    return {name: column(value) if isinstance(value, np.ndarray) else value for name, value in data.items()}
