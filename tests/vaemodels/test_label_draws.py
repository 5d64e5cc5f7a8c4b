"""Drawing the unknown label: its expectation and its gradient's against the sum over labels written out."""

import math

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


def at_label(model: SSVAE, x: Tensor, label: int) -> label_draws.Drawn:
    """With the same noise in z for every label."""
    return label_draws.terms_at(
        model, x, torch.full((len(x),), label), generator=torch.Generator().manual_seed(1)
    )


def test_over_all_labels_the_score_functions_gradient_is_the_enumerated_bounds() -> None:
    """E_q(y|x) of the drawn gradient, summed exactly, with the same noise in z on both sides."""
    model, x = make(), binary()

    def over_labels(weights: Tensor, use_score: bool) -> Tensor:
        parts = [at_label(model, x, label) for label in range(LABELS)]
        values = [
            label_draws.surrogate(part.output.nelbo, part.log_q) if use_score else part.output.nelbo
            for part in parts
        ]
        return gradient(model, (weights * torch.stack(values)).sum())

    q = model.classify(x).softmax(-1).T
    assert q.max() > 0.4 and q.min() > 1e-4
    drawn, path_alone = over_labels(q.detach(), True), over_labels(q.detach(), False)
    enumerated = over_labels(q, False)
    torch.testing.assert_close(drawn, enumerated)
    assert (path_alone - enumerated).abs().max() > 0.1


def test_the_mean_over_drawn_labels_is_the_bound_with_the_sum_written_out() -> None:
    model, n = make().requires_grad_(False), 20_000
    x = binary()[:1].repeat(n, 1)
    generator = torch.Generator().manual_seed(2)
    y = label_draws.draw(model, x, generator=generator)
    shares = torch.bincount(y, minlength=LABELS) / n
    q = model.classify(x[:1]).softmax(-1)[0]
    assert ((shares - q).abs() < 4 * (q * (1 - q) / n).sqrt()).all()
    drawn = -label_draws.terms_at(model, x, y, generator=generator).output.nelbo
    summed = -model(x, generator=generator).nelbo
    error = ((drawn.var() + summed.var()) / n).sqrt()
    assert error < 0.05 and (drawn.mean() - summed.mean()).abs() < 4 * error


def test_a_known_label_is_kept_and_teaches_the_classifier_nothing() -> None:
    model, x, y = make(), binary(), torch.tensor([2, -1, 0])
    drawn = label_draws.draw(model, x, y, torch.Generator().manual_seed(4))
    assert drawn[[0, 2]].tolist() == [2, 0] and 0 <= drawn[1] < LABELS
    terms = label_draws.terms_at(model, x, drawn, y, torch.Generator().manual_seed(1))
    noise = torch.randn((IMAGES, 2), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    q_z = model.encode(x, drawn)["z"]
    expected = model.decode(q_z.mean + q_z.stddev * noise, drawn).log_prob(x) - math.log(LABELS)
    expected -= model.kl_by_dimension({"z": q_z})["z"].sum(1)
    torch.testing.assert_close(-terms.output.nelbo[[0, 2]], expected[[0, 2]])
    part = label_draws.surrogate(terms.output.nelbo, terms.log_q)[[0, 2]].sum()
    for gradient_of in torch.autograd.grad(part, list(model.classifier.parameters())):
        assert not gradient_of.any()
