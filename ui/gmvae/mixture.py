"""The page's centre: the mosaic of components, the plane on which a mean is dragged, what the image makes of them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ui.components.arrow import column
from ui.components.assets import component
from ui.explorer.encoder import DRAWS, noise_of_terms
from ui.explorer_panel import POINTS
from ui.gmvae import choice
from ui.gmvae.choice import KEY, Mixture
from ui.gmvae.facts import facts, measured_on, prior_of, with_moved
from ui.looks import View
from vaemodels.analysis.mixtures import image_draws

_mixture = component("vaelab_mixture", Path(__file__).with_name("mixture"))


@torch.no_grad()
def mixture(view: View, in_link: bool) -> Mixture:
    """Draw it; returns what the visitor made of it, which is kept in the address too.

    The browser decodes with what is published to the view's slot. It is told the image's q(z|x) with the noise of the
    draws that its KL is a mean of, and what the test images make of the components, moved or not.
    """
    code, prior, noise = view.code_of(view.chosen), prior_of(view), noise_of_terms(view.model, DRAWS)["z"]
    assert code.std is not None
    own = int(image_draws(prior, code.mean[0], code.std[0], noise).responsibilities.argmax())
    shown, turn = choice.current(view.name, prior, own, in_link)
    moved = shown.moved if in_link else {}
    codes, occupancy = facts(view, moved)
    assert codes.std is not None
    data: dict[str, Any] = {
        "slot": view.slot,
        "key": KEY,
        "turn": turn,
        "component": shown.component,
        "moved": {str(i): list(mean) for i, mean in shown.moved.items()},
        "behind": shown.behind,
        "axes": shown.axes,
        "image": {
            "mean": code.mean[0].tolist(),
            "std": code.std[0].tolist(),
            "name": "The image" if view.chosen.label is None else f"The image, a {view.chosen.label}",
        },
        "noise": _flat(noise),
        "shares": _flat(occupancy.shares),
        "counts": column(occupancy.table.numpy().astype(np.uint16).ravel()),
        "labels": occupancy.table.shape[1],
        "code_stds": _flat(codes.std[:POINTS]),
        "about": measured_on(view, codes) + with_moved(moved),
        "show": view.show,
        "seed": view.seed,
    }
    _mixture(key=KEY, data=data, on_told_change=lambda: None)
    made = choice.told(in_link)
    choice.to_address(made)
    return made


def _flat(values: Tensor) -> Any:
    return column(values.float().numpy().ravel())
