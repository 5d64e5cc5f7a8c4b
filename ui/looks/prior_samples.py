"""Samples from the prior, decoded in the browser."""

from ui.explorer import prior_samples
from ui.looks.symbols import symbols
from ui.looks.view import View
from vaemodels.analysis.priors import prior_components, prior_kind
from vaemodels.models import Model

OF_NO_PRIOR = (
    "Draws from N(0, I), decoded. An autoencoder has no prior: nothing in its training asked that these points mean "
    "anything."
)


def render(view: View) -> None:
    """A grid of decoded draws from the model's prior."""
    about = about_samples(view.model)
    prior_samples(view.slot, key="samples", rows=2, columns=16, show=view.show, seed=view.seed, about=about)


def about_samples(model: Model) -> str:
    """How the prior is drawn from, and what a draw is good for."""
    kind = prior_kind(model)
    if kind == "none":
        return OF_NO_PRIOR
    how = {
        "standard": "z ~ N(0, I)",
        "mixture": f"z from one of the prior's {len(prior_components(model)[0])} equally likely components",
        "two-level": "z2 ~ N(0, I), then z1 ~ p(z1|z2)",
    }[kind]
    labels, digit = (", the labels in turn", " and label") if model.n_labels else ("", "")
    carried = f"{symbols(model).latent}{digit}"
    return f"{how}{labels}, decoded in your browser. Choose one to carry its {carried} to the plane above."
