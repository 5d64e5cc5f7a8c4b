"""Measuring a model on a set of images: the ELBO's terms and L_k over several k, with standard errors.

Runs in float32 and in chunks, so that memory does not grow with k or with the number of images.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vaemodels import objectives
from vaemodels.errors import LabError, UsageError
from vaemodels.models import SSVAE, Model
from vaemodels.pixel_bernoulli import GREY, is_binary

# Decoded images held at once: 2,000 of 784 pixels are 6 MB a buffer, which stays near the processor's caches.
DECODED_AT_ONCE = 2_000
IMAGES_AT_ONCE = 100
LOG_WEIGHTS_AT_ONCE = 1_000_000
MAX_K = 1_000_000
# Burda et al. 2016, section 5.1: a latent unit is active when Var_x(E_q[z]) exceeds 0.01.
ACTIVE_UNIT_VARIANCE = 0.01


@dataclass(frozen=True)
class Estimate:
    """A mean over images and its standard error over them, in nats; one image has none (not a number)."""

    mean: float
    stderr: float


@dataclass(frozen=True)
class Evaluation:
    """What was measured on `n` images: one draw of z an image for the terms, `max(bounds)` draws for the bounds.

    `nelbo` and `bounds` are empty (None, {}) for a model without a likelihood; `active_units` counts over all its
    levels.
    `accuracy` is the share of images whose label the model got right, where it infers one and labels were given.
    """

    n: int
    nelbo: Estimate | None
    reconstruction: Estimate
    kl: Mapping[str, Estimate]
    bounds: Mapping[int, Estimate]
    active_units: int | None
    accuracy: Estimate | None
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The values, and under "stderr" the standard errors by the same keys; keys of `bounds` become text.

        What there is not is None, as is the standard error over one image.
        """

        def part(field: str) -> dict[str, Any]:
            return {
                "nelbo": _known(self.nelbo, field),
                "reconstruction": _known(self.reconstruction, field),
                "kl": {name: _known(estimate, field) for name, estimate in self.kl.items()},
                "bounds": {str(k): _known(estimate, field) for k, estimate in self.bounds.items()} or None,
                "accuracy": _known(self.accuracy, field),
            }

        return {
            "n": self.n,
            **part("mean"),
            "stderr": part("stderr"),
            "repeats": 1,
            "active_units": self.active_units,
            "seconds": round(self.seconds, 2),
        }


def estimate(values: Tensor) -> Estimate:
    """Mean and standard error of per-example `values: [n]`, accumulated in float64; no error (nan) from one value."""
    values = values.cpu().double()  # not every accelerator has float64
    stderr = (values.std() / len(values) ** 0.5).item() if len(values) > 1 else math.nan
    return Estimate(values.mean().item(), stderr)


def from_json(mean: float, stderr: float | None) -> Estimate:
    """The estimate that `Evaluation.as_json` wrote down."""
    return Estimate(mean, math.nan if stderr is None else stderr)


def _known(estimate: Estimate | None, field: str) -> float | None:
    value: float | None = getattr(estimate, field, None)
    return None if value is None or math.isnan(value) else value


@torch.no_grad()
def evaluate(
    model: Model,
    x: Tensor,
    y: Tensor | None = None,
    ks: Sequence[int] = (),
    seed: int = 0,
    progress: Callable[[int], None] = lambda images: None,
) -> Evaluation:
    """Measure `model` on `x: [n, dim]` (already binarised where the likelihood asks for it), labels `y: [n]`.

    A model that bounds log p(x|y) is given the labels; one that infers them is not, and is scored against them.

    The terms come from one z ~ q(z|x) an image; L_k for every k in `ks` from one pass of max(ks) log-weights, as the
    mean over disjoint blocks, so that nested k rise by construction. `progress` is told the number of images done.

    Raises:
        UsageError: for a k out of range, or grey pixels under a Bernoulli likelihood.
        LabError: if a value is not finite.
    """
    started = time.perf_counter()
    ks = sorted(set(ks))
    if ks and not 1 <= ks[0] <= ks[-1] <= MAX_K:
        raise UsageError(
            f"k goes from 1 to {MAX_K:,}; {ks[0] if ks[0] < 1 else ks[-1]} is outside, choose another."
        )
    if len(x) == 0:
        raise UsageError("There are no images to evaluate; ask for at least one.")
    refuse_grey_pixels(model, x)
    # Two generators, so that the terms do not depend on which k are asked for.
    for_terms, for_bounds = (torch.Generator(model.device).manual_seed(seed) for _ in range(2))
    reconstruction: list[Tensor] = []
    kl: dict[str, list[Tensor]] = {}
    bounds: dict[int, list[Tensor]] = {k: [] for k in ks if model.has_likelihood}
    points: list[Tensor] = []
    right: list[Tensor] = []
    # Noise depends on how many images it is drawn for at once; for the terms that must not depend on k.
    bounds_at_once = LOG_WEIGHTS_AT_ONCE // max(ks, default=1)
    for part in torch.arange(len(x)).split(IMAGES_AT_ONCE):
        x_part = x[part].to(model.device)
        labels = None if y is None else y[part].to(model.device)
        y_part = labels if model.needs_labels else None
        if labels is not None and isinstance(model, SSVAE):
            right.append((model.classify(x_part).argmax(-1) == labels).float())
        output = model(x_part, y_part, for_terms)
        reconstruction.append(output.reconstruction)
        for name, values in output.kl.items():
            kl.setdefault(name, []).append(values)
        points.append(model.posterior_means(x_part, y_part))
        for few in torch.arange(len(x_part), device=x_part.device).split(bounds_at_once):
            if bounds:
                y_few = None if y_part is None else y_part[few]
                log_w = log_weights_in_chunks(model, x_part[few], ks[-1], y_few, for_bounds)
                for k, parts in bounds.items():
                    parts.append(objectives.iwae_in_blocks(log_w, k))
            progress(len(few))

    per_image = {name: torch.cat(parts) for name, parts in kl.items()}
    rec = torch.cat(reconstruction)
    nelbo = rec + sum(per_image.values(), torch.zeros_like(rec))
    if not nelbo.isfinite().all():
        raise LabError(
            "The model gives values that are not finite on these images; train it with a lower rate."
        )
    return Evaluation(
        n=len(x),
        nelbo=estimate(nelbo) if model.has_likelihood else None,
        reconstruction=estimate(rec),
        kl={name: estimate(values) for name, values in per_image.items()},
        bounds={k: estimate(torch.cat(parts)) for k, parts in bounds.items()},
        active_units=active_units(torch.cat(points)) if model.has_likelihood else None,
        accuracy=estimate(torch.cat(right)) if right else None,
        seconds=time.perf_counter() - started,
    )


def log_weights_in_chunks(
    model: Model, x: Tensor, k: int, y: Tensor | None = None, generator: torch.Generator | None = None
) -> Tensor:
    """`model.log_weights(x, k)`, `[k, batch]`, decoding at most `DECODED_AT_ONCE` images at a time."""
    chunk = max(1, DECODED_AT_ONCE // len(x))
    log_w = x.new_empty((k, len(x)))
    for start in range(0, k, chunk):
        size = min(chunk, k - start)
        log_w[start : start + size] = model.log_weights(x, size, y, generator)
    return log_w


def active_units(points: Tensor) -> int:
    """How many latent units move with x: Var_x(E_q[z_j]) > 0.01, from posterior means `[n, z_dim]` (Burda et al.)."""
    return int((points.var(0) > ACTIVE_UNIT_VARIANCE).sum()) if len(points) > 1 else 0


@dataclass(frozen=True)
class ImageTerms:
    """The ELBO of one image taken apart, in nats.

    `reconstruction` is the mean of `draws` draws z ~ q(z|x) with standard error `stderr`, `per_pixel: [dim]` its parts,
    `kl` each latent's KL, `kl_by_dimension` its parts `[z_dim]` where it has such, `code: [z_dim]` the posterior mean,
    and `mean: [dim]` the picture E[x|z] there. `kl_is_exact` says that the KL is in closed form, no
    mean of draws, `label_is_given` that the bound is one on log p(x|y).
    """

    reconstruction: float
    stderr: float
    draws: int
    per_pixel: Tensor
    kl: Mapping[str, float]
    kl_by_dimension: Mapping[str, Tensor]
    code: Tensor
    mean: Tensor
    kl_is_exact: bool
    label_is_given: bool = False

    @property
    def kl_total(self) -> float:
        """Σ kl over the latents."""
        return sum(self.kl.values())

    @property
    def nelbo(self) -> float:
        """reconstruction + Σ kl."""
        return self.reconstruction + self.kl_total


@torch.no_grad()
def image_terms(
    model: Model, x: Tensor, y: Tensor | None = None, draws: int = 64, seed: int = 0
) -> ImageTerms:
    """Take apart the ELBO of one image `x: [dim]` (label `y: []`), averaging over `draws` draws of z."""
    x = x.to(model.device)
    refuse_grey_pixels(model, x)
    one, many = (None, None) if y is None else (y.to(x.device).expand(1), y.to(x.device).expand(draws))
    output = model(x.expand(draws, -1), many, torch.Generator(model.device).manual_seed(seed))
    reconstruction = estimate(output.reconstruction)
    by_dimension = model.kl_by_dimension(output.posteriors)
    return ImageTerms(
        reconstruction=reconstruction.mean,
        stderr=reconstruction.stderr,
        draws=draws,
        per_pixel=-output.likelihood.base_dist.log_prob(x).mean(0),
        kl={name: values.mean().item() for name, values in output.kl.items()},
        kl_by_dimension={name: values.mean(0) for name, values in by_dimension.items()},
        code=model.embed(x.unsqueeze(0), one)[0],
        mean=model.reconstruct(x.unsqueeze(0), one)[0],
        kl_is_exact=model.kl_is_exact,
        label_is_given=model.needs_labels,
    )


def refuse_grey_pixels(model: Model, x: Tensor) -> None:
    """A Bernoulli likelihood is a probability of zeros and ones only.

    Raises:
        UsageError: if the model's likelihood is Bernoulli and `x` holds anything else.
    """
    bernoulli = model.has_likelihood and getattr(model.config, "likelihood", "bernoulli") == "bernoulli"
    if bernoulli and not is_binary(x):
        raise UsageError(GREY)
