import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import kl_divergence

from vaemodels import networks
from vaemodels.pixel_bernoulli import PixelBernoulli


def test_an_mlp_has_the_named_layers_and_a_linear_end() -> None:
    layers = list(networks.mlp((784, 300, 200, 20), "elu"))
    assert [type(layer) for layer in layers] == [nn.Linear, nn.ELU, nn.Linear, nn.ELU, nn.Linear]
    shapes = [(layer.in_features, layer.out_features) for layer in layers if isinstance(layer, nn.Linear)]
    assert shapes == [(784, 300), (300, 200), (200, 20)]


@pytest.mark.parametrize(
    ("name", "function"), [("elu", nn.ELU()), ("tanh", torch.tanh), ("relu", torch.relu)]
)
def test_an_mlp_applies_its_activation_between_layers_only(name, function) -> None:
    network = networks.mlp((3, 4, 2), name)
    first, _, second = network
    x = torch.randn(5, 7, 3)
    torch.testing.assert_close(network(x), second(function(first(x))))


def test_diagonal_normal_takes_means_then_log_standard_deviations() -> None:
    parameters = torch.tensor([[1.0, -2.0, 0.0, math.log(3)]])
    q = networks.diagonal_normal(parameters)
    torch.testing.assert_close(q.mean, torch.tensor([[1.0, -2.0]]))
    torch.testing.assert_close(q.stddev, torch.tensor([[1.0, 3.0]]))
    assert q.event_shape == (2,) and q.batch_shape == (1,)
    by_hand = -math.log(2 * math.pi) - math.log(3) - 0.5 * (1 + 4 / 9)
    assert q.log_prob(torch.tensor([0.0, 0.0])).item() == pytest.approx(by_hand, abs=1e-6)


def test_variances_stay_between_the_floor_and_the_ceiling() -> None:
    q = networks.diagonal_normal(torch.tensor([[0.0, 0.0, 0.0, -1e4, 1e4, 0.5]]))
    expected = torch.tensor([[networks.VARIANCE_FLOOR, networks.VARIANCE_CEILING, math.e]])
    torch.testing.assert_close(q.variance, expected)
    assert math.sqrt(networks.VARIANCE_FLOOR) == pytest.approx(1 / 255)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_distributions_are_float32_whatever_the_network_ran_in(dtype: torch.dtype) -> None:
    outputs = torch.randn(4, 6).to(dtype)
    assert networks.diagonal_normal(outputs).mean.dtype == torch.float32
    assert PixelBernoulli(outputs).mean.dtype == torch.float32
    assert PixelBernoulli(outputs).log_prob(torch.ones(4, 6)).dtype == torch.float32


def test_the_bernoulli_is_right_by_hand_and_sums_over_pixels() -> None:
    logits = torch.tensor([[0.0, 2.0, -1.0]])
    p = torch.sigmoid(logits)[0]
    by_hand = math.log(1 - p[0]) + math.log(p[1]) + math.log(1 - p[2])
    log_prob = PixelBernoulli(logits).log_prob(torch.tensor([[0.0, 1.0, 0.0]]))
    assert log_prob.shape == (1,)
    assert log_prob.item() == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize(
    ("logit", "x", "expected"), [(80.0, 0.0, -80.0), (-80.0, 1.0, -80.0), (80.0, 1.0, 0.0)]
)
def test_extreme_logits_keep_an_exact_log_probability_and_gradient(logit, x, expected) -> None:
    logits = torch.tensor([logit], requires_grad=True)
    log_prob = PixelBernoulli(logits).log_prob(torch.tensor([x]))
    log_prob.backward()
    assert log_prob.item() == pytest.approx(expected, abs=1e-6)
    assert logits.grad is not None
    assert logits.grad.item() == pytest.approx(x - (logit > 0), abs=1e-6)


def test_the_standard_normal_is_one() -> None:
    p = networks.standard_normal(3, torch.zeros(1, dtype=torch.float64))
    assert p.mean.dtype == torch.float64
    assert p.log_prob(torch.zeros(3, dtype=torch.float64)).item() == pytest.approx(
        -1.5 * math.log(2 * math.pi)
    )


def test_the_kl_in_closed_form_is_the_librarys_with_its_gradient() -> None:
    parameters = torch.randn(50, 8) * 3
    parameters[0] = torch.tensor([0.0, 40.0, -40.0, 1e-4, -20.0, 20.0, -5.0, 0.0])
    ours, theirs = parameters.clone().requires_grad_(), parameters.clone().requires_grad_()
    kl = networks.kl_from_standard_normal(networks.diagonal_normal(ours))
    prior = networks.standard_normal(4, parameters)
    library = kl_divergence(networks.diagonal_normal(theirs).base_dist, prior.base_dist)
    assert kl.shape == (50, 4)
    torch.testing.assert_close(kl, library, rtol=1e-5, atol=1e-6)
    (kl.sum() + library.sum()).backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-6)


def draws(seed: int) -> Tensor:
    q = networks.diagonal_normal(torch.tensor([[1.0, -2.0, 0.0, -3.0], [0.0, 5.0, 1.0, 0.2]]))
    return networks.sample_normal(q, (3, 4), torch.Generator().manual_seed(seed))


def test_samples_depend_on_the_generator_alone_and_leave_the_global_one_be() -> None:
    before = torch.get_rng_state()
    first = draws(0)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(99)
    assert torch.equal(first, draws(0))
    assert not torch.equal(first, draws(1))
    assert first.shape == (3, 4, 2, 2)


def test_without_a_generator_a_sample_is_the_librarys_own() -> None:
    q = networks.diagonal_normal(torch.randn(5, 6))
    torch.manual_seed(4)
    expected = q.rsample((7,))
    torch.manual_seed(4)
    torch.testing.assert_close(networks.sample_normal(q, (7,)), expected)


def test_samples_carry_the_gradient_to_mean_and_standard_deviation() -> None:
    parameters = torch.tensor([0.5, math.log(2)], requires_grad=True)
    z = networks.sample_normal(networks.diagonal_normal(parameters), (6,), torch.Generator().manual_seed(0))
    z.sum().backward()
    noise = (z.detach() - 0.5) / 2
    assert parameters.grad is not None
    torch.testing.assert_close(parameters.grad, torch.tensor([6.0, 2 * noise.sum().item()]))


def test_pixel_logits_are_finite_where_a_pixel_never_changes() -> None:
    layer = nn.Linear(2, 3)
    networks.start_at_pixel_logits(layer, torch.tensor([0.0, 0.5, 0.9]))
    torch.testing.assert_close(layer.bias, torch.logit(torch.tensor([1e-3, 0.5, 0.9])))
