import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import kl_divergence

from tests.small import DIM, encode_to, make_ae, make_hvae, make_vae, random_binary
from vaemodels import evaluation, models, objectives
from vaemodels.errors import LabError, UsageError
from vaemodels.evaluation import active_units, estimate, evaluate, image_terms
from vaemodels.models import Output

KS = (1, 2, 10, 50)


class TwoLevels(models.VAE):
    """A stand-in that needs labels and has two named KL terms, the second the label itself."""

    n_labels = 10
    needs_labels = True

    def forward(self, x: Tensor, y: Tensor | None = None, generator: torch.Generator | None = None) -> Output:
        assert y is not None and y.shape == x.shape[:1]
        output = super().forward(x, y, generator)
        return output._replace(kl={"z1": output.kl["z"], "z2": y.float()})


# The numbers


def test_terms_are_those_of_one_pass_over_the_images() -> None:
    model, x = make_vae(), random_binary(250)
    result = evaluate(model, x, seed=7)
    generator = torch.Generator().manual_seed(7)
    outputs = [model(part, None, generator) for part in x.split(evaluation.IMAGES_AT_ONCE)]
    reconstruction = torch.cat([output.reconstruction for output in outputs]).detach().double()
    kl = torch.cat([output.kl["z"] for output in outputs]).detach().double()
    assert result.n == 250
    assert result.reconstruction.mean == pytest.approx(reconstruction.mean().item(), rel=1e-6)
    assert result.kl["z"].mean == pytest.approx(kl.mean().item(), rel=1e-6)
    assert result.kl["z"].stderr == pytest.approx(kl.std().item() / math.sqrt(250), rel=1e-6)
    assert result.nelbo is not None
    assert result.nelbo.stderr == pytest.approx((reconstruction + kl).std().item() / math.sqrt(250), rel=1e-6)


@pytest.mark.parametrize("settings", [{}, {"likelihood": "gaussian"}])
def test_nelbo_is_reconstruction_plus_kl(settings: dict[str, Any]) -> None:
    result = evaluate(make_vae(**settings), random_binary(150), ks=(1, 5))
    assert result.nelbo is not None
    assert result.nelbo.mean == pytest.approx(result.reconstruction.mean + result.kl["z"].mean, abs=1e-5)


def test_several_kl_terms_and_labels_pass_through() -> None:
    config = models.VAEConfig(image_shape=(1, 4, 4), z_dim=2, hidden=(5,))
    y = torch.arange(130) % 10
    result = evaluate(TwoLevels(config), random_binary(130), y)
    assert list(result.kl) == ["z1", "z2"] and result.nelbo is not None
    assert result.kl["z2"].mean == pytest.approx(4.5)
    assert result.nelbo.mean == pytest.approx(
        result.reconstruction.mean + result.kl["z1"].mean + result.kl["z2"].mean, abs=1e-5
    )


def test_an_estimate_is_a_mean_with_its_standard_error() -> None:
    result = estimate(torch.tensor([1.0, 2.0, 3.0, 6.0]))
    assert result.mean == 3.0
    assert result.stderr == pytest.approx(math.sqrt((4 + 1 + 0 + 9) / 3) / 2)
    alone = estimate(torch.tensor([5.0]))
    assert alone.mean == 5.0 and math.isnan(alone.stderr)
    assert evaluation.from_json(5.0, 0.5) == evaluation.Estimate(5.0, 0.5)
    assert math.isnan(evaluation.from_json(5.0, None).stderr)


def test_the_mean_of_many_large_values_keeps_its_digits() -> None:
    assert estimate(torch.full((100_000,), 543.4277)).mean == pytest.approx(543.4277, abs=1e-4)


def test_bounds_are_block_means_of_one_pass_and_rise_with_k() -> None:
    model, x = make_vae(), random_binary(60)
    result = evaluate(model, x, ks=(50, 1, 10, 2, 10), seed=3)
    assert tuple(result.bounds) == KS
    generator = torch.Generator().manual_seed(3)
    log_w = evaluation.log_weights_in_chunks(model, x, 50, None, generator)
    for k in KS:
        values = objectives.iwae_in_blocks(log_w, k).detach()
        assert result.bounds[k].mean == pytest.approx(values.double().mean().item(), rel=1e-6)
        assert result.bounds[k].stderr == pytest.approx(values.std().item() / math.sqrt(60), rel=1e-4)
    means = [result.bounds[k].mean for k in KS]
    assert means == sorted(means) and means[0] < means[-1] - 0.01


def test_the_terms_do_not_depend_on_which_k_are_asked_for() -> None:
    model, x = make_vae(), random_binary(250)
    assert evaluate(model, x, ks=(5,)).nelbo == evaluate(model, x).nelbo


def test_nor_on_how_many_images_log_weights_are_drawn_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = make_vae(), random_binary(250)
    counted: list[int] = []
    monkeypatch.setattr(evaluation, "LOG_WEIGHTS_AT_ONCE", 35)  # seven images of five draws
    result = evaluate(model, x, ks=(5,), progress=counted.append)
    assert result.nelbo == evaluate(model, x).nelbo
    assert max(counted) == 7
    assert sum(counted) == 250


def test_l_1_is_the_elbo_within_the_noise() -> None:
    model = make_vae()
    result = evaluate(model, random_binary(400).repeat(5, 1), ks=(1,))
    assert result.nelbo is not None
    assert result.bounds[1].mean == pytest.approx(-result.nelbo.mean, abs=0.1)


def test_one_seed_gives_one_result_whatever_the_global_generator() -> None:
    model, x = make_vae(), random_binary(120)
    before = torch.get_rng_state()
    first = evaluate(model, x, ks=KS, seed=1).as_json()
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(99)
    second = evaluate(model, x, ks=KS, seed=1).as_json()
    other = evaluate(model, x, ks=KS, seed=2).as_json()
    for result in (first, second, other):
        del result["seconds"]
    assert first == second
    assert first["nelbo"] != other["nelbo"] and first["bounds"] != other["bounds"]


def test_an_autoencoder_has_no_nelbo_and_no_bounds() -> None:
    result = evaluate(make_ae(), random_binary(30), ks=KS)
    assert result.nelbo is None and result.bounds == {} and result.kl == {} and result.active_units is None
    plain = result.as_json()
    assert plain["nelbo"] is None and plain["bounds"] is None and plain["stderr"]["nelbo"] is None
    assert plain["reconstruction"] > 0 and plain["stderr"]["reconstruction"] > 0


def test_the_json_holds_values_and_standard_errors_by_the_same_keys() -> None:
    result = evaluate(make_vae(), random_binary(30), ks=(1, 5))
    plain = json.loads(json.dumps(result.as_json()))
    assert set(plain["stderr"]) == {"nelbo", "reconstruction", "kl", "bounds", "accuracy"}
    assert set(plain["bounds"]) == set(plain["stderr"]["bounds"]) == {"1", "5"}
    assert plain["bounds"]["5"] == result.bounds[5].mean
    assert plain["stderr"]["bounds"]["5"] == result.bounds[5].stderr
    assert plain["kl"] == {"z": result.kl["z"].mean} and plain["stderr"]["kl"] == {"z": result.kl["z"].stderr}
    assert plain["n"] == 30 and plain["accuracy"] is None and plain["repeats"] == 1


# What is refused


def test_grey_pixels_are_refused_where_the_likelihood_is_bernoulli() -> None:
    grey = random_binary(5)
    grey[3, 2] = 0.5
    with pytest.raises(UsageError, match="grey pixels"):
        evaluate(make_vae(), grey)
    with pytest.raises(UsageError, match="grey pixels"):
        image_terms(make_vae(), grey[3])
    assert evaluate(make_vae(likelihood="gaussian"), grey).n == 5
    assert evaluate(make_ae(), grey).n == 5


@pytest.mark.parametrize("ks", [(0,), (-1, 5), (1, 10**7)])
def test_a_k_out_of_range_is_refused(ks: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="k goes from 1 to 1,000,000"):
        evaluate(make_vae(), random_binary(3), ks=ks)


def test_no_images_are_refused() -> None:
    with pytest.raises(UsageError, match="no images"):
        evaluate(make_vae(), random_binary(3)[:0])


def test_values_that_are_not_finite_are_an_error() -> None:
    model = make_vae()
    with torch.no_grad():
        next(model.parameters()).fill_(math.inf)
    with pytest.raises(LabError, match="not finite"):
        evaluate(model, random_binary(3))


# Memory and progress


def test_progress_counts_every_image_once() -> None:
    counts: list[int] = []
    evaluate(make_vae(), random_binary(230), ks=(3,), progress=counts.append)
    assert sum(counts) == 230 and len(counts) == 3


def test_no_more_is_decoded_or_kept_at_once_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []
    kept: list[int] = []

    class Watched(models.VAE):
        def log_weights(self, x: Tensor, k: int, *rest: Any) -> Tensor:
            decoded.append(k * len(x))
            return super().log_weights(x, k, *rest)

    def watched(log_w: Tensor, k: int) -> Tensor:
        kept.append(log_w.numel())
        return objectives.iwae(log_w)

    monkeypatch.setattr(evaluation, "DECODED_AT_ONCE", 300)
    monkeypatch.setattr(evaluation, "LOG_WEIGHTS_AT_ONCE", 2_000)
    monkeypatch.setattr(evaluation.objectives, "iwae_in_blocks", watched)
    config = models.VAEConfig(image_shape=(1, 4, 4), z_dim=2, hidden=(5,))
    evaluate(Watched(config), random_binary(110), ks=(70,))
    assert sum(decoded) == 70 * 110
    assert max(decoded) <= 300 and max(kept) <= 2_000


def test_log_weights_in_chunks_are_those_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = make_vae(), random_binary(4)
    monkeypatch.setattr(evaluation, "DECODED_AT_ONCE", 12)

    def generator() -> torch.Generator:
        return torch.Generator().manual_seed(0)

    chunked = evaluation.log_weights_in_chunks(model, x, 8, None, generator())
    again = generator()
    parts = [model.log_weights(x, size, None, again) for size in (3, 3, 2)]
    torch.testing.assert_close(chunked, torch.cat(parts))


PEAK_MEMORY = """
import resource, torch
from vaemodels.evaluation import evaluate
from vaemodels.models import VAE, VAEConfig
model = VAE(VAEConfig(z_dim=2, hidden=(8,)))
x = torch.rand(10, 784).round()
for k in (50, 50, 5000):
    evaluate(model, x, ks=(1, k))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is read through resource")
def test_memory_of_l_5000_is_flat_in_k() -> None:
    """All at once, 5000 draws of 10 images would take 157 MB a buffer."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PEAK_MEMORY], cwd=root, capture_output=True, text=True, check=True
    )
    unit = 1024 if sys.platform != "darwin" else 1
    _, small, large = (int(line) * unit for line in done.stdout.split())
    assert large - small < 20e6


# Active units


def test_a_unit_is_active_when_its_mean_varies_by_more_than_a_hundredth() -> None:
    noise = torch.randn(2000, 4)
    noise = (noise - noise.mean(0)) / noise.std(0)
    variances = torch.tensor([0.0, 0.009, 0.011, 4.0])
    assert active_units(5 + noise * variances.sqrt()) == 2
    assert active_units(noise[:1]) == 0


def test_active_units_are_counted_on_the_model() -> None:
    model = make_vae(z_dim=3)
    encode_to(model, torch.zeros(6))
    assert evaluate(model, random_binary(200)).active_units == 0
    layer = model.encoder[-1]
    assert isinstance(layer, torch.nn.Linear)
    with torch.no_grad():
        layer.weight[1] = 5.0
    assert evaluate(model, random_binary(200)).active_units == 1


@pytest.mark.parametrize("inference", ["bottom_up", "parallel"])
def test_active_units_are_counted_on_both_levels(inference: str) -> None:
    model, x = make_hvae(inference), random_binary(200)
    lower, upper = model.encoder[-1], model.encoder_z2[-1]
    assert isinstance(lower, torch.nn.Linear) and isinstance(upper, torch.nn.Linear)
    with torch.no_grad():
        lower.weight.zero_()
        upper.weight.zero_()
        assert evaluate(model, x).active_units == 0
        lower.weight[:2] = 5.0
        upper.weight[0] = 5.0
    assert evaluate(model, x).active_units == 3


# One image taken apart


def test_the_terms_of_one_image_are_consistent() -> None:
    model, x = make_vae(), random_binary(1)[0]
    terms = image_terms(model, x, draws=200, seed=2)
    q = model.encode(x.unsqueeze(0))["z"]
    assert terms.kl["z"] == pytest.approx(kl_divergence(q, model.prior()).item(), rel=1e-5)
    assert terms.kl_by_dimension["z"].sum().item() == pytest.approx(terms.kl["z"], rel=1e-5)
    assert terms.kl_by_dimension["z"].shape == (3,)
    assert terms.per_pixel.shape == terms.mean.shape == (DIM,)
    assert terms.per_pixel.sum().item() == pytest.approx(terms.reconstruction, rel=1e-5)
    assert (terms.per_pixel > 0).all()
    assert terms.nelbo == pytest.approx(terms.reconstruction + terms.kl["z"])
    assert terms.draws == 200
    torch.testing.assert_close(terms.code, model.embed(x.unsqueeze(0))[0])
    torch.testing.assert_close(terms.mean, model.decode(terms.code).mean)


def test_the_terms_of_one_image_are_what_evaluate_measures_on_copies_of_it() -> None:
    model, x = make_vae(), random_binary(1)
    terms = image_terms(model, x[0], draws=100, seed=5)
    result = evaluate(model, x.expand(100, -1), seed=5)
    assert result.nelbo is not None
    assert terms.reconstruction == pytest.approx(result.reconstruction.mean, rel=1e-6)
    assert terms.stderr == pytest.approx(result.reconstruction.stderr, rel=1e-4)
    assert terms.nelbo == pytest.approx(result.nelbo.mean, rel=1e-6)


def test_the_terms_of_one_image_repeat_and_leave_the_global_generator_be() -> None:
    model, x = make_vae(), random_binary(1)[0]
    before = torch.get_rng_state()
    first = image_terms(model, x)
    assert torch.equal(before, torch.get_rng_state())
    assert first.reconstruction == image_terms(model, x).reconstruction
    assert first.reconstruction != image_terms(model, x, seed=1).reconstruction


def test_one_image_under_an_autoencoder_and_under_a_gaussian() -> None:
    x = random_binary(1)[0]
    terms = image_terms(make_ae(), x)
    assert terms.kl == {} and terms.kl_by_dimension == {} and terms.stderr == pytest.approx(0, abs=1e-5)
    assert terms.nelbo == terms.reconstruction
    grey = torch.linspace(0, 1, DIM)
    gaussian = image_terms(make_vae(likelihood="gaussian"), grey)
    assert gaussian.per_pixel.sum().item() == pytest.approx(gaussian.reconstruction, rel=1e-5)


def test_the_label_of_one_image_reaches_every_draw() -> None:
    config = models.VAEConfig(image_shape=(1, 4, 4), z_dim=2, hidden=(5,))
    terms = image_terms(TwoLevels(config), random_binary(1)[0], torch.tensor(7), draws=6)
    assert terms.kl["z2"] == 7.0
