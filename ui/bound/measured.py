"""What is worked out on the server about one image: its exact posterior and its gaps, kept for the runs that follow."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from ui.bound.push import where_q_is
from ui.looks.view import View
from vaemodels.analysis.gaps import BoundTerms, Gaps, bound_terms, encoder_q, gaps_of
from vaemodels.analysis.quadrature import ExactPosterior, exact_posterior
from vaemodels.models import Model

Kept = TypeVar("Kept")
KEPT = "_bound_measured"
MOST = 24  # of a session
DRAWS_AT_ONCE = 500


def posterior_of(view: View) -> ExactPosterior:
    """The exact posterior of the page's image."""
    return _kept(view, "posterior", lambda: exact_posterior(view.model, view.chosen.x))


def q_on_plane(view: View) -> MultivariateNormal:
    """q where the visitor let go of it, else the encoder's."""
    pushed = where_q_is(f"{view.name}/{view.chosen.key}")
    if pushed is None:
        return encoder_q(view.model, view.chosen.x)
    m1, m2, s, t, angle = torch.tensor(pushed, dtype=torch.float64)
    root = torch.stack(
        [torch.stack([s * angle.cos(), -t * angle.sin()]), torch.stack([s * angle.sin(), t * angle.cos()])]
    )
    return MultivariateNormal(torch.stack([m1, m2]), root @ root.T)


def bound_on_plane(view: View) -> BoundTerms:
    """Both readings of −ELBO under the q on the plane, summed as in the browser."""
    q = q_on_plane(view)
    what = f"bound of {q.loc.tolist()} {q.covariance_matrix.tolist()}"
    return _kept(view, what, lambda: bound_terms(view.model, view.chosen.x, q, posterior_of(view)))


def gaps(view: View) -> Gaps:
    """The gaps of the encoder's q and of the best of every family, for the page's image."""
    return _kept(view, "gaps", lambda: gaps_of(view.model, view.chosen.x, posterior_of(view)))


def encoders_bound(view: View, name: str, x: Tensor) -> BoundTerms:
    """Both readings of −ELBO under the encoder's q of another image of that name, `x: [dim]`, by quadrature."""

    def summed() -> BoundTerms:
        return bound_terms(view.model, x, encoder_q(view.model, x), exact_posterior(view.model, x))

    return _kept(view, "bound", summed, name)


@torch.no_grad()
def weights_on_plane(view: View, k: int, generator: torch.Generator) -> Tensor:
    """log p(x, z) − log q(z) for k draws z from the q on the plane, `[k]` in float64."""
    q = q_on_plane(view)
    z = q.loc + torch.randn(k, 2, generator=generator, dtype=torch.float64) @ q.scale_tril.T
    parts = [
        view.model.log_joint(view.chosen.x, {"z": part}).double() for part in z.float().split(DRAWS_AT_ONCE)
    ]
    return torch.cat(parts) - q.log_prob(z)


def _kept(view: View, what: str, compute: Callable[[], Kept], image: str = "") -> Kept:
    """What was computed of the model's image in this session, else computed now."""
    kept: dict[tuple[str, str, str], tuple[Model, Kept]] = st.session_state.setdefault(KEPT, {})
    key = (view.name, image or view.chosen.key, what)
    if key not in kept or kept[key][0] is not view.model:
        while len(kept) >= MOST:
            kept.pop(next(iter(kept)))
        kept[key] = view.model, compute()
    return kept[key][1]
