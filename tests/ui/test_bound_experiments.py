"""Each observation of the page of the bound, computed from the model and the image that its button sets."""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from ui.bound.experiments import EXPERIMENTS
from ui.images.choice import image_named
from vaemodels import checkpoints
from vaemodels.analysis.gaps import bound_terms, encoder_q, gaps_of
from vaemodels.analysis.quadrature import ExactPosterior, exact_posterior
from vaemodels.models import Model

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}


class Setting(NamedTuple):
    model: Model
    x: Tensor
    exact: ExactPosterior
    q: MultivariateNormal


def setting(name: str) -> Setting:
    """What an experiment is about, and the encoder's q."""
    state = NAMES[name].state
    model = checkpoints.load(str(state["model"])).model.requires_grad_(False)
    x = image_named(str(state["image"]), model).x
    return Setting(model, x, exact_posterior(model, x), encoder_q(model, x))


def optimise() -> None:
    model, x, exact, q = setting("optimise")
    assert round(bound_terms(model, x, q, exact).gap, 2) == 0.35
    assert gaps_of(model, x, exact).approximation == pytest.approx(0.05, abs=0.01)


def families() -> None:
    model, x, exact, _ = setting("families")
    found = gaps_of(model, x, exact)
    left = [round(found.log_p - elbo, 2) for elbo in found.best.values()]
    assert left == [0.07, 0.05, 0.02]


def twice() -> None:
    model, x, exact, q = setting("twice")
    before = bound_terms(model, x, q, exact)
    for factors in ([2.0, 1.0], [1.0, 2.0], [2.0, 2.0]):
        wide = MultivariateNormal(q.loc, scale_tril=q.scale_tril @ torch.diag(torch.tensor(factors).double()))
        after = bound_terms(model, x, wide, exact)
        assert 0 < before.kl - after.kl < 1.4
        assert after.reconstruction - before.reconstruction > before.kl - after.kl
        assert after.gap > before.gap


def prior() -> None:
    model, x, exact, q = setting("prior")
    normal = MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double())
    before, after = bound_terms(model, x, q, exact), bound_terms(model, x, normal, exact)
    assert after.kl == pytest.approx(0, abs=1e-6)
    assert after.reconstruction - before.reconstruction > 140


def exceed() -> None:
    model, x, exact, q = setting("exceed")
    generator = torch.Generator().manual_seed(0)
    gaps = []
    for _ in range(5):
        shift, widths = torch.randn((2, 2), generator=generator, dtype=torch.float64) / 2
        moved = MultivariateNormal(q.loc + q.stddev * shift, scale_tril=q.scale_tril * widths.exp())
        gaps.append(bound_terms(model, x, moved, exact).gap)
    assert min(gaps) > 0
    assert 0 < exact.log_p - gaps_of(model, x, exact).best["full"] < 0.01


def miss() -> None:
    model, x, exact, q = setting("miss")
    assert bound_terms(model, x, q, exact).gap > 3
    assert gaps_of(model, x, exact).approximation < 0.1


OBSERVATIONS: dict[str, Callable[[], None]] = {
    check.__name__: check for check in (optimise, families, twice, prior, exceed, miss)
}


@pytest.mark.parametrize("name", NAMES)
def test_the_observation_is_what_the_models_compute(name):
    OBSERVATIONS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_is_short(name):
    experiment = NAMES[name]
    assert experiment.do.endswith(".") and experiment.look_for.endswith(".")
    assert len(re.findall(r"[.!?](\s|$)", experiment.look_for)) == 1
