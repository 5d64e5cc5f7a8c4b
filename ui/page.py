"""What a page is, as one frozen value: everything the menu, Home, links and the shared parts have to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ui.looks.view import Look
from ui.try_this import Experiment


@dataclass(frozen=True)
class Start:
    """A way into a page, on Home: what to do there, the page's state then, and what one sees.

    `at` is the part of the page that it leads to, by its key; without one that is the top.
    """

    title: str
    state: Mapping[str, str]
    about: str
    at: str = ""


@dataclass(frozen=True)
class Variant:
    """A model of pretrained/ as a row on Home, and what sets it apart; a part left empty is as in the VAE.

    `look` is the closer look that shows it beside the VAE.
    """

    name: str
    title: str
    generative: str = ""
    inference: str = ""
    objective: str = ""
    look: str = ""


@dataclass(frozen=True)
class Page:
    """All that the menu, Home, links and the shared parts have to know of a page.

    `title` is in the menu, `heading` on the page where it is another. The page is about a model of one of the `kinds`,
    at first the first of `opens_with` that is there. `parts` are what a link can leave out, in words; `parameters`
    those of the address that no widget of Streamlit's holds. `looks` can be taken at its model, `experiments` tried.
    Models of any images are offered, unless the page can draw those of one `image_shape` alone; of any latent space,
    unless it can draw one of `z_dim` dimensions alone. Whether its decoded images are means or draws is chosen at its
    head, unless it is not `decoding` any that this would change.
    """

    file: str
    title: str
    kinds: tuple[str, ...]
    opens_with: tuple[str, ...]
    heading: str = ""
    image_shape: tuple[int, int, int] | None = None
    z_dim: int | None = None
    decoding: bool = True
    parts: Mapping[str, str] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()
    looks: Mapping[str, Look] = field(default_factory=dict)
    experiments: tuple[Experiment, ...] = ()
    starts: tuple[Start, ...] = ()
    variants: tuple[Variant, ...] = ()

    def takes(self, kind: str) -> bool:
        """Whether one can choose a model of that kind on the page."""
        return "model" in self.parts and kind in self.kinds

    @property
    def slot(self) -> str:
        """Where what decodes in the browser finds the decoder of the page's model."""
        return PurePosixPath(self.file).stem
