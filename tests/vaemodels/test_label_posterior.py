"""The ten ELBOs of an image: what they add up to, and how much a classifier that differs from them costs."""

import pytest
import torch

from vaemodels.analysis.label_posterior import IMAGES_AT_ONCE, OfLabels, likeliest, of_labels
from vaemodels.evaluation import image_terms
from vaemodels.models import SSVAE, SSVAEConfig


def make() -> tuple[SSVAE, torch.Tensor]:
    torch.manual_seed(0)
    model = SSVAE(SSVAEConfig(image_shape=(1, 4, 4), z_dim=3, hidden=(8,), n_labels=5))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)
    return model, torch.rand(16, generator=torch.Generator().manual_seed(1)).round()


def test_they_make_up_the_elbo_term_by_term():
    model, x = make()
    of, terms = of_labels(model, x), image_terms(model, x)
    assert of.q.max() < 0.999
    assert of.elbo == pytest.approx(-terms.nelbo, abs=1e-4)
    assert (of.q * of.reconstruction).sum().item() == pytest.approx(terms.reconstruction, abs=1e-4)
    assert (of.q * of.kl_z).sum().item() == pytest.approx(terms.kl["z"], abs=1e-4)
    elbos = model.per_class_elbo(x.expand(64, -1), torch.Generator().manual_seed(0)).double().mean(1)
    torch.testing.assert_close(of.elbos, elbos, atol=1e-4, rtol=0)


def test_the_bound_is_largest_where_q_is_the_softmax_of_the_elbos():
    model, x = make()
    of = of_labels(model, x)
    best = of._replace(q=of.posterior)
    assert best.lost == pytest.approx(0, abs=1e-9)
    assert of.lost == pytest.approx(best.elbo - of.elbo, abs=1e-9)
    kl = (of.q * (of.q.log() - of.elbos.log_softmax(0))).sum()
    assert of.lost == pytest.approx(kl.item(), abs=1e-6) and of.lost > 0.01


def test_a_probability_of_zero_costs_nothing():
    of = OfLabels(torch.tensor([1.0, 0.0]), torch.tensor([3.0, 5.0]), torch.zeros(2))
    assert of.entropy == 0
    assert of.elbo == pytest.approx(of.elbos[0].item())


def test_the_likeliest_label_of_many_images_is_each_ones_own():
    model, _ = make()
    x = torch.rand((IMAGES_AT_ONCE + 20, 16), generator=torch.Generator().manual_seed(2)).round()
    found = likeliest(model, x, draws=300)
    elbos = torch.stack([of_labels(model, image, draws=300, seed=1).elbos for image in x])
    best = elbos.topk(2).values
    sure = best[:, 0] - best[:, 1] > 3  # more than the draws differ by
    assert sure.sum() > 20
    assert torch.equal(found[sure], elbos.argmax(1)[sure])
    assert len(found.unique()) > 1
