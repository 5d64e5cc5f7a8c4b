"""Networks that take a label beside their input."""

from torch import Tensor, nn
from torch.nn import functional

from vaemodels.errors import UsageError


def apply(network: nn.Sequential, x: Tensor, y: Tensor) -> Tensor:
    """`network` on [x; onehot(y)] without building that: W [x; onehot(y)] + b = W_x x + b + W_y[y].

    `x: [..., dim]` and `y: [...]` broadcast against each other, and each x meets the first layer's matrix once: all
    ten labels of a batch are `x: [batch, dim]` with `y: [10, 1]`, and give `[10, batch, out]`.

    Raises:
        UsageError: if a label is not one of the network's, where the device says so (a CPU does).
    """
    first = network[0]
    assert isinstance(first, nn.Linear)
    dim = x.shape[-1]
    of_x, of_label = first.weight.split([dim, first.in_features - dim], dim=1)
    try:
        of_y = functional.embedding(y, of_label.T)
    except IndexError as error:
        raise UsageError(out_of_range(of_label.shape[1])) from error
    hidden = functional.linear(x, of_x, first.bias) + of_y
    for layer in list(network)[1:]:
        hidden = layer(hidden)
    return hidden


def out_of_range(n_labels: int) -> str:
    """What is wrong with a label that is none of so many."""
    return f"This model's labels go from 0 to {n_labels - 1}, and one given is outside; give labels from that range."
