"""Remedies of training that are off unless asked for: free bits, cycles of β, warm-up of the rate, short gradients."""

import math

import pytest
import torch
from torch import Tensor, nn

from tests.small import make_config, make_gmvae, make_hvae, make_run, make_vae, random_binary, trained
from vaemodels import losses, training
from vaemodels.errors import UsageError
from vaemodels.losses import Batch, loss_and_gradients
from vaemodels.models import Model
from vaemodels.optimizer import Optimizer

X, Y = random_binary(20), torch.zeros(20, dtype=torch.int64)


@pytest.mark.parametrize("nats", [0.1, 2.0, 3.0, 50.0])
def test_free_bits_are_the_larger_of_the_two_with_its_gradient(nats: float) -> None:
    """Σ_j max(λ, mean KL_j), whose gradient is that of the KLs above λ."""
    kl = {
        "z1": torch.tensor([1.0, 2.0, 6.0]).requires_grad_(),
        "z2": torch.tensor([0.0, 0.5, 1.0]).requires_grad_(),
    }
    free = losses.with_free_bits(kl, nats)
    total = sum((values.mean() for values in free.values()), torch.zeros(()))
    assert total.item() == pytest.approx(max(nats, 3.0) + max(nats, 0.5))
    total.backward()
    for values, mean in zip(kl.values(), (3.0, 0.5), strict=True):
        assert values.grad is not None
        assert values.grad.tolist() == pytest.approx([1 / 3 if mean > nats else 0.0] * 3)


def test_a_labels_kl_has_no_free_bits() -> None:
    kl = {"y": torch.ones(3), "z": torch.ones(3)}
    free = losses.with_free_bits(kl, 5.0)
    assert (free["y"].tolist(), free["z"].tolist()) == ([1.0] * 3, [5.0] * 3)


@pytest.mark.parametrize(
    "model", [make_vae(), make_gmvae(), make_hvae("parallel")], ids=["vae", "gmvae", "hvae"]
)
def test_the_loss_has_them_and_the_reported_terms_have_not(model: Model) -> None:
    def loss(**settings: float) -> losses.Loss:
        return losses.loss(model, Batch(X, Y), make_config(**settings), 0.0, torch.Generator().manual_seed(1))

    plain, free = loss(), loss(free_bits=4.0)
    kls = [values.mean().item() for name, values in plain.terms.items() if name.startswith("kl_")]
    extra = sum(max(4.0, kl) - kl for kl in kls)
    assert extra > 0.5
    assert free.value.item() - plain.value.item() == pytest.approx(extra, rel=1e-4)
    assert all(torch.equal(free.terms[name], values) for name, values in plain.terms.items())


def test_where_every_nat_is_free_the_gradient_is_that_of_the_reconstruction() -> None:
    model = make_vae()
    config = make_config(free_bits=1e3)
    _, gradients = loss_and_gradients(model, Batch(X, Y), config, 0.0, torch.Generator().manual_seed(0))
    by_name = dict(zip((name for name, _ in model.named_parameters()), gradients, strict=True))
    reconstruction = model(X, None, torch.Generator().manual_seed(0)).reconstruction.mean()
    alone = torch.autograd.grad(reconstruction, list(model.parameters()))
    for mine, other in zip(by_name.values(), alone, strict=True):
        assert mine is not None
        torch.testing.assert_close(mine, other)


@pytest.mark.parametrize(
    ("epoch", "share"),
    [(0, 0), (5, 0.2), (12.5, 0.5), (25, 1), (40, 1), (49.9, 1), (50, 0), (55, 0.2), (75, 1), (100, 0)],
)
def test_beta_rises_in_the_first_half_of_each_cycle(epoch: float, share: float) -> None:
    config = make_config(epochs=100, beta=4.0, beta_cycles=2)
    assert losses.term_weights(config, epoch) == pytest.approx((1.0, 4 * share))
    assert losses.term_weights(make_config(epochs=100, beta=4.0), epoch) == (1.0, 4.0)


def test_the_rate_rises_step_by_step() -> None:
    config = make_config(epochs=10, learning_rate=1e-3, schedule="constant", rate_warmup_epochs=2)
    rates = [training.learning_rate(config, step, 50) for step in range(50)]
    assert rates == pytest.approx([1e-3 * min(1, (step + 1) / 10) for step in range(50)])
    config = make_config(epochs=10, learning_rate=1e-3, rate_warmup_epochs=2)
    without = make_config(epochs=10, learning_rate=1e-3)
    for step in range(50):
        share = min(1, (step + 1) / 10)
        assert training.learning_rate(config, step, 50) == pytest.approx(
            share * training.learning_rate(without, step, 50)
        )


@pytest.mark.parametrize("limit", [0.0, 0.5, 1e9])
def test_a_long_gradient_is_shortened_as_the_library_does(limit: float) -> None:
    mine, theirs = make_vae(), make_vae()
    optimizer = Optimizer(mine, torch.float32)
    library = torch.optim.Adam(theirs.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(0)
    for size in (1.0, 1e-3, 10.0):
        gradients: list[Tensor] = [
            size * torch.randn(p.shape, generator=generator) for p in mine.parameters()
        ]
        optimizer.step(gradients, 1e-2, limit)
        for parameter, gradient in zip(theirs.parameters(), gradients, strict=True):
            parameter.grad = gradient.clone()
        if limit:
            nn.utils.clip_grad_norm_(theirs.parameters(), limit)
        library.step()
    for parameter, other in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(parameter, other, rtol=1e-4, atol=1e-6)


def test_a_run_with_all_of_them_learns() -> None:
    run = make_run(epochs=4, beta_cycles=2, free_bits=0.5, rate_warmup_epochs=1, gradient_limit=50.0)
    records = trained(run)
    first, last = (losses.headline(record.held_out) for record in (records[0], records[-1]))
    assert math.isfinite(last) and last < first


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"beta_cycles": 2, "kl_warmup_epochs": 3}, "once or in cycles"),
        ({"beta_cycles": -1}, "beta_cycles goes from 0"),
        ({"free_bits": -1.0}, "free_bits goes from 0"),
        ({"rate_warmup_epochs": -1}, "rate_warmup_epochs goes from 0"),
        ({"gradient_limit": -1.0}, "gradient_limit goes from 0"),
        ({"free_bits": 1.0, "k": 5, "objective": "iwae"}, "leave free_bits as it is"),
        ({"beta_cycles": 1, "k": 5, "objective": "iwae"}, "leave beta_cycles as it is"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, float], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        losses.check(make_vae(), make_config(**settings))
