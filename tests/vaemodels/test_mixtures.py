"""Images under a mixture prior, against Bayes' rule, the model's own terms and quadrature."""

import math

import pytest
import torch
from torch.distributions import MixtureSameFamily, Normal

from tests.small import make_gmvae, make_run, random_binary, trained
from tests.vaemodels.normal_nodes import standard_normal_nodes
from vaemodels.analysis.clustering import components_in_use
from vaemodels.analysis.mixtures import image_draws, occupancy, with_means
from vaemodels.cards import make_card, to_text
from vaemodels.evaluation import image_terms
from vaemodels.models import GMVAE, GMVAEConfig
from vaemodels.training import occupied


def test_an_images_responsibilities_are_bayes_rule_averaged_over_q() -> None:
    """Against Gauss–Hermite quadrature of E_q[p(i|z)], p(i|z) from the components' densities one by one."""
    model = make_gmvae(3, z_dim=2)
    prior, mean, std = model.prior(), torch.tensor([0.4, -0.3]), torch.tensor([0.5, 0.8])
    nodes, log_weights = standard_normal_nodes(60, 2)
    z = mean + std * nodes.float()
    normals = [Normal(m, s) for m, s in zip(prior.means, prior.stds, strict=True)]
    of_each = torch.stack([normal.log_prob(z).sum(-1) for normal in normals], -1).softmax(-1)
    expected = (log_weights.exp().float().unsqueeze(1) * of_each).sum(0)
    noise = torch.randn(40_000, 2, generator=torch.Generator().manual_seed(0))
    found = image_draws(prior, mean, std, noise).responsibilities
    torch.testing.assert_close(found, expected.detach(), atol=0.005, rtol=0)
    assert found.sum().item() == pytest.approx(1, abs=1e-5)


def test_the_mean_of_its_draws_is_the_kl_that_image_terms_gives_for_the_same_noise() -> None:
    model, x = make_gmvae(5), random_binary(1)[0]
    q = model.encode(x.unsqueeze(0))["z"]
    noise = torch.randn((64, 1, 3), generator=torch.Generator().manual_seed(0))[:, 0]
    draws = image_draws(model.prior(), q.mean[0], q.stddev[0], noise)
    terms = image_terms(model, x, draws=64, seed=0)
    assert draws.kl.mean().item() == pytest.approx(terms.kl["z"], abs=1e-4)


def test_one_draws_kl_is_negative_where_the_prior_is_denser_than_q_and_its_mean_never_is() -> None:
    """q is the one component: log q − log p is 0 everywhere. q twice as wide: of either sign, its mean the KL."""
    prior = make_gmvae(1, z_dim=2).prior()
    mean, std = prior.means[0].detach(), prior.stds[0].detach()
    noise = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(1))
    assert image_draws(prior, mean, std, noise).kl.abs().max() < 1e-4
    wide = image_draws(prior, mean, 2 * std, noise).kl
    exact = 2 * (0.5 * (4 - 1) - math.log(2))
    assert wide.min() < 0
    assert wide.mean().item() == pytest.approx(exact, abs=4 * wide.std().item() / math.sqrt(20_000))


def test_occupancy_counts_images_by_component_and_label() -> None:
    model = make_gmvae(3, z_dim=1)
    with torch.no_grad():
        model.prior_mean.copy_(torch.tensor([[0.0], [10.0], [20.0]]))
        model.prior_log_std.zero_()
    mean = torch.tensor([0.0, 0.1, 10.0, 20.0, 19.9, 20.2]).unsqueeze(1)
    labels = torch.tensor([4, 4, 1, 9, 9, 0])
    found = occupancy(model.prior(), mean, torch.full_like(mean, 0.01), labels)
    torch.testing.assert_close(found.shares, torch.tensor([2.0, 1.0, 3.0]) / 6)
    assert found.component.tolist() == [0, 0, 1, 2, 2, 2]
    assert found.table.sum(1).tolist() == [2, 1, 3]
    assert found.table[[0, 1, 2, 2], [4, 1, 9, 0]].tolist() == [2, 1, 2, 1]
    z = mean + 0.01 * torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
    expected = Normal(mean, 0.01).log_prob(z)[:, 0] - MixtureSameFamily.log_prob(model.prior(), z)
    torch.testing.assert_close(found.kl, expected.detach(), atol=1e-3, rtol=0)


def test_moved_means_move_nothing_else() -> None:
    model = make_gmvae(4)
    before = model.prior()
    after = with_means(before, {2: [1.0, -2.0, 3.0]})
    assert after.means[2].tolist() == [1.0, -2.0, 3.0]
    torch.testing.assert_close(after.means[[0, 1, 3]], before.means[[0, 1, 3]].detach())
    torch.testing.assert_close(after.stds, before.stds.detach())
    assert model.prior_mean[2].tolist() != [1.0, -2.0, 3.0]


# The history of a run


def test_a_runs_history_tells_the_components_in_use() -> None:
    model = GMVAE(GMVAEConfig(z_dim=2, hidden=(16,), components=6))
    run = make_run(model, epochs=2)
    trained(run)
    for record in run.history:
        shares = torch.tensor(record["shares"])
        assert len(shares) == 6 and shares.sum().item() == pytest.approx(1, abs=1e-3)
        assert record["components_in_use"] == pytest.approx(components_in_use(shares), abs=0.01)
    card = make_card(
        name="x",
        model=model,
        dataset="digits",
        binarization="dynamic",
        training={},
        seed=0,
        history=run.history,
    )
    assert '"components_in_use"' in to_text(card)  # a card that can be read again


def test_of_many_components_the_history_tells_how_many_and_not_each_and_of_other_priors_nothing() -> None:
    many = make_gmvae(30)
    assert occupied(many, random_binary(8)).keys() == {"components_in_use"}
    run = make_run(epochs=1)
    trained(run)
    assert run.history[0].keys().isdisjoint({"components_in_use", "shares"})
