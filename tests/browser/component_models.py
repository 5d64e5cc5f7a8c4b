"""Small models, and points in their latent spaces, that are the same in the test's process and in the server's."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Independent

from vaemodels import networks
from vaemodels.models import VAE, Model, VAEConfig, build

CASES: dict[str, dict[str, Any]] = {
    "elu": {"activation": "elu", "hidden": (24, 17)},
    "tanh": {"activation": "tanh", "hidden": (33,)},
    "relu": {"activation": "relu", "hidden": (24, 17, 12)},
    "gaussian_fixed": {"likelihood": "gaussian"},
    "gaussian_learned": {"likelihood": "gaussian", "variance": "learned"},
    "gaussian_per_pixel": {"likelihood": "gaussian", "variance": "per_pixel", "image_shape": (3, 8, 6)},
    "continuous_bernoulli": {"likelihood": "continuous_bernoulli"},
    "labelled": {},
    "one_dimension": {"z_dim": 1},
    "autoencoder": {},
}
FIRST, SECOND = [0.5, -1.0, 2.0], [-1.5, 1.25, 0.75]


class LabelledVAE(VAE):
    """p(x|z, y): the label joins z, one-hot, as the decoder's input."""

    n_labels = 10

    def __init__(self, config: VAEConfig) -> None:
        super().__init__(config)
        output = self.decoder[-1]
        assert isinstance(output, nn.Linear)
        sizes = (config.z_dim + 10, *config.hidden, output.out_features)
        self.decoder = networks.mlp(sizes, config.activation)

    def decode(self, z: Tensor, y: Tensor | None = None) -> Independent:
        assert y is not None
        return super().decode(torch.cat([z, nn.functional.one_hot(y, 10).to(z)], dim=-1))


def model_of(case: str, seed: int = 0) -> Model:
    """The model called `case` with weights large enough for saturated pixels and both ends of the floor."""
    config: dict[str, Any] = {"image_shape": (1, 9, 7), "z_dim": 3, "hidden": (20,), **CASES[case]}
    generator_state = torch.get_rng_state()
    torch.manual_seed(seed)
    model: Model
    if case == "labelled":
        model = LabelledVAE(VAEConfig(**config))
    else:
        model = build("ae" if case == "autoencoder" else "vae", config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)
    torch.set_rng_state(generator_state)
    return model.eval()


def some_z(model: Model) -> list[float]:
    """A z of the model's size that is not at any limit."""
    size = next(iter(model.latent_dims.values()))
    z: list[float] = torch.randn(size, generator=torch.Generator().manual_seed(0)).clamp(-3, 3).tolist()
    return z


def points() -> Tensor:
    """Codes `[50, 3]` that vary most in z₃, less in z₁ and hardly in z₂."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(50, 3, generator=generator) * torch.tensor([1.0, 0.05, 2.0])


def image_of(z: list[float]) -> Tensor:
    """An image of the small models' size, told from others by z."""
    return (torch.arange(63) % 9 < 5 + z[0]).float()
