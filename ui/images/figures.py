"""Images as HTML: crisp pixels, one ink scale, alternative text."""

import base64
import html
import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from vaemodels.pictures import Picture


def figure(image: Picture, alt: str, caption: str) -> str:
    """An HTML figure of a picture that fills its column, its pixels kept square and sharp."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<figure><img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def readable(
    image: Picture, values: Tensor, image_shape: tuple[int, int, int], unit: str, alt: str, caption: str
) -> str:
    """A figure in which the value of a pixel can be read, by pointer, finger or arrow keys; for `changing_html`.

    `values: [dim]` are what the picture shows, in `unit`; those of a pixel's channels are added up.
    """
    channels, _, width = image_shape
    numbers = ",".join(f"{value:.2f}" for value in values.reshape(channels, -1).sum(0).tolist())
    picture, text = figure(image, alt, caption).removeprefix("<figure>").split("<figcaption>")
    return (
        f'<figure class="lab-readable" data-width="{width}" data-unit="{unit}" data-values="{numbers}">'
        '<div class="lab-pixels" tabindex="0" role="slider" aria-roledescription="two-dimensional slider" '
        f'aria-valuemin="1" aria-valuenow="1">{picture}<i></i></div><output></output><figcaption>{text}'
    )


def row(figures: list[str]) -> str:
    """Figures side by side, of equal width."""
    return f'<div class="lab-row">{"".join(figures)}</div>'


def heat(values: Tensor, image_shape: tuple[int, int, int], top: float) -> Picture:
    """Non-negative nats per pixel `[dim]` in the reconstruction's blue on black, white from `top` nats up."""
    channels, height, width = image_shape
    per_pixel = values.reshape(channels, height, width).sum(0)
    level = (per_pixel / top).clamp(0, 1).sqrt().unsqueeze(-1)
    black, blue, white = (
        torch.tensor([11.0, 13, 18]),
        torch.tensor([0.0, 114, 178]),
        torch.tensor([255.0, 255, 255]),
    )
    low, high = (
        black + (blue - black) * (2 * level).clamp(max=1),
        (white - blue) * (2 * level - 1).clamp(min=0),
    )
    return np.asarray((low + high).round().byte())
