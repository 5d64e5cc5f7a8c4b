"""What one training step minimises, for every model and objective, and the terms it reports.

The loss may weigh terms or add a classification; what is reported is what was measured, never the loss.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from vaemodels import label_draws, objectives
from vaemodels.errors import UsageError
from vaemodels.models import SSVAE, Model, Output
from vaemodels.training_config import TrainingConfig

FOR_LABELS = ("labelled", "alpha", "gen_weight", "distort_labelled", "labelled_elbo", "draw_label")
WEIGHTS = ("reconstruction_weight", "beta", "kl_warmup_epochs", "beta_cycles", "free_bits")
RISING = 0.5  # of a cycle, in which β rises; Fu et al. 2019, section 4


class Batch(NamedTuple):
    """Images `x: [batch, dim]` and their labels `y: [batch]`, −1 where a semi-supervised model may not know it.

    Such a model gets labelled images besides, `labelled_x: [labelled, dim]` and `labelled_y: [labelled]`, to classify.
    """

    x: Tensor
    y: Tensor
    labelled_x: Tensor | None = None
    labelled_y: Tensor | None = None


class Loss(NamedTuple):
    """The scalar to minimise, and what it is made of: terms by name, one value an image, in nats and unweighted."""

    value: Tensor
    terms: dict[str, Tensor]


def is_bound(config: TrainingConfig) -> bool:
    """Whether the objective is computed from k log-weights, rather than from the ELBO's terms."""
    return config.objective != "elbo" or config.k > 1


def loss(
    model: Model,
    batch: Batch,
    config: TrainingConfig,
    epoch: float = 0.0,
    generator: torch.Generator | None = None,
) -> Loss:
    """The loss of one step at (fractional) `epoch`, by what `config` asks for:

    - the ELBO's terms, weighed: reconstruction_weight · reconstruction + β · Σ kl;
    - a bound: −L_k, or −ELBO from k draws, by its gradient estimator (see `objectives.bound`);
    - for a semi-supervised model gen_weight · −ELBO(x), a mean over the batch, + α · (−log q(y|x)), one over labelled
      images (Kingma et al. 2014, eq. 9); with `labelled_elbo` the few labelled images in the batch give −ELBO(x, y),
      and with `draw_label` the sum over labels is one draw, with the score function's gradient (see `label_draws`).
    """
    if isinstance(model, SSVAE):
        return _semi_supervised(model, batch, config, epoch, generator)
    y = batch.y if model.needs_labels else None
    if is_bound(config):
        bound = objectives.bound(model, batch.x, config.objective, config.k, y, generator)
        return Loss(-bound.mean(), {"bound": bound})
    output = model(batch.x, y, generator)
    return Loss(_weighted(output, config, epoch).mean(), terms(output))


def terms(output: Output) -> dict[str, Tensor]:
    """The ELBO's terms by the names they are reported under: reconstruction, and kl_ with each latent's name."""
    return {"reconstruction": output.reconstruction} | {f"kl_{name}": kl for name, kl in output.kl.items()}


def nelbo(terms: Mapping[str, float]) -> float:
    """−ELBO from its mean terms, reconstruction + Σ kl; other terms are left out."""
    return sum(value for name, value in terms.items() if name == "reconstruction" or name.startswith("kl_"))


def headline(terms: Mapping[str, float]) -> float:
    """The one number a run is followed by, in nats, lower is better: −L_k where a bound is maximised, else −ELBO.

    Where only a classifier learns it is the classification's cross-entropy.
    """
    if "bound" in terms:
        return -terms["bound"]
    return nelbo(terms) if "reconstruction" in terms else terms["classification"]


def _semi_supervised(
    model: SSVAE, batch: Batch, config: TrainingConfig, epoch: float, generator: torch.Generator | None
) -> Loss:
    assert batch.labelled_x is not None and batch.labelled_y is not None
    logits = model.classify(batch.labelled_x)
    classification = functional.cross_entropy(logits, batch.labelled_y, reduction="none")
    value = config.alpha * classification.mean()
    reported = {"classification": classification}
    if config.gen_weight:
        known = batch.y if config.labelled_elbo else None
        if config.draw_label:
            drawn = label_draws.draw(model, batch.x, known, generator)
            output, log_q = label_draws.terms_at(model, batch.x, drawn, known, generator)
            each = label_draws.surrogate(_weighted(output, config, epoch), log_q)
        else:
            output = model(batch.x, known, generator)
            each = _weighted(output, config, epoch)
        value = value + config.gen_weight * each.mean()
        reported = terms(output) | reported
    return Loss(value, reported)


def term_weights(config: TrainingConfig, epoch: float) -> tuple[float, float]:
    """The weights of reconstruction and KL in the loss, β on its way up during warm-up or the start of a cycle."""
    warmth = min(1.0, epoch / config.kl_warmup_epochs) if config.kl_warmup_epochs else 1.0
    if config.beta_cycles:
        cycle = config.epochs / config.beta_cycles
        warmth = min(1.0, epoch % cycle / (RISING * cycle))
    return config.reconstruction_weight, config.beta * warmth


def _weighted(output: Output, config: TrainingConfig, epoch: float) -> Tensor:
    if config.free_bits:
        output = output._replace(kl=with_free_bits(output.kl, config.free_bits))
    return objectives.weighted_loss(output, *term_weights(config, epoch))


def with_free_bits(kl: Mapping[str, Tensor], nats: float) -> dict[str, Tensor]:
    """The KLs `[batch]` as a loss has them where the first `nats` of each latent's are free: a constant below that.

    Each named latent is one group j in Σ_j max(λ, mean over the batch of KL_j) (Kingma et al. 2016, Improving
    Variational Inference with Inverse Autoregressive Flow, appendix C.8); a label's KL is left as it is.
    """
    return {
        name: values if name == "y" else torch.where(values.mean() > nats, values, nats)
        for name, values in kl.items()
    }


def loss_and_gradients(
    model: Model,
    batch: Batch,
    config: TrainingConfig,
    epoch: float,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
) -> tuple[Loss, Sequence[Tensor | None]]:
    """`loss`, and its gradient to each of `model.parameters()`, None where it has none.

    `dtype` is what matrix products are in.
    """
    with torch.autocast(model.device.type, dtype, enabled=dtype != torch.float32):
        value = loss(model, batch, config, epoch, generator)
    return value, torch.autograd.grad(value.value, list(model.parameters()), allow_unused=True)


def check(model: Model, config: TrainingConfig) -> None:
    """Refuse a model and an objective that do not go together.

    Raises:
        UsageError: with what does not fit.
    """
    semi_supervised = isinstance(model, SSVAE)
    default = TrainingConfig()
    for setting in FOR_LABELS:
        if not semi_supervised and getattr(config, setting) != getattr(default, setting):
            raise UsageError(f"{setting} is for an ssvae, not for the model '{model.name}'; leave it out.")
    if semi_supervised and not config.labelled:
        raise UsageError(
            "A semi-supervised model needs images with labels; set labelled, to 100 for example."
        )
    if not is_bound(config):
        return
    objectives.check(model, config.objective, config.k)
    if semi_supervised:
        raise UsageError("An ssvae is trained on one draw of z a label; leave k at 1.")
    for setting in WEIGHTS:
        if getattr(config, setting) != getattr(default, setting):
            raise UsageError(
                f"A bound has no terms to weigh; leave {setting} as it is, or choose objective=elbo with k=1."
            )
