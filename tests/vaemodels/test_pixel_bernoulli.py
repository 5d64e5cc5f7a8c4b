import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Independent

from vaemodels import pixel_bernoulli
from vaemodels.pixel_bernoulli import PixelBernoulli

SHAPES = [  # of logits, and of x
    ((100, 784), (100, 784)),
    ((10, 100, 784), (100, 784)),
    ((5, 7, 3, 63), (3, 63)),
    ((4, 1), (4, 1)),
    ((6, 64), (64,)),
    ((64,), (6, 64)),
    ((5, 1, 32), (5, 4, 32)),
]


def library(logits: Tensor, x: Tensor) -> Tensor:
    log_prob: Tensor = Independent(Bernoulli(logits=logits.float(), validate_args=False), 1).log_prob(x)
    return log_prob


def pixels(*shape: int) -> Tensor:
    return torch.randint(0, 2, shape).float()


@pytest.mark.parametrize("part", [1, 1_000, 2**19])
@pytest.mark.parametrize(("of_logits", "of_x"), SHAPES)
def test_density_and_gradient_are_the_librarys(
    of_logits: tuple[int, ...], of_x: tuple[int, ...], part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixel_bernoulli, "PART", part)
    logits, x = (5 * torch.randn(of_logits)).requires_grad_(), pixels(*of_x)
    ours, theirs = PixelBernoulli(logits).log_prob(x), library(logits, x)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-4)
    weights = torch.randn(theirs.shape)
    gradients = [torch.autograd.grad((weights * value).sum(), logits)[0] for value in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-6)


def test_in_bfloat16_only_the_gradient_is_rounded() -> None:
    logits, x = (5 * torch.randn(10, 20, 784)).bfloat16().requires_grad_(), pixels(20, 784)
    ours, theirs = PixelBernoulli(logits).log_prob(x), library(logits, x)
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-4)
    gradients = [torch.autograd.grad(value.sum(), logits)[0] for value in (ours, theirs)]
    assert gradients[0].dtype == torch.bfloat16
    torch.testing.assert_close(*gradients, rtol=2**-7, atol=1e-6)


@pytest.mark.parametrize("size", [0.0, 1e-6, 50.0, 120.0, 1e6])
def test_certain_pixels_neither_overflow_nor_vanish(size: float) -> None:
    logits, x = size * torch.randn(3, 4, 1024), pixels(4, 1024)
    torch.testing.assert_close(PixelBernoulli(logits).log_prob(x), library(logits, x), rtol=1e-5, atol=1e-4)


def test_a_logit_that_is_no_number_gives_none() -> None:
    logits = torch.zeros(2, 16)
    logits[0, 3] = torch.nan
    assert PixelBernoulli(logits).log_prob(pixels(16)).isnan().tolist() == [True, False]


def test_images_may_have_gradients_too() -> None:
    x = pixels(4, 16).requires_grad_()
    logits = torch.randn(4, 16)
    PixelBernoulli(logits).log_prob(x).sum().backward()
    torch.testing.assert_close(x.grad, logits)
