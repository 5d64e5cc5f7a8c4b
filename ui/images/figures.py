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
