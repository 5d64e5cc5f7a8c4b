"""The hierarchical VAE page's experiments: each observation, computed from the model and the state its button sets."""

import pytest
import torch
from torch import Tensor

from ui.hvae import by_input, chains, compared, held_level, level_probes
from ui.hvae.experiments import EXPERIMENTS
from ui.hvae.facts import facts, two_level
from ui.hvae.levels import LETTERS, column_noise, drawn_rows, rows_from_text
from ui.images.choice import image_named
from ui.images.noise import normals
from ui.images.splits import model_inputs
from ui.looks import View
from vaemodels import checkpoints
from vaemodels.analysis import levels, probes
from vaemodels.analysis.classification import predict
from vaemodels.evaluation import image_terms
from vaemodels.models import HVAE, SSVAE

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}


def model_of(name: str) -> HVAE:
    return two_level(checkpoints.load(str(NAMES[name].state["model"])))


@torch.no_grad()
def row_of(model: HVAE, z2: Tensor, seed: int = 0) -> Tensor:
    """The draws of one row, as the grid shows them."""
    p = model.conditional_prior(z2)
    return model.decode(p.mean + p.stddev * column_noise(seed, 0, model.latent_dims["z1"])).mean


def read(images: Tensor) -> list[int]:
    classifier = checkpoints.load("classifier").model
    assert isinstance(classifier, SSVAE)
    return predict(classifier, (images > 0.5).float()).tolist()


def chosen_row(name: str) -> int:
    return LETTERS.lower().index(str(NAMES[name].state["row"]))


def ink() -> None:
    model = model_of("ink")
    left, right, *_ = torch.tensor(rows_from_text(str(NAMES["ink"].state["rows"]), 2))
    assert (probes.ink(row_of(model, right)) < probes.ink(row_of(model, left)) - 20).all()
    assert chosen_row("ink") == 1


def sevens() -> None:
    rows = drawn_rows(0, 2)
    assert read(row_of(model_of("sevens"), rows[chosen_row("sevens")])) == [7] * 8
    assert len(set(read(row_of(model_of("sevens"), rows[3])))) > 3


def opened() -> None:
    seed = int(str(NAMES["open"].state["seed"]))
    assert len(set(read(row_of(model_of("open"), drawn_rows(seed, 2)[chosen_row("open")], seed)))) == 6


def dead() -> None:
    model = model_of("dead")
    z2 = drawn_rows(0, 2)[chosen_row("dead")].repeat(5, 1)
    to_the_sides, up = z2.clone(), z2.clone()
    to_the_sides[:, 0] = up[:, 1] = torch.linspace(-3, 3, 5)
    sides = torch.stack([row_of(model, z) for z in to_the_sides])
    ups = torch.stack([row_of(model, z) for z in up])
    assert (sides - sides[0]).abs().mean((-1, -2)).max() < 0.01
    assert (ups - ups[0]).abs().mean((-1, -2)).max() > 0.1
    checkpoint = checkpoints.load("hvae-parallel-digits")
    assert checkpoint.card["training"]["kl_warmup_epochs"] == 0
    assert facts("hvae-parallel-digits", checkpoint).active["z2"] == 1


def warm() -> None:
    found = compared.cards()
    cold, warm = found["hvae-parallel-digits"]["evaluation"], found["hvae-parallel-warm-digits"]["evaluation"]
    assert warm["kl"]["z2"] > 3 * cold["kl"]["z2"] and warm["nelbo"] < cold["nelbo"] - 1
    name = "hvae-parallel-warm-digits"
    assert facts(name, checkpoints.load(name)).active["z2"] == 2
    assert "Without warm-up z2 does not die here, but hvae-digits and hvae-parallel-digits use it less" in (
        compared.verdict(found)
    )


def view_of(name: str) -> View:
    state = NAMES[name].state
    checkpoint = checkpoints.load(str(state["model"]))
    image = image_named(str(state.get("image", "digits-0")), checkpoint.model)
    return View(str(state["model"]), checkpoint, image, "mean", int(state.get("seed", 0)), "hvae")


def noise() -> None:
    found = by_input.measured(view_of("noise"))
    for strange in ("noise", "blank canvas"):
        assert found[strange]["z1"].mean > 2 * found["test images"]["z1"].mean
        assert found[strange]["z2"].mean < found["test images"]["z2"].mean


def slant() -> None:
    view = view_of("slant")
    z2 = {
        name: value["z2"].mean
        for name, value in level_probes.measure(view, facts(view.name, view.checkpoint)).items()
    }
    assert z2["slant"] > 0.5 and z2["ink"] < 0.1 and z2["digit"] < 0.5


def chain() -> None:
    model, view = model_of("chain"), view_of("chain")
    starts, means = chains.measured(view)
    assert chains.STEPS[0] == 1
    for row in (2, 3):  # those that begin at noise
        assert image_terms(model, starts[row]).nelbo > 1_000
        assert image_terms(model, (means[0, row] > 0.5).float()).nelbo < 160


def six() -> None:
    model, x = model_of("six"), model_inputs("digits", model_of("six"), 1)[0]
    at = levels.codes(model, x)
    with torch.no_grad():
        others = normals(2 * held_level.FAR, held_level.DRAWS * 2).view(-1, 2).float()
        moved = levels.with_other_upper(model, at.z1[0], at.z2[0], others)
        assert 6 not in read(model.decode(moved).mean)
        p = model.conditional_prior(at.z2[0])
        noise = normals(held_level.FAR, held_level.DRAWS * len(p.mean)).view(held_level.DRAWS, -1).float()
        assert read(model.decode(p.mean + p.stddev * noise).mean) == [6] * held_level.DRAWS


OBSERVED = {
    "ink": ink,
    "sevens": sevens,
    "open": opened,
    "dead": dead,
    "warm": warm,
    "noise": noise,
    "slant": slant,
    "chain": chain,
    "six": six,
}


def test_every_experiment_is_held_to_something():
    assert OBSERVED.keys() == NAMES.keys()


@pytest.mark.parametrize("name", OBSERVED)
def test_what_is_to_be_seen_is_there(name):
    OBSERVED[name]()
