"""Effective sample sizes, ELBO surgery, the mutual information gap, clusters against labels."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from tests.small import encode_to, make_ae, make_gmvae, make_hvae, make_vae, random_binary
from tests.vaemodels import linear_gaussian as exact
from vaemodels import models
from vaemodels.analysis import clustering, diagnostics
from vaemodels.analysis.disentanglement import information_gap, quantile_bins
from vaemodels.errors import UsageError
from vaemodels.evaluation import evaluate

# Effective sample size


def test_equal_weights_count_fully_and_one_large_one_counts_once() -> None:
    log_w = torch.tensor([[-900.0, 0.0], [-900.0, -200.0], [-900.0, -300.0], [-900.0, -400.0]])
    torch.testing.assert_close(diagnostics.effective_sample_size(log_w), torch.tensor([4.0, 1.0]))
    torch.testing.assert_close(diagnostics.spread(log_w[:, :1]), torch.zeros(1))


def test_the_effective_sample_size_is_what_its_formula_says() -> None:
    weights = torch.tensor([[1.0, 3.0], [2.0, 3.0], [5.0, 0.5]])
    expected = weights.sum(0) ** 2 / weights.square().sum(0)
    found = diagnostics.effective_sample_size(weights.log() - 90)
    torch.testing.assert_close(found, expected)


def test_draws_from_the_posterior_are_all_effective() -> None:
    model, x = exact.make_model(2, 5), torch.rand((4, 5), generator=torch.Generator().manual_seed(1))
    loose = diagnostics.effective_sample_size(model.log_weights(x, 100))
    exact.infer_exactly(model)
    log_w = model.log_weights(x, 100)
    torch.testing.assert_close(
        diagnostics.effective_sample_size(log_w), torch.full((4,), 100.0), atol=1e-3, rtol=0
    )
    assert (diagnostics.spread(log_w) < 1e-4).all() and (loose < 50).all()


# ELBO surgery


def density(mean: Tensor, std: Tensor, z: Tensor) -> Tensor:
    """N(z; mean_i, std_i²) of each image at each place, `[places, n]` in float64, by hand and for one dimension."""
    standardised = (z.unsqueeze(1) - mean) / std
    return (-0.5 * standardised**2).exp() / (std * math.sqrt(2 * math.pi))


def test_surgerys_parts_are_integrals_over_the_line() -> None:
    """Eight images, one latent: I_q and KL(q(z) ‖ p(z)) by sums over 20,001 places."""
    model, x = make_vae(z_dim=1), random_binary(8)
    last = model.encoder[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.weight.mul_(8.0)
        last.bias.copy_(torch.tensor([0.5, -1.0]))
    q = model.encode(x)["z"]
    z = torch.linspace(-12, 12, 20_001, dtype=torch.float64)
    each = density(q.mean[:, 0].detach().double(), q.stddev[:, 0].detach().double(), z)
    aggregate, prior = each.mean(1), density(torch.zeros(1), torch.ones(1), z.float())[:, 0].double()
    cell = (z[1] - z[0]).item()
    marginal = ((aggregate * (aggregate / prior).log()).nan_to_num().sum() * cell).item()
    information = ((each * (each / aggregate.unsqueeze(1)).log()).nan_to_num().sum() / 8 * cell).item()

    parts = [diagnostics.surgery(model, x, seed=seed) for seed in range(300)]
    for name, expected in (
        ("mutual_information", information),
        ("marginal_kl", marginal),
        ("mean_kl", model(x).kl["z"].mean().item()),
    ):
        values = torch.tensor([getattr(part, name).mean for part in parts], dtype=torch.float64)
        error = values.std().item() / math.sqrt(len(values))
        assert values.mean().item() == pytest.approx(expected, abs=4 * error), name
        assert error < 0.1 * expected, name
    assert marginal + information == pytest.approx(model(x).kl["z"].mean().item(), abs=1e-4)
    assert 0.1 < information < parts[0].ceiling == math.log(8)


@pytest.mark.parametrize("make", [make_vae, make_gmvae])
def test_surgerys_parts_add_up_draw_by_draw(make) -> None:
    model, x = make(), random_binary(500)
    parts = diagnostics.surgery(model, x)
    assert parts.mutual_information.mean + parts.marginal_kl.mean == pytest.approx(
        parts.mean_kl.mean, abs=1e-5
    )
    nelbo = evaluate(model, x).nelbo
    assert nelbo is not None
    error = math.hypot(nelbo.stderr, parts.reconstruction.stderr, parts.mean_kl.stderr)
    assert parts.elbo == pytest.approx(-nelbo.mean, abs=4 * error)
    assert parts == diagnostics.surgery(model, x) != diagnostics.surgery(model, x, seed=1)


def test_codes_that_tell_images_apart_reach_the_ceiling_and_no_more() -> None:
    model, x = make_vae(z_dim=2), torch.eye(16)
    last = nn.Linear(16, 4)
    model.encoder = nn.Sequential(last)
    with torch.no_grad():
        last.weight.zero_()
        last.weight[:2] = 50 * torch.randn(2, 16)
        last.bias.copy_(torch.tensor([0.0, 0.0, -3.0, -3.0]))
    parts = diagnostics.surgery(model, x)
    assert parts.mutual_information.mean == pytest.approx(math.log(16), abs=1e-3) == parts.ceiling


def test_codes_that_tell_nothing_have_no_information() -> None:
    model, x = make_vae(z_dim=2), random_binary(300)
    encode_to(model, torch.tensor([1.0, 0.0, 0.0, 0.0]))
    parts = diagnostics.surgery(model, x)
    assert parts.mutual_information.mean == pytest.approx(0, abs=1e-5)
    assert parts.marginal_kl.mean == pytest.approx(0.5, abs=4 * parts.marginal_kl.stderr)


@pytest.mark.parametrize("make", [make_ae, lambda: make_hvae("parallel")])
def test_surgery_is_for_one_latent_with_a_prior(make) -> None:
    with pytest.raises(UsageError, match="one latent"):
        diagnostics.surgery(make(), random_binary(4))
    with pytest.raises(UsageError, match="grey"):
        diagnostics.surgery(make_vae(), torch.full((2, 16), 0.5))


# The mutual information gap


@pytest.fixture(scope="module")
def factors() -> Tensor:
    """Every combination of three factors with 5, 4 and 2 values, 25 times each: [1000, 3]."""
    grid = torch.tensor(list(itertools.product(range(5), range(4), range(2))))
    return grid.repeat(25, 1)


def gap(mean: Tensor, std: float, factors: Tensor):
    return information_gap(mean, torch.full_like(mean, std), factors, torch.Generator().manual_seed(0))


def test_a_dimension_for_each_factor_is_a_gap_of_one(factors: Tensor) -> None:
    found = gap(torch.cat([factors.float(), torch.zeros(1000, 2)], 1), 0.01, factors)
    assert found.mig == pytest.approx(1, abs=1e-4)
    torch.testing.assert_close(found.information, torch.eye(5, 3), atol=1e-4, rtol=0)


def test_a_code_that_knows_no_factor_has_no_gap(factors: Tensor) -> None:
    mean = torch.randn((1000, 5), generator=torch.Generator().manual_seed(1))
    found = gap(mean, 0.5, factors)
    assert abs(found.mig) < 0.02 and found.information.abs().max() < 0.05


def test_a_factor_told_twice_has_no_gap_and_one_mixed_with_another_a_small_one(factors: Tensor) -> None:
    once = factors[:, :1].float()
    assert gap(torch.cat([once, once], 1), 0.01, factors[:, :1]).mig == pytest.approx(0, abs=1e-4)
    turned = torch.stack([factors[:, 0] + factors[:, 1], factors[:, 0] - factors[:, 1]], 1).float()
    assert 0 <= gap(turned, 0.01, factors[:, :2]).mig < 0.2


def test_noise_in_the_code_costs_the_information_it_should(factors: Tensor) -> None:
    """One bit at ±1 under N(0, 1) noise carries 0.486 bits (the capacity of that channel)."""
    mean = 2.0 * factors[:, 2:].float() - 1
    draws = [
        information_gap(mean, torch.ones_like(mean), factors[:, 2:], torch.Generator().manual_seed(seed)).mig
        for seed in range(20)
    ]
    assert sum(draws) / 20 == pytest.approx(0.486, abs=0.02)


def test_the_gap_is_the_same_in_pieces(factors: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    mean = torch.randn((1000, 2), generator=torch.Generator().manual_seed(1)) + factors[:, :2]
    whole = gap(mean, 0.3, factors)
    monkeypatch.setattr("vaemodels.analysis.disentanglement.DENSITIES_AT_ONCE", 70_000)
    pieces = gap(mean, 0.3, factors)
    torch.testing.assert_close(pieces.information, whole.information)
    assert pieces.mig == pytest.approx(whole.mig, abs=1e-5)


def test_what_the_values_of_a_factor_are_called_is_nothing_to_the_gap(factors: Tensor) -> None:
    mean = torch.randn((1000, 2), generator=torch.Generator().manual_seed(1)) + factors[:, :2]
    torch.testing.assert_close(
        gap(mean, 0.3, 7 * factors - 3).information, gap(mean, 0.3, factors).information
    )


def test_quantile_bins_hold_equal_counts() -> None:
    values = torch.randn(1000).exp()
    bins = quantile_bins(values, 8)
    assert torch.bincount(bins).tolist() == [125] * 8
    order = values.argsort()
    assert (bins[order].diff() >= 0).all()


# Clusters and labels


def test_a_renamed_clustering_is_perfect() -> None:
    labels = torch.arange(1000) % 10
    clusters = torch.randperm(10)[labels]
    table = clustering.component_table(clusters, labels, 10)
    assert clustering.clustering_accuracy(table) == 1.0 == clustering.purity(table)


def test_the_hungarian_method_beats_taking_each_components_best() -> None:
    """Both components hold mostly ones; each label may be given once."""
    table = torch.tensor([[40, 60], [5, 95]])
    assert clustering.clustering_accuracy(table) == pytest.approx((40 + 95) / 200)
    assert clustering.purity(table) == pytest.approx((60 + 95) / 200)


def test_with_more_components_than_labels_each_label_gets_one() -> None:
    table = torch.tensor([[30, 0], [20, 0], [0, 25], [0, 25]])
    assert clustering.clustering_accuracy(table) == pytest.approx(0.55)
    assert clustering.purity(table) == 1.0


@pytest.mark.parametrize("shape", [(10, 10), (10, 30), (30, 10), (1, 5), (12, 7)])
@pytest.mark.parametrize("most", [3, 1000])
def test_the_largest_assignment_is_scipys(shape: tuple[int, int], most: int) -> None:
    """Many ties and few, zeros among them; SciPy's code is independent of ours."""
    random = np.random.default_rng(0)
    for _ in range(20):
        gains = random.integers(0, most, shape)
        rows, columns = linear_sum_assignment(gains, maximize=True)
        assert clustering.largest_assignment(gains) == gains[rows, columns].sum()


def test_a_table_of_components_counts_labels_by_row() -> None:
    table = clustering.component_table(torch.tensor([0, 2, 2, 2]), torch.tensor([1, 0, 1, 1]), 3, 2)
    assert table.tolist() == [[0, 1], [0, 0], [1, 2]]


def test_components_in_use() -> None:
    assert clustering.components_in_use(torch.tensor([1.0, 1.0, 1.0, 0.0])) == pytest.approx(3)
    assert clustering.components_in_use(torch.tensor([0.0, 7.0])) == pytest.approx(1)


# What a classifier gets right


def test_evaluation_scores_a_model_that_infers_labels_and_does_not_tell_it_them() -> None:
    torch.manual_seed(0)
    model = models.build("ssvae", {"image_shape": [1, 4, 4], "z_dim": 2, "hidden": [5]})
    assert isinstance(model, models.SSVAE)
    x = random_binary(60)
    predictions = model.classify(x).argmax(-1)
    y = predictions.clone()
    y[:15] = (y[:15] + 1) % 10
    result = evaluate(model, x, y, ks=(3,))
    assert result.accuracy is not None
    assert result.accuracy.mean == 0.75
    assert result.accuracy.stderr == pytest.approx(math.sqrt(0.75 * 0.25 / 59))
    blind = evaluate(model, x, ks=(3,))
    assert blind.nelbo == result.nelbo and blind.bounds == result.bounds and blind.accuracy is None
    assert result.as_json()["accuracy"] == 0.75 and "accuracy" in result.as_json()["stderr"]
