"""Images turned, stretched, slanted and shifted a little at random, as a written digit may be and stays what it is.

Shown anew at every step, few labelled images are not learnt by heart (Simard et al. 2003, section 2).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

TURN = math.radians(15)
STRETCH = 0.15  # of each side
SLANT = 0.2  # columns a row
SHIFT = 2 / 28  # of each side


def distort(images: Tensor, image_shape: tuple[int, int, int], generator: torch.Generator) -> Tensor:
    """Each image under an affine map of its own, every part of it drawn uniformly up to the greatest named above.

    `images: [n, dim]`, uint8 or floats in [0, 1], come back as floats in [0, 1]; what comes in from outside is 0.
    """
    x = images / 255 if images.dtype == torch.uint8 else images
    n = len(images)

    def drawn(most: float) -> Tensor:
        return most * (2 * torch.rand(n, generator=generator, device=x.device) - 1)

    turn, slant = drawn(TURN), drawn(SLANT)
    across, down = 1 + drawn(STRETCH), 1 + drawn(STRETCH)
    # Where in the old image, of sides from -1 to 1, each place of the new one comes from.
    rows = (
        torch.stack([across * turn.cos(), slant - down * turn.sin(), 2 * drawn(SHIFT)], 1),
        torch.stack([across * turn.sin(), down * turn.cos(), 2 * drawn(SHIFT)], 1),
    )
    grid = functional.affine_grid(torch.stack(rows, 1), [n, *image_shape], align_corners=False)
    moved = functional.grid_sample(x.view(n, *image_shape), grid, align_corners=False)
    return moved.view(n, -1).clamp(0, 1)
