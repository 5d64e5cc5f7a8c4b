"""Labels beside an input: the split first layer against the concatenation it stands for."""

import pytest
import torch
from torch import Tensor, nn

from vaemodels import conditional, convolutional, networks
from vaemodels.errors import UsageError

LABELS = 10


def concatenated(network: nn.Sequential, x: Tensor, y: Tensor) -> Tensor:
    """The network on [x; onehot(y)], built out in full."""
    onehot = nn.functional.one_hot(y, LABELS).to(x.dtype)
    shape = torch.broadcast_shapes(x.shape[:-1], y.shape)
    return network(torch.cat([x.expand(*shape, -1), onehot.expand(*shape, -1)], -1))


SHAPES = [
    ((6, 20), (6,)),
    ((6, 20), (LABELS, 1)),
    ((5, 6, 20), (6,)),
    ((5, 6, 20), (5, 6)),
    ((1, 20), (LABELS, 1)),
]


@pytest.mark.parametrize(("x_shape", "y_shape"), SHAPES)
def test_it_is_the_concatenation_and_so_are_its_gradients(x_shape, y_shape) -> None:
    network = networks.mlp((20 + LABELS, 16, 12, 7), "elu")
    x = torch.randn(x_shape, requires_grad=True)
    y = torch.arange(LABELS).unsqueeze(1) if y_shape == (LABELS, 1) else torch.randint(0, LABELS, y_shape)
    ours, theirs = conditional.apply(network, x, y), concatenated(network, x, y)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    along = torch.randn_like(theirs)
    wanted = [x, *network.parameters()]
    for one, other in zip(
        torch.autograd.grad((ours * along).sum(), wanted),
        torch.autograd.grad((theirs * along).sum(), wanted),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_every_label_of_a_batch_meets_the_large_matrix_once(monkeypatch: pytest.MonkeyPatch) -> None:
    network = networks.mlp((784 + LABELS, 16, 2), "elu")
    rows = []
    linear = nn.functional.linear

    def counted(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        rows.append((x[..., 0].numel(), weight.shape[1]))
        return linear(x, weight, bias)

    monkeypatch.setattr(nn.functional, "linear", counted)
    conditional.apply(network, torch.rand(50, 784), torch.arange(LABELS).unsqueeze(1))
    assert rows == [(50, 784), (500, 16)]


def test_the_convolutional_pair_is_small_and_fits_together() -> None:
    shape = (3, 32, 32)
    encoder, decoder = convolutional.encoder(shape), convolutional.decoder(shape)
    assert convolutional.n_features(shape) == 2048
    x = torch.rand(4, 3072)
    assert encoder(x).shape == (4, 2048)
    features = torch.randn(5, 4, 2048)
    pictures = convolutional.apply(decoder, features)
    assert pictures.shape == (5, 4, 3072)
    torch.testing.assert_close(pictures[2], decoder(features[2]))
    multiplications = 0

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(layer, nn.ConvTranspose2d)
        multiplications_each = layer.out_channels * layer.kernel_size[0] * layer.kernel_size[1]
        nonlocal multiplications
        multiplications += inputs[0].numel() * multiplications_each

    for layer in decoder:
        if isinstance(layer, nn.ConvTranspose2d):
            layer.register_forward_hook(count)
    decoder(torch.randn(1, 2048))
    assert multiplications == 4_587_520


def test_pictures_that_cannot_be_halved_three_times_are_refused() -> None:
    convolutional.check_image((3, 32, 40))
    with pytest.raises(UsageError, match="multiples of 8"):
        convolutional.check_image((1, 28, 28))
