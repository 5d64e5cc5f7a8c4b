"""A small convolutional pair for 32×32 colour: three layers that halve the picture, three that double it again.

Each side ends in a flat vector of features, so that a multilayer perceptron can carry on from there. Drawing one
picture takes 4.6 million multiplications and additions.
"""

from torch import Tensor, nn

from vaemodels.errors import UsageError

CHANNELS = (32, 64, 128)
STRIDE = 2 ** len(CHANNELS)


def check_image(image_shape: tuple[int, int, int]) -> None:
    """Refuse pictures that cannot be halved three times.

    Raises:
        UsageError: with the sizes that can.
    """
    if image_shape[1] % STRIDE or image_shape[2] % STRIDE:
        raise UsageError(
            f"A convolutional network takes pictures whose sides are multiples of {STRIDE}, such as 32×32; "
            "choose network=mlp for others."
        )


def n_features(image_shape: tuple[int, int, int]) -> int:
    """How many features stand for one picture: 2,048 at 32×32."""
    return CHANNELS[-1] * (image_shape[1] // STRIDE) * (image_shape[2] // STRIDE)


def encoder(image_shape: tuple[int, int, int]) -> nn.Sequential:
    """Pictures `[batch, dim]` to features `[batch, n_features]`."""
    first, second, third = CHANNELS
    return nn.Sequential(
        nn.Unflatten(-1, image_shape),
        nn.Conv2d(image_shape[0], first, kernel_size=4, stride=2, padding=1),
        nn.ELU(),
        nn.Conv2d(first, second, kernel_size=4, stride=2, padding=1),
        nn.ELU(),
        nn.Conv2d(second, third, kernel_size=4, stride=2, padding=1),
        nn.ELU(),
        nn.Flatten(),
    )


def decoder(image_shape: tuple[int, int, int]) -> nn.Sequential:
    """Features `[batch, n_features]` to pictures `[batch, dim]`; the last layer is linear."""
    first, second, third = CHANNELS
    return nn.Sequential(
        nn.ELU(),
        nn.Unflatten(-1, (third, image_shape[1] // STRIDE, image_shape[2] // STRIDE)),
        nn.ConvTranspose2d(third, second, kernel_size=4, stride=2, padding=1),
        nn.ELU(),
        nn.ConvTranspose2d(second, first, kernel_size=4, stride=2, padding=1),
        nn.ELU(),
        nn.ConvTranspose2d(first, image_shape[0], kernel_size=4, stride=2, padding=1),
        nn.Flatten(),
    )


def apply(network: nn.Sequential, x: Tensor) -> Tensor:
    """`network` on `x: [..., in]`, which may have any number of leading dimensions: `[..., out]`."""
    return network(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], -1)
