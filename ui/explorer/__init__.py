"""The latent explorer: a decoder that runs in the browser, so that images follow the pointer.

`publish_decoder` sends a model's decoder once to a named *slot* of the page; every component on that slot decodes
with it, without asking the server, and follows when other weights are published to the slot.
"""

from ui.explorer.components import (
    BACKGROUNDS,
    Background,
    End,
    Explored,
    Plane,
    Posterior,
    interpolation,
    latent_explorer,
    move_to,
    prior_samples,
    show_plane,
    traversals,
)
from ui.explorer.decoder import decoder_data, decodes_in_browser, publish_decoder
from ui.explorer.encoder import encoder_data, publish_encoder

__all__ = [
    "BACKGROUNDS",
    "Background",
    "End",
    "Explored",
    "Plane",
    "Posterior",
    "decoder_data",
    "decodes_in_browser",
    "encoder_data",
    "interpolation",
    "latent_explorer",
    "move_to",
    "prior_samples",
    "publish_decoder",
    "publish_encoder",
    "show_plane",
    "traversals",
]
