"""A model's inference networks as the browser needs them, so that it can encode what is being drawn."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ui.components.assets import component
from ui.explorer.decoder import decoder_data, decodes_in_browser
from ui.explorer.networks import Arrays, as_columns, mlp_data, with_version
from ui.images.splits import binarization
from vaemodels.models import SSVAE, Model
from vaemodels.networks import LOG_STD_MAX, LOG_STD_MIN

_inference = component("vaelab_inference", Path(__file__).with_name("inference"))

DRAWS = 64  # of z, as `vaemodels.evaluation.image_terms` takes them
NETWORKS = ("encoder", "classifier", "encoder_z2")


def encoder_data(model: Model, guesser: SSVAE | None = None) -> dict[str, Any]:
    """What the browser needs to infer as `model` does: the networks' arrays, the noise of its draws, a `meta` dict.

    Of `encoder` (q(z|x), q(z|x, y) or q(z1|x)), and where there are such of `classifier` (q(y|x)) and `encoder_z2`
    (q(z2|x) or q(z2|z1)), the arrays are `<network>_W0`, …, as `mlp_data` gives them. `noise_z`, of shape
    `[DRAWS, z_dim]` or, where labels are summed out, `[n_labels, DRAWS, z_dim]`, and `noise_z2: [DRAWS, z2_dim]` are
    the numbers that `image_terms` draws, ravelled. The classifier of a `guesser`, which guesses the label for a model
    that is told it, is the network `guesser`.
    """
    arrays: Arrays = {}
    sizes: dict[str, list[int]] = {}
    networks = {name: getattr(model, name, None) for name in NETWORKS}
    if guesser is not None:
        networks["guesser"] = guesser.classifier
    for name, network in networks.items():
        if isinstance(network, nn.Sequential):
            of_network, sizes[name] = mlp_data(network, f"{name}_")
            arrays |= of_network
    draws = DRAWS if model.has_likelihood else 1
    for name, noise in noise_of_terms(model, draws).items():
        arrays[f"noise_{name}"] = noise.numpy().ravel()
    upper_from = None
    if "encoder_z2" in sizes:
        upper_from = "x" if model.factorised_posterior else "z"
    meta = {
        "sizes": sizes,
        "activation": model.config.activation,
        "log_std_limits": [LOG_STD_MIN, LOG_STD_MAX],
        "z_dim": next(iter(model.latent_dims.values())),
        "n_labels": model.n_labels,
        "given_label": model.n_labels > 0,
        "spread": getattr(model.config, "spread", "log_std"),
        "deterministic": not model.has_likelihood,
        "upper_from": upper_from,
        "draws": draws,
        "black_and_white": binarization(model) == "static",
        "decoder": decoder_data(model)["meta"]["version"],
    }
    return with_version(arrays, meta)


def noise_of_terms(model: Model, draws: int, seed: int = 0) -> dict[str, Tensor]:
    """The standard normal numbers of `image_terms`' draws, by latent, in the order in which it draws them."""
    if not model.has_likelihood:
        return {}
    generator = torch.Generator().manual_seed(seed)
    sums_labels_out = model.n_labels > 0 and not model.needs_labels
    rows = (model.n_labels, draws) if sums_labels_out else (draws,)
    return {
        latent.replace("z1", "z"): torch.randn((*rows, dim), generator=generator)
        for latent, dim in model.latent_dims.items()
    }


def publish_encoder(model: Model, slot: str, key: str, guesser: SSVAE | None = None) -> None:
    """Send `model`'s inference networks to the page's `slot`, where they follow what is drawn; draws nothing.

    A `guesser` guesses what is drawn for a model that is told the label, until the visitor says it (registry.js).

    Nothing is sent of a model whose networks are no MLPs, nor again of unchanged weights.
    """
    if decodes_in_browser(model):
        _inference(key=key, data={"slot": slot, **as_columns(encoder_data(model, guesser))}, height=1)
