"""What a closer look is given to look at."""

from typing import NamedTuple

from ui.image_choice import Chosen
from ui.images import Decoding
from vaemodels.checkpoints import Checkpoint
from vaemodels.models import Model

EXPLORER = "explorer"  # the key of the page's explorer, for looks that move it


class View(NamedTuple):
    """The page's state: the model by name, the chosen image, how decoded images are shown, the seed of every draw.

    `slot` is where the page's explorer and everything else that decodes in the browser find the model's decoder.
    """

    name: str
    checkpoint: Checkpoint
    chosen: Chosen
    show: Decoding
    seed: int
    slot: str

    @property
    def model(self) -> Model:
        """The chosen model."""
        return self.checkpoint.model
