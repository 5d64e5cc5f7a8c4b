"""What the texts of a look call the parts of a model."""

from typing import NamedTuple

from vaemodels.models import Model


class Symbols(NamedTuple):
    """The latent, an image's code, q of the latent, its prior, the likelihood, the mean of that."""

    latent: str
    code: str
    posterior: str
    prior: str
    likelihood: str
    mean: str


def symbols(model: Model) -> Symbols:
    """As the model's equations write them: z or, of two levels, z1; with y where the model knows labels."""
    z = next(iter(model.latent_dims))
    x, given = ("x, y", f"y, {z}") if model.n_labels else ("x", z)
    code = f"μ({x})" if model.has_likelihood else "g(x)"
    return Symbols(z, code, f"q({z}|{x})", f"p({z})", f"p(x|{given})", f"E[x|{given}]")
