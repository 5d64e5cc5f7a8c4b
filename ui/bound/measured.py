"""What is worked out on the server about one image: its exact posterior and its gaps, kept for the runs that follow."""

import streamlit as st
import torch

from ui.looks.view import View
from vaemodels.analysis.gaps import Gaps, gaps_of
from vaemodels.analysis.quadrature import ExactPosterior, exact_posterior

KEPT = "_bound_measured"
MOST = 12  # images of a session


def posterior_of(view: View) -> ExactPosterior:
    """The exact posterior of the page's image."""
    found: ExactPosterior = _kept(view, "posterior", lambda: exact_posterior(view.model, view.chosen.x))
    return found


def gaps(view: View) -> Gaps:
    """The gaps of the encoder's q and of the best of every family, for the page's image."""
    found: Gaps = _kept(view, "gaps", lambda: gaps_of(view.model, view.chosen.x, posterior_of(view)))
    return found


def images_posterior(view: View, name: str, x: torch.Tensor) -> ExactPosterior:
    """The exact posterior of another image of that name."""
    found: ExactPosterior = _kept(view, f"posterior of {name}", lambda: exact_posterior(view.model, x), name)
    return found


def _kept(view: View, what: str, compute, image: str | None = None):  # type: ignore[no-untyped-def]
    """What was computed of the model's image in this session, else computed now."""
    kept = st.session_state.setdefault(KEPT, {})
    key = (id(view.model), image or view.chosen.key, what)
    if key not in kept:
        while len(kept) >= MOST:
            kept.pop(next(iter(kept)))
        kept[key] = compute()
    return kept[key]
