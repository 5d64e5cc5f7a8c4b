"""Each observation of the Gradients page's experiments, and what its parts say, held to what is computed."""

import math
import re
from collections.abc import Callable

import pytest
import torch

from ui.gradients import clouds, costs, discrete, which
from ui.gradients.clouds import USUAL, Toy, text_of, toy_of
from ui.gradients.decoder import DRAWS
from ui.gradients.experiments import EXPERIMENTS
from ui.gradients.page import GRADIENTS
from ui.images.choice import image_named
from vaemodels import checkpoints
from vaemodels.analysis import estimators, reconstruction_gradients, relaxations
from vaemodels.errors import UsageError

NAMES = {experiment.name: experiment for experiment in EXPERIMENTS}


def exact(toy: Toy) -> tuple[float, float, float]:
    """The gradient, the variances pathwise and of the score function."""
    path, score = estimators.exact(
        estimators.cost(toy.cost, toy.k),
        estimators.FAMILIES[toy.family],
        costs.parameters_of(toy.family, toy.theta, toy.scale),
    )
    return score.mean[0].item(), path.variance[0].item(), score.variance[0].item()


def of_experiment(name: str) -> Toy:
    return toy_of(str(NAMES[name].state["toy"]))


def path() -> None:
    toy = of_experiment("path")
    assert exact(toy)[1:] == pytest.approx((4, 30))
    assert exact(toy._replace(k=-3.0))[1:] == pytest.approx((4, 495))


def waves() -> None:
    toy = of_experiment("waves")
    assert exact(toy)[1:] == pytest.approx((0.268, 0.324), abs=1e-3)
    _, by_path, by_score = exact(toy._replace(k=5.0))
    assert by_path / by_score == pytest.approx(25, rel=1e-3)


def narrow() -> None:
    _, by_path, by_score = exact(of_experiment("narrow")._replace(scale=0.01))
    assert by_path**0.5 < 0.03 and by_score**0.5 == pytest.approx(100, rel=0.01)


def step() -> None:
    gradient, by_path, by_score = exact(of_experiment("step"))
    assert gradient == pytest.approx(0.399, abs=1e-3)
    assert by_path == 0 < by_score


def crossing() -> None:
    [k] = costs.crossings(costs.variances("normal", 1.0, 1.0, "cos"))
    assert k == pytest.approx(1.1, abs=0.05)
    assert all(score < path for at, path, score in costs.variances("normal", 1.0, 1.0, "cos") if at > k)


def of_bit(tau: float) -> dict[str, discrete.Measured]:
    return discrete.measure("2", 0.4, tau, 4, 0)


def signs() -> None:
    gradient = relaxations.enumerated(relaxations.BERNOULLI, discrete.logits_of(2, 0.4))[1].item()
    assert gradient == pytest.approx(0.0005, abs=5e-5)
    assert of_bit(1.0)["st"].mean == pytest.approx(-0.047, abs=1e-3)
    assert of_bit(1.0)["gs"].mean == pytest.approx(-0.013, abs=1e-3)
    bias = [of_bit(tau)["gs"].mean - gradient for tau in (0.1, 1.0)]
    assert bias[0] / bias[1] == pytest.approx(1 / 3, abs=0.12)
    assert of_bit(0.1)["gs"].std / of_bit(1.0)["gs"].std == pytest.approx(4, rel=0.1)


def stuck() -> None:
    paths = discrete.descents("2", 0.4, 1.0, 4, 0)
    assert paths["loo"] == pytest.approx(paths["exact"], abs=0.01)
    tail = paths["st"][len(paths["st"]) // 2 :]
    assert sum(tail) / len(tail) == pytest.approx(0.5, abs=0.07)


def decoder() -> None:
    model = checkpoints.load("vae-2d-digits").model
    found = reconstruction_gradients.compare(model, image_named("digits-0", model).x, DRAWS)
    by_path, by_score, with_baseline = (
        of.variance[0].item() for of in (found.pathwise, found.score, found.with_baseline)
    )
    assert (by_score / by_path) ** 0.5 == pytest.approx(100, rel=0.2)
    assert with_baseline / by_path == pytest.approx(3, rel=0.2)


OBSERVATIONS: dict[str, Callable[[], None]] = {
    check.__name__: check for check in (path, waves, narrow, step, crossing, signs, stuck, decoder)
}


@pytest.mark.parametrize("name", NAMES)
def test_the_observation_is_what_is_computed(name: str) -> None:
    OBSERVATIONS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_is_two_short_sentences_and_a_state(name: str) -> None:
    experiment = NAMES[name]
    assert experiment.do.endswith(".")
    assert len(re.findall(r"[.!?](\s|$)", experiment.look_for)) == 1
    assert experiment.state.keys() <= {*GRADIENTS.parameters, "look"}


def test_a_toy_goes_through_an_address_and_rubbish_is_refused() -> None:
    for toy in (
        USUAL,
        Toy("exponential", "exp", 0.2, 1.0, 10.0),
        Toy("gumbel", "step", -3.0, 0.01, -3.0, "scale"),
    ):
        assert toy_of(text_of(toy)) == toy
    for text in (
        "",
        "normal",
        "normal_cos_1_1",
        "cauchy_cos_1_1_1",
        "normal_cos_1_0_1",
        "normal_exp_1_1_-1",
        "a_b_c_d_e",
        "exponential_exp_1_1_1_scale",
        "normal_cos_1_1_1_scale_scale",
    ):
        with pytest.raises(UsageError, match=r"\.$"):
            toy_of(text)


def test_python_and_the_browser_have_the_same_families_and_costs() -> None:
    script = (clouds.__file__ or "").replace("__init__.py", "families.js")
    with open(script, encoding="utf-8") as file:
        text = file.read()
    for name, (theta, scale) in clouds.PARAMETERS.items():
        names = re.search(rf"  {name}: {{.*?names: \[(.*?)\]", text, re.DOTALL)
        assert names is not None and tuple(names[1].replace('"', "").split(", ")) == clouds.NAMES[name]
        found = re.search(rf"  {name}: {{.*?theta: \[(.*?)\], scale: \[(.*?)\]", text, re.DOTALL)
        assert found is not None
        assert [float(part) for part in f"{found[1]}, {found[2]}".split(", ")] == [*theta, *scale]
    for name, limits in clouds.KS.items():
        found = re.search(rf"  {name}: {{.*?range: \[(.*?)\]", text, re.DOTALL)
        assert found is not None and [float(part) for part in found[1].split(", ")] == [*limits]


def test_a_verdict_needs_a_bias_that_stands_clear_of_its_noise() -> None:
    of = discrete.Measured(-0.01, 0.001, 0.1)
    assert discrete.verdict("st", of, 0.0005) == "wrong sign"
    assert discrete.verdict("st", of, -0.02) == "biased"
    assert discrete.verdict("st", of, -0.0085) == "bias within noise"
    assert discrete.verdict("loo", of, 0.0005) == "unbiased"


def test_a_single_draw_and_a_low_temperature_stay_finite_and_are_spoken_of() -> None:
    found = discrete.measure("2", 0.4, 0.01, 1, 0)
    assert "loo" not in found and all(math.isfinite(value) for of in found.values() for value in of)
    assert (
        found["gs"].still > 0.8
        and found["gs"].largest > 5 * discrete.measure("2", 0.4, 1.0, 1, 0)["gs"].largest
    )
    said = discrete.said_of_extremes(found, 0.01, 1)
    assert f"{found['gs'].still:.0%}" in said and "single draw" in said
    assert discrete.said_of_extremes(of_bit(1.0), 1.0, 4) == ""
    paths = discrete.descents("2", 0.4, 0.01, 1, 0)
    assert all(0 <= p <= 1 for path in paths.values() for p in path)


@pytest.mark.parametrize("name", ["vae-2d", "vae-2d-kl", "vae-2d-rec"])
def test_every_decoders_estimators_agree_with_its_exact_gradient(name: str) -> None:
    model = checkpoints.load(name).model
    found = reconstruction_gradients.compare(model, image_named("digits-0", model).x, DRAWS)
    for of in (found.pathwise, found.with_baseline, found.score):
        assert ((of.mean - found.exact).abs() <= 4.5 * (of.variance / DRAWS).sqrt() + 1e-3).all()


def test_the_table_of_cases_speaks_of_what_wins() -> None:
    assert which.variances("cos", 5)[0] > which.variances("cos", 5)[1]
    assert which.variances("square", 0)[0] < which.variances("square", 0)[1]
    assert torch.tensor(which.variances("step", 1))[0] == 0
