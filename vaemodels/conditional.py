"""Networks that take a label beside their input."""

from torch import Tensor, nn
from torch.nn import functional


def apply(network: nn.Sequential, x: Tensor, y: Tensor) -> Tensor:
    """`network` on [x; onehot(y)] without building that: W [x; onehot(y)] + b = W_x x + b + W_y[y].

    `x: [..., dim]` and `y: [...]` broadcast against each other, and each x meets the first layer's matrix once: all
    ten labels of a batch are `x: [batch, dim]` with `y: [10, 1]`, and give `[10, batch, out]`.
    """
    first = network[0]
    assert isinstance(first, nn.Linear)
    dim = x.shape[-1]
    of_x, of_label = first.weight.split([dim, first.in_features - dim], dim=1)
    hidden = functional.linear(x, of_x, first.bias) + functional.embedding(y, of_label.T)
    for layer in list(network)[1:]:
        hidden = layer(hidden)
    return hidden
