"""The GMVAE page's parts: its experiments hold, its address is read with care, its script computes what torch does."""

import re
from collections.abc import Callable

import pytest
import torch

from tests.small import make_gmvae
from ui.explorer.encoder import DRAWS, noise_of_terms
from ui.gmvae.experiments import EXPERIMENTS
from ui.gmvae.page import GMVAE
from ui.images.choice import image_named
from vaemodels import checkpoints, data
from vaemodels.analysis.clustering import clustering_accuracy, components_in_use, purity
from vaemodels.analysis.mixtures import Draws, Occupancy, image_draws, occupancy, with_means
from vaemodels.data import binarize
from vaemodels.models import GMVAE as Model

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}


def load(name: str) -> Model:
    model = checkpoints.load(name).model
    assert isinstance(model, Model)
    return model


def model_of(name: str) -> Model:
    return load(str(NAMES[name].state["model"]))


@torch.no_grad()
def of_the_image(
    name: str, moved: dict[int, list[float]] | None = None, noise: torch.Tensor | None = None
) -> Draws:
    model = model_of(name)
    q = model.encode(image_named(str(NAMES[name].state["image"]), model).x.unsqueeze(0))["z"]
    noise = noise_of_terms(model, DRAWS)["z"] if noise is None else noise
    return image_draws(with_means(model.prior(), moved or {}), q.mean[0], q.stddev[0], noise)


@torch.no_grad()
def among_digits(model: Model) -> Occupancy:
    """The model's components among the built-in test images."""
    split = data.load("digits", "test")
    q = model.encode(binarize(split.images, "static"))["z"]
    return occupancy(model.prior(), q.mean, q.stddev, split.labels)


def sixes() -> None:
    [held] = among_digits(model_of("sixes")).table[:1]
    assert held[6] == held.sum() > 20
    assert f"{of_the_image('sixes').responsibilities[0]:.0%}" == "100%"


def away() -> None:
    moved = {9: [8.0, -8.0]}
    assert NAMES["away"].state["moved"] == "10_8_-8"
    far, restored = of_the_image("away", moved), of_the_image("away")
    assert far.kl.mean() - restored.kl.mean() > 1
    assert far.responsibilities[9] < 0.05
    assert restored.responsibilities[9].item() == pytest.approx(0.75, abs=0.05)


@torch.no_grad()
def standard() -> None:
    model = model_of("standard")
    codes = model.embed(binarize(data.load("digits", "test").images, "static"))
    assert len(codes) == 300 and int((codes.norm(dim=1) > 2).sum()) == 143
    assert round(300 * float(torch.exp(torch.tensor(-2.0)))) == 41
    # On its bands: within six nats of the density's highest place.
    line = torch.linspace(-6, 6, 301)
    highest = model.prior().log_prob(torch.cartesian_prod(line, line)).max()
    assert (model.prior().log_prob(codes) > highest - 6).all()


def negative() -> None:
    noise = torch.randn(2_000, 2, generator=torch.Generator().manual_seed(0))
    kl = of_the_image("negative", noise=noise).kl
    assert 0.005 < (kl < 0).float().mean() < 0.015
    assert kl.mean() > 3


def bound() -> None:
    many, ten = (checkpoints.read_card(name)["evaluation"]["nelbo"] for name in ("gmvae", "gmvae-10"))
    assert round(ten - many, 1) == 0.8
    tables = [among_digits(load(name)).table for name in ("gmvae", "gmvae-10")]
    assert [f"{clustering_accuracy(table):.0%}" for table in tables] == ["28%", "58%"]
    assert purity(tables[0]) > purity(tables[1]) + 0.2
    of_many = tables[0]
    as_if_equal = [components_in_use(of_many[:, digit].float()) for digit in range(10)]
    assert 9 < sum(as_if_equal) / 10 < 14 and 12 < (of_many > 0).sum() / 10 < 15


def idle() -> None:
    held = among_digits(model_of("idle"))
    assert components_in_use(held.shares) == pytest.approx(127, abs=1)
    assert held.table.sum() == 300
    assert (held.shares * 500 < 0.5).any()  # faint tiles


def twins() -> None:
    vae, gmvae = (checkpoints.read_card(name) for name in ("vae-digits", "gmvae-10-digits"))
    assert vae["epoch"] == gmvae["epoch"] and vae["config"]["hidden"] == gmvae["config"]["hidden"]
    gap = abs(vae["evaluation"]["nelbo"] - gmvae["evaluation"]["nelbo"])
    assert gap < min(card["evaluation"]["stderr"]["nelbo"] for card in (vae, gmvae))


OBSERVATIONS: dict[str, Callable[[], None]] = {
    check.__name__: check for check in (sixes, away, standard, negative, bound, idle, twins)
}


@pytest.mark.parametrize("name", NAMES)
def test_an_experiments_observation_is_what_the_models_compute(name: str) -> None:
    OBSERVATIONS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_is_two_short_sentences_and_a_state_of_this_page(name: str) -> None:
    experiment = NAMES[name]
    assert experiment.do.endswith(".") and experiment.look_for.endswith(".")
    assert len(re.findall(r"[.!?](\s|$)", experiment.look_for)) == 1
    assert experiment.state.keys() <= {"model", "images", "look", *GMVAE.parameters}
    assert experiment.state.get("look", "holds") in GMVAE.looks


def test_of_two_models_with_ten_components_the_better_bound_sorts_better() -> None:
    """As ui/gmvae/component_digits.py says; by more than two standard errors of the difference, about 3 points each."""
    flat, ten = (checkpoints.read_card(name)["evaluation"]["nelbo"] for name in ("gmvae-2d", "gmvae-10"))
    assert ten < flat
    accuracy = [clustering_accuracy(among_digits(load(name)).table) for name in ("gmvae-2d", "gmvae-10")]
    stderr = [(right * (1 - right) / 300) ** 0.5 for right in accuracy]
    assert all(f"{100 * one:.0f}" == "3" for one in stderr)
    assert accuracy[1] - accuracy[0] > 2 * sum(one**2 for one in stderr) ** 0.5


def test_n_of_k_components_cost_no_more_than_the_logarithm_of_their_part() -> None:
    """The same sentence's bound: log p of a mixture is at least that of any n of its components, less log(K/n)."""
    model = make_gmvae(5)
    z = model.sample_prior(500)
    all_of_them = model.prior().log_prob(z)
    some = model.prior().component_log_probs(z)[:, :2].logsumexp(-1) - torch.tensor(2.0).log()
    assert (all_of_them >= some - torch.tensor(5 / 2).log() - 1e-4).all()
