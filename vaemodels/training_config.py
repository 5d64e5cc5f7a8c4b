"""How a model is trained, as plain values that travel in its checkpoint's card."""

from dataclasses import dataclass
from typing import Literal

from vaemodels.config_parsing import plain
from vaemodels.data.binarization import Binarization
from vaemodels.errors import UsageError
from vaemodels.objectives import MAX_DRAWS, Objective

Schedule = Literal["cosine", "constant"]
Precision = Literal["auto", "float32", "bfloat16"]
OptimizerName = Literal["adam", "muon"]

# The least and the greatest value of each number.
LIMITS: dict[str, tuple[float, float]] = {
    "epochs": (1, 100_000),
    "batch_size": (1, 10_000),
    "learning_rate": (1e-8, 0.1),
    "reconstruction_weight": (0, 1_000),
    "beta": (0, 1_000),
    "kl_warmup_epochs": (0, 100_000),
    "beta_cycles": (0, 1_000),
    "free_bits": (0, 1_000),
    "rate_warmup_epochs": (0, 100_000),
    "gradient_limit": (0, 1_000_000),
    "seed": (0, 2**31 - 1),
    "k": (1, MAX_DRAWS),
    "labelled": (0, 1_000_000),
    "alpha": (0, 100_000),
    "gen_weight": (0, 1),
}


@dataclass(frozen=True)
class TrainingConfig:
    """The recipe of a run; see `losses` for the loss it describes.

    `objective` "elbo" weighs the ELBO's terms by `reconstruction_weight` and `beta`, which rises linearly from 0 over
    the first `kl_warmup_epochs`; the others maximise L_k with `k` draws an image. Six are for a
    semi-supervised model: `labelled` training images keep their label, α = `alpha` weighs the classification of these,
    for which `distort_labelled` turns, stretches and shifts them anew at each step (see `data.distortion`),
    `gen_weight` 0 leaves nothing but that, `labelled_elbo` adds the ELBO with the label known, and `draw_label`
    draws an unknown label where else all are summed over (see `label_draws`).
    `beta_cycles` has β rise anew so many times in a run, over the first half of each cycle (Fu et al. 2019).
    `free_bits` are nats that each latent's KL may take at no cost (Kingma et al. 2016). The learning rate rises over
    the first `rate_warmup_epochs`, and a gradient longer than `gradient_limit` is shortened to it; 0 is off for each.
    `optimizer` "muon" takes rates about twenty times Adam's: 0.01 to 0.03 at batches of 100, 0.02 to 0.05 at larger.
    `precision` "auto" takes bfloat16 where the device has it natively.
    """

    dataset: str = "digits"
    epochs: int = 100
    batch_size: int = 100
    learning_rate: float = 1e-3
    schedule: Schedule = "cosine"
    optimizer: OptimizerName = "adam"
    reconstruction_weight: float = 1.0
    beta: float = 1.0
    kl_warmup_epochs: int = 0
    binarization: Binarization = "dynamic"
    precision: Precision = "auto"
    seed: int = 0
    objective: Objective = "elbo"
    k: int = 1
    labelled: int = 0
    alpha: float = 100.0
    gen_weight: float = 1.0
    distort_labelled: bool = False
    labelled_elbo: bool = False
    draw_label: bool = False

    beta_cycles: int = 0
    free_bits: float = 0.0
    rate_warmup_epochs: int = 0
    gradient_limit: float = 0.0

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            _in_range(name, getattr(self, name), low, high)
        if self.reconstruction_weight == 0 and self.beta == 0:
            raise UsageError(
                "With both weights at 0 there is nothing to learn; raise that of the reconstruction or β."
            )
        if self.beta_cycles and self.kl_warmup_epochs:
            raise UsageError(
                "β rises once or in cycles; leave kl_warmup_epochs or beta_cycles at 0.", "beta_cycles"
            )


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UsageError(
            f"{name} goes from {plain(low)} to {plain(high)}, and {plain(value)} is outside; "
            "choose a value in between.",
            name,
        )
