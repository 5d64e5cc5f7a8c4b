"""Samples from the prior, decoded in the browser."""

from ui.explorer import prior_samples
from ui.looks.view import View

OF_A_PRIOR = "z ~ N(0, I), decoded in your browser. Choose one to carry its z to the plane above."
OF_NO_PRIOR = (
    "Draws from N(0, I), decoded. An autoencoder has no prior: nothing in its training asked that these points mean "
    "anything."
)


def render(view: View) -> None:
    """A grid of decoded draws z ~ N(0, I)."""
    about = OF_A_PRIOR if view.model.has_likelihood else OF_NO_PRIOR
    prior_samples(view.slot, key="samples", rows=2, columns=16, show=view.show, seed=view.seed, about=about)
