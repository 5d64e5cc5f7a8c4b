"""Drawing the unknown label: its expectation and its gradient's against the sum over labels written out."""

import torch
from torch import Tensor

from vaemodels import label_draws
from vaemodels.models import SSVAE, SSVAEConfig

LABELS, IMAGES = 4, 3


def make() -> SSVAE:
    torch.manual_seed(0)
    model = SSVAE(SSVAEConfig(image_shape=(1, 3, 3), z_dim=2, hidden=(8,), n_labels=LABELS))
    with torch.no_grad():  # as it is built, q(y|x) is nearly uniform
        for parameter in model.classifier.parameters():
            parameter.mul_(4)
    return model.double()


def binary() -> Tensor:
    return torch.rand((IMAGES, 9), generator=torch.Generator().manual_seed(5)).round().double()


def gradient(model: SSVAE, value: Tensor) -> Tensor:
    return torch.cat([part.flatten() for part in torch.autograd.grad(value, list(model.parameters()))])


def at_label(model: SSVAE, x: Tensor, label: int) -> label_draws.DrawnBound:
    """With the same noise in z for every label."""
    return label_draws.bound_at(model, x, torch.full((len(x),), label), torch.Generator().manual_seed(1))


def test_over_all_labels_the_score_functions_gradient_is_the_enumerated_bounds() -> None:
    """E_q(y|x) of the drawn gradient, summed exactly, with the same noise in z on both sides."""
    model, x = make(), binary()
    q = model.classify(x).softmax(-1).T
    assert q.max() > 0.4 and q.min() > 1e-4
    parts = [at_label(model, x, label) for label in range(LABELS)]
    enumerated = sum((q[label] * part.bound).sum() for label, part in enumerate(parts))
    assert isinstance(enumerated, Tensor)
    expected = gradient(model, enumerated)
    assert expected.abs().max() > 0.1
    anew = [at_label(model, x, label) for label in range(LABELS)]
    q = model.classify(x).softmax(-1).T.detach()
    torch.testing.assert_close(
        gradient(model, sum((q[y] * part.surrogate).sum() for y, part in enumerate(anew))), expected
    )
    without = gradient(model, sum((q[y] * at_label(model, x, y).bound).sum() for y in range(LABELS)))
    assert (without - expected).abs().max() > 0.1  # the score's term is not small change


def test_the_mean_over_drawn_labels_is_the_bound_with_the_sum_written_out() -> None:
    model, n = make().requires_grad_(False), 20_000
    x = binary()[:1].repeat(n, 1)
    generator = torch.Generator().manual_seed(2)
    y = label_draws.draw(model, x, generator)
    shares = torch.bincount(y, minlength=LABELS) / n
    q = model.classify(x[:1]).softmax(-1)[0]
    assert ((shares - q).abs() < 4 * (q * (1 - q) / n).sqrt()).all()
    drawn = label_draws.bound_at(model, x, y, generator).bound
    summed = -model(x, generator=generator).nelbo
    error = ((drawn.var() + summed.var()) / n).sqrt()
    assert error < 0.05 and (drawn.mean() - summed.mean()).abs() < 4 * error
