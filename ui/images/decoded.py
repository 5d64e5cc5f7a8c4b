"""Decoded images as pages show them: the mean or a draw, many of them in one picture."""

import html
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.distributions import Bernoulli, ContinuousBernoulli, Independent

from ui.images.figures import figure
from ui.images.noise import normals, uniforms
from vaemodels.models import Model
from vaemodels.pictures import grid

Decoding = Literal["mean", "draw"]  # what a decoded image shows of p(x|z)


@torch.no_grad()
def decoded(model: Model, z: Tensor, show: Decoding, seed: int, label: int | Tensor | None = None) -> Tensor:
    """The mean E[x|z] or a draw x ~ p(x|z) for each of `z: [n, z_dim]`, `[n, dim]`.

    A seed is one noise, for every z and for what decodes in the browser: a z and a seed give one draw all over the
    page. A model without a likelihood has nothing to draw from: it always gives x̂ = f(z). A model that writes labels
    writes the `label`, one for all or `[n]`; others pass it over.
    """
    likelihood = model.decode(z, None if label is None else torch.as_tensor(label).expand(len(z)))
    assert isinstance(likelihood, Independent)
    if show == "mean" or not model.has_likelihood:
        return likelihood.mean
    base = likelihood.base_dist
    pixels = likelihood.event_shape.numel()
    if isinstance(base, Bernoulli):
        return (uniforms(seed, pixels).to(base.probs) < base.probs).to(base.probs)
    if isinstance(base, ContinuousBernoulli):
        return base.icdf(uniforms(seed, pixels).to(base.logits))
    return base.mean + base.stddev * normals(seed, pixels).to(base.mean)


def montage(
    pixels: Tensor,
    image_shape: tuple[int, int, int],
    columns: int,
    alt: str,
    caption: str = "",
    row_labels: Sequence[str] = (),
) -> str:
    """Images `[n, dim]` as one HTML picture, `columns` to a row, with a label left of each row where there are any."""
    picture = figure(grid(pixels, image_shape, columns), alt, caption)
    labels = "".join(f"<span>{html.escape(label)}</span>" for label in row_labels)
    return f'<div class="lab-montage"><div aria-hidden="true">{labels}</div>{picture}</div>'
