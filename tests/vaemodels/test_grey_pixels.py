"""Grey pixels: a Bernoulli likelihood gives them no probability, by whatever way they come in."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.small import DIM, SHAPE, random_binary
from vaemodels import data, losses, models, training
from vaemodels.errors import UsageError
from vaemodels.losses import Batch, loss_and_gradients
from vaemodels.models import Model
from vaemodels.models.ssvae import SSVAE
from vaemodels.pixel_bernoulli import PixelBernoulli, is_binary
from vaemodels.training_config import TrainingConfig

SIZES: dict[str, Mapping[str, Any]] = {
    "vae": {"z_dim": 2},
    "gmvae": {"z_dim": 2, "components": 3},
    "hvae": {"z1_dim": 2, "z2_dim": 2, "upper_hidden": (6,)},
    "ssvae": {"z_dim": 2},
    "fsvae": {"z_dim": 2, "likelihood": "bernoulli"},
}
N = 6
LABELS = torch.arange(N)


def small(name: str, **settings: Any) -> Model:
    torch.manual_seed(0)
    return models.build(name, {"image_shape": SHAPE, "hidden": (8,), **SIZES[name], **settings})


def loss(model: Model, x: Tensor) -> None:
    labelled = isinstance(model, SSVAE)
    config = TrainingConfig(labelled=N) if labelled else TrainingConfig()
    losses.loss(model, Batch(x, LABELS, x.round(), LABELS) if labelled else Batch(x, LABELS), config)


WAYS_IN: dict[str, Callable[[Model, Tensor], object]] = {
    "forward": lambda model, x: model(x, LABELS),
    "log_weights": lambda model, x: model.log_weights(x, 3, LABELS),
    "log_joint": lambda model, x: model.log_joint(x, model.infer(x, (), LABELS)[1], LABELS),
    "a loss": loss,
}
GREYS: dict[str, Tensor] = {
    "soft mask": torch.full((N, DIM), 0.25),
    "one grey pixel": random_binary(N).index_fill(1, torch.tensor([5]), 0.999),
    "faint": random_binary(N).index_fill(1, torch.tensor([5]), 1e-4),
    "0 to 255": 255 * random_binary(N),
    "−1 and 1": 2 * random_binary(N) - 1,
    "no number": torch.full((N, DIM), math.nan),
}


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("name", SIZES)
def test_a_bernoulli_likelihood_refuses_them(name: str, way: str) -> None:
    model = small(name)
    WAYS_IN[way](model, random_binary(N))
    for x in GREYS.values():
        with pytest.raises(UsageError, match=r"grey pixels.*choose the binarisation"):
            WAYS_IN[way](model, x)


def test_so_does_a_training_step_and_a_sum_over_labels() -> None:
    vae, ssvae = small("vae"), small("ssvae")
    assert isinstance(ssvae, SSVAE)
    for x in GREYS.values():
        with pytest.raises(UsageError, match="grey pixels"):
            loss_and_gradients(vae, Batch(x, LABELS), TrainingConfig(), 0.0, torch.Generator(), torch.float32)
        with pytest.raises(UsageError, match="grey pixels"):
            ssvae.per_class_elbo(x)


def test_so_does_a_run_on_greys() -> None:
    torch.manual_seed(0)
    model = models.build("vae", {"z_dim": 2, "hidden": (8,)})
    images, labels = data.load("digits", "train")
    split = data.Split(images[:20], labels[:20])
    run = training.start(model, TrainingConfig(epochs=1, binarization="none"), split)
    with pytest.raises(UsageError, match="grey pixels"):
        list(training.fit(run, split, split))


@pytest.mark.parametrize("kind", GREYS)
def test_binary_is_zero_and_one_and_nothing_else(kind: str) -> None:
    assert not is_binary(GREYS[kind])
    for x in (
        random_binary(N),
        random_binary(N).bool(),
        random_binary(N).long(),
        random_binary(N).bfloat16(),
    ):
        assert is_binary(x)
    assert not is_binary(255 * random_binary(N).to(torch.uint8))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.bool, torch.int64, torch.float64, torch.bfloat16])
def test_black_and_white_has_one_density_in_every_type_of_number(dtype: torch.dtype) -> None:
    x, logits = random_binary(N), torch.randn(3, N, DIM)
    expected = PixelBernoulli(logits).log_prob(x)
    torch.testing.assert_close(PixelBernoulli(logits).log_prob(x.to(dtype)).float(), expected)


def test_a_gaussian_likelihood_takes_them() -> None:
    x = GREYS["soft mask"]
    assert small("vae", likelihood="gaussian").log_weights(x, 3).isfinite().all()


def test_an_autoencoder_measures_the_cross_entropy_to_greys() -> None:
    """−Σ x·log σ(l) + (1 − x)·log σ(−l) = Σ log(1 + eˡ) − x·l."""
    logits, x = torch.tensor([2.0, -1.0]), torch.tensor([0.25, 0.5])
    right = sum(math.log1p(math.exp(logit)) - p * logit for logit, p in ((2.0, 0.25), (-1.0, 0.5)))
    assert right == pytest.approx(2.440, abs=5e-4)
    assert -PixelBernoulli(logits, cross_entropy=True).log_prob(x).item() == pytest.approx(right, rel=1e-6)
    with pytest.raises(UsageError, match="grey pixels"):
        PixelBernoulli(logits).log_prob(x)
    torch.manual_seed(0)
    model = models.build("ae", {"image_shape": SHAPE, "z_dim": 2, "hidden": (8,)})
    soft = GREYS["soft mask"]
    output = model(soft)
    by_hand = torch.nn.functional.binary_cross_entropy_with_logits(
        output.likelihood.base_dist.logits, soft, reduction="none"
    ).sum(-1)  # fmt: skip
    torch.testing.assert_close(output.reconstruction, by_hand)
