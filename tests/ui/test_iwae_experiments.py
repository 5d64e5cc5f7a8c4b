"""Each experiment of the IWAE page, computed from the shipped checkpoints and files; what its looks say."""

import itertools
import json
import re
from collections.abc import Callable

import pytest
import torch

from ui.images.choice import image_named
from ui.images.splits import model_inputs
from ui.iwae import by_hand, noise, story
from ui.iwae.experiments import EXPERIMENTS
from ui.iwae.page import IWAE
from ui.iwae.race import name_of
from ui.iwae.test_set import FAMILIES, against_truth, latents, units_with_k
from vaemodels import checkpoints, data, objectives, race
from vaemodels.analysis import bounds, implicit, measure, toy
from vaemodels.analysis.diagnostics import RELIABLE_SAMPLE_SIZE, effective_sample_size
from vaemodels.analysis.quadrature import exact_posterior

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}
SEEDS = range(3)


def draws_of(name: str, image: str, seed: int = 0) -> bounds.Draws:
    """The draws that the page makes."""
    model = checkpoints.load(name).model
    generator = torch.Generator().manual_seed(seed)
    return bounds.draw(model, image_named(image, model).x, bounds.MOST_DRAWS, generator)


def of_experiment(name: str, seed: int = 0) -> bounds.Draws:
    state = NAMES[name].state
    return draws_of(str(state["model"]), str(state["image"]), seed)


def by_k(draws: bounds.Draws) -> dict[int, bounds.Point]:
    return {point.k: point for point in bounds.curve(draws.log_w)}


def ess(draws: bounds.Draws) -> float:
    return effective_sample_size(draws.log_w.unsqueeze(1)).item()


def gain() -> None:
    for seed in SEEDS:
        own = by_k(of_experiment("gain", seed))
        other = by_k(draws_of("vae-digits", str(NAMES["gain"].state["image"]), seed))
        assert 4.8 < own[50].mean - own[1].mean < 5.5
        assert other[50].mean - other[1].mean == pytest.approx(1.3, abs=0.1)


def few() -> None:
    tens = [bounds.curve(of_experiment("few", seed).log_w[:10])[-1].mean for seed in range(8)]
    jumps = [abs(a - b) for a, b in itertools.pairwise(tens)]
    assert sum(jump > 1 for jump in jumps) >= 3
    point = by_k(of_experiment("few"))[10]
    spread = torch.tensor(tens).std().item()
    assert 0.5 * point.spread < spread < 2 * point.spread
    many = [by_k(of_experiment("few", seed))[5000].mean for seed in range(8)]
    assert all(abs(a - b) < 0.5 for a, b in itertools.combinations(many, 2))


def missed() -> None:
    for seed in SEEDS:
        draws = of_experiment("missed", seed)
        assert 1 <= ess(draws) < 2.5
        model = checkpoints.load(str(NAMES["missed"].state["model"])).model
        exact = exact_posterior(model, image_named(str(NAMES["missed"].state["image"]), model).x).log_p
        assert exact - by_k(draws)[5000].mean > 5


def foreign() -> None:
    draws = of_experiment("foreign")
    assert ess(draws) < RELIABLE_SAMPLE_SIZE
    points = by_k(draws)
    assert points[5000].mean - points[500].mean > 0.5
    own = ess(draws_of("vae-digits", str(NAMES["foreign"].state["image"])))
    assert own > 5 * RELIABLE_SAMPLE_SIZE
    square, cross = torch.zeros(2, 28, 28)
    square[4:24, 4:24] = 1
    for i in range(4, 24):
        cross[i, i - 1 : i + 2] = cross[i, 26 - i : 29 - i] = 1
    model = checkpoints.load(str(NAMES["foreign"].state["model"])).model
    for image, seed in itertools.product((square, cross), SEEDS):
        drawn = bounds.draw(model, image.flatten(), bounds.MOST_DRAWS, torch.Generator().manual_seed(seed))
        assert ess(drawn) < RELIABLE_SAMPLE_SIZE
    # Black and white, as drawn, but what the model itself makes.
    with torch.no_grad():
        likely = model.decode(torch.zeros(1, model.config.z_dim)).mean[0].round()
    assert ess(bounds.draw(model, likely, bounds.MOST_DRAWS, torch.Generator().manual_seed(0))) > 50


def training() -> None:
    found = measure.load()["models"]
    one, fifty = found["vae-k1"]["bounds"], found["iwae-k50"]["bounds"]
    assert one["1"][0] - fifty["1"][0] > 6
    assert round(fifty["5000"][0] - one["5000"][0], 1) == 1.2


def drowns() -> None:
    state = NAMES["drowns"].state
    ks = [16, 64, 256]
    found = [toy.ratios(toy.make(float(state["off"]), int(state["seed"])), k, int(state["seed"])) for k in ks]
    assert toy.exponent(ks, [of.generative for of in found]) > 0.4
    assert toy.exponent(ks, [of.iwae for of in found]) == pytest.approx(-0.5, abs=0.05)
    assert found[1].stl > found[1].dreg > found[1].iwae
    assert found[1].stl_bias > 30


def hand() -> None:
    def stl(sigma: float) -> float:
        return abs(1 / sigma - sigma)

    assert stl(1) == 0
    assert stl(0.71) == pytest.approx(0.71, abs=0.02)
    assert stl(0.7) > 0.7 and stl(0.72) < 0.72 and stl(0.3) > 0.3
    assert by_hand.LOW <= 0.3 and str(by_hand.USUAL) == NAMES["hand"].state["sigma"]


def implicit_posterior() -> None:
    state = NAMES["implicit"].state
    model = checkpoints.load(str(state["model"])).model
    x = image_named(str(state["image"]), model).x
    draws, exact = of_experiment("implicit"), exact_posterior(model, x)
    nodes = implicit.nodes_at(model, x, torch.cartesian_prod(exact.grid.z1, exact.grid.z2))
    distances = []
    for k in (1, 10, 100):
        density = implicit.density(nodes, draws.log_w, k)
        density = density / (density.sum() * exact.grid.cell)
        distances.append(implicit.divergence(density, nodes.log_joint - exact.log_p, exact.grid.cell))
    assert distances[0] == pytest.approx(1.2, abs=0.06)
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 0.1


OBSERVATIONS: dict[str, Callable[[], None]] = {
    check.__name__: check for check in (gain, few, missed, foreign, training, drowns, hand)
} | {"implicit": implicit_posterior}


@pytest.mark.parametrize("name", NAMES)
def test_the_observation_is_what_is_computed(name: str) -> None:
    OBSERVATIONS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_is_two_short_sentences_and_a_state(name: str) -> None:
    experiment = NAMES[name]
    assert experiment.do.endswith(".")
    assert experiment.look_for.endswith(".")
    assert len(re.findall(r"[.!?](\s|$)", experiment.look_for)) == 1
    assert experiment.state.keys() <= {*IWAE.parameters, "model", "images", "seed", "look"}
    assert experiment.state["look"] in IWAE.looks


def test_training_with_k_wins_on_the_mean_and_loses_on_a_third_of_the_images() -> None:
    found = {}
    for name in (story.TRAINED, story.PLAIN):
        model = checkpoints.load(name).model
        x, _ = model_inputs("digits", model, 300)
        with torch.no_grad():
            log_w = model.log_weights(x, story.K, generator=torch.Generator().manual_seed(0))
        found[name] = objectives.iwae(log_w.double())
        card = checkpoints.read_card(name)["evaluation"]
        assert card["n"] == len(x)
        assert found[name].mean().item() == pytest.approx(card["bounds"][str(story.K)], abs=0.15)
    ahead = found[story.TRAINED] - found[story.PLAIN]
    assert ahead.mean() > 3 * ahead.std() / len(ahead) ** 0.5
    assert 0.28 < (ahead < 0).double().mean() < 0.42
    assert (ahead[:3] < 0).all()


@pytest.mark.parametrize(("off", "larger"), [("0.01", True), ("0.03", True), ("1", False)])
def test_stls_bias_is_said_to_be_large_where_it_is(off: str, larger: bool) -> None:
    of = toy.ratios(toy.make(float(off)), 256)
    assert (of.stl_bias > 1) == larger
    assert ("is larger" in noise.bias_in_words(of)) == larger


# What was measured beforehand


@pytest.mark.parametrize(
    ("family", "told"),
    [("iwae", "keeps more"), ("gmvae", ""), ("levels", "leaves fewer"), ("ten", ""), ("two", "")],
)
def test_more_draws_are_said_to_keep_more_or_fewer_units_at_work_where_they_do(
    family: str, told: str
) -> None:
    said = units_with_k(FAMILIES[family][1])
    assert told in said and bool(told) == bool(said)
    assert units_with_k(FAMILIES[family][1][:1]) == units_with_k([]) == ""


@pytest.mark.parametrize(("off", "hold"), [("0.01", True), ("0.03", True), ("0.1", False), ("1", False)])
def test_the_laws_are_said_to_hold_where_the_fit_says_so(off: str, hold: bool) -> None:
    model, ks = toy.make(float(off)), [16, 64, 256]
    found = [toy.ratios(model, k) for k in ks]
    fitted = {name: toy.exponent(ks, [getattr(of, name) for of in found]) for name in ("generative", "iwae")}
    said = noise.verdict(fitted, ks[-1], toy.effective_draws(model, ks[-1]))
    assert said.startswith("These are the laws") == hold
    if not hold:
        assert float(said.split("draws are worth only ")[1].split()[0]) < 10


def test_the_file_holds_every_model_that_may_be_compared_and_bounds_that_rise() -> None:
    record = measure.load()
    names = {name for name in checkpoints.pretrained_names() if measure.comparable(checkpoints.load(name))}
    assert record["models"].keys() == names
    assert {name for _, members in FAMILIES.values() for name in members} == names
    for name, found in record["models"].items():
        values = [value for value, _ in found["bounds"].values()]
        assert [int(k) for k in found["bounds"]] == list(bounds.CHAIN)
        assert values == sorted(values), name
        assert found["price"][0] < 0
        # The card's are of all 10,000 images: alike to within what 500 images leave open.
        card = checkpoints.read_card(name)["evaluation"]["bounds"]
        for k in ("1", "10", "100"):
            assert found["bounds"][k][0] == pytest.approx(card[k], abs=4.5 * found["bounds"][k][1]), name


def test_the_tighter_the_bound_that_was_trained_on_the_higher_its_price() -> None:
    found = measure.load()["models"]
    prices = [found[name]["price"] for name in ("vae-k1", "iwae-k5", "iwae-k50")]
    for (high, a), (low, b) in itertools.pairwise(prices):
        assert high - low > 3 * (a**2 + b**2) ** 0.5


def test_measuring_gives_what_the_objectives_give() -> None:
    model = checkpoints.load("vae-2d-digits").model
    x = torch.stack([image_named(f"digits-{i}", model).x for i in range(2)])
    found = measure.bounds_of(model, x)
    values = [value for value, _ in found["bounds"].values()]
    assert values == sorted(values)
    exact = sum(exact_posterior(model, image).log_p for image in x) / 2
    assert values[-1] == pytest.approx(exact, abs=0.02)
    assert -0.2 < found["price"][0] <= 0
    assert json.loads(json.dumps(found)) == found


def test_the_truth_is_known_of_the_models_with_two_latents_and_missed_by_images_that_look_converged() -> None:
    known = {name: of["evidence"] for name, of in measure.load()["models"].items() if "evidence" in of}
    assert known.keys() == set(FAMILIES["two"][1])
    for found in known.values():
        assert found["images"] == measure.KNOWN_IMAGES
        assert found["worst_ess"] < RELIABLE_SAMPLE_SIZE
        assert 0.5 < found["worst_reliable"] < found["worst"]
        assert 0 < found["mean"][0] < found["worst"]


@pytest.mark.skipif(not data.is_available("mnist"), reason="MNIST is not on this machine")
@pytest.mark.parametrize("name", FAMILIES["two"][1])
def test_the_worst_image_misses_what_the_file_says(name: str) -> None:
    found = measure.load()["models"][name]["evidence"]
    worst = found["worst_image"]
    x = data.binarize(data.load("mnist", "test").images, "static")[worst]
    gap, ess = measure.missed_nats(checkpoints.load(name).model, x, worst)
    assert gap == pytest.approx(found["worst"], abs=0.02)
    assert ess == pytest.approx(found["worst_ess"], rel=0.05)


def test_how_far_a_bound_is_from_the_truth_is_said_with_whether_it_looked_converged() -> None:
    found = {"images": 20, "mean": [0.52, 0.36], "worst": 6.25, "worst_ess": 5.71, "worst_reliable": 3.2}
    said = against_truth({"one": found, "two": found | {"worst_ess": 40.0, "worst_reliable": None}})
    assert "Over the first 20 of these images L₅₀₀₀ is lower by 0.5 ± 0.4 nats on average" in said
    assert "**6.2 at worst** (5.7 effective draws, not converged) for one; by" in said
    assert "(40.0 effective draws, looks converged) for two." in said
    assert "still off by up to 3.2 nats for one: q" in said
    assert "looks converged and is" not in against_truth({"one": found | {"worst_reliable": None}})


def test_a_missing_file_is_said_with_how_to_make_it(tmp_path) -> None:
    from vaemodels.errors import LabError

    with pytest.raises(LabError, match=r"measure with .*\.$"):
        measure.load(tmp_path / "none.json")


def test_runs_are_named_by_their_own_bound() -> None:
    names = [name_of(run) for run in race.load()["runs"]]
    assert names == ["ELBO", "L₁", "ELBO of 5 draws", "L₅", "ELBO of 50 draws", "L₅₀"]
    assert latents(checkpoints.read_card("hvae")) == sum(checkpoints.load("hvae").model.latent_dims.values())
