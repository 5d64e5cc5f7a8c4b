"""What a closer look is, and what it is given to look at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from ui.images.choice import Chosen, told
from ui.images.decoded import Decoding
from vaemodels.analysis.latent_space import Codes, encode
from vaemodels.checkpoints import Checkpoint
from vaemodels.models import Model

EXPLORER = "explorer"  # the key of the page's explorer, for looks that move it


class View(NamedTuple):
    """The page's state: the model by name, the chosen image, how decoded images are shown, the seed of every draw.

    `slot` is where the page's explorer and everything else that decodes in the browser find the model's decoder.
    `label` is the digit that the explorer writes, None where the model knows no labels.
    """

    name: str
    checkpoint: Checkpoint
    chosen: Chosen
    show: Decoding
    seed: int
    slot: str
    label: int | None = None

    @property
    def model(self) -> Model:
        """The chosen model."""
        return self.checkpoint.model

    def label_of(self, chosen: Chosen) -> Tensor | None:
        """The label `[]` that the model is told of an image, None if it needs none."""
        return told(self.model, chosen)

    def code_of(self, chosen: Chosen) -> Codes:
        """An image as the model encodes it: n is 1."""
        y = self.label_of(chosen)
        return encode(self.model, chosen.x.unsqueeze(0), None if y is None else y.unsqueeze(0))


def any_model(model: Model) -> bool:
    """Fits every model."""
    return True


def has_likelihood(model: Model) -> bool:
    """Fits models with a p(x|z) and a q(z|x)."""
    return model.has_likelihood


@dataclass(frozen=True)
class Look:
    """A look's title on its button, the function that draws it, and the models it can be taken at."""

    title: str
    render: Callable[[View], None]
    fits: Callable[[Model], bool] = any_model
