"""Bounds on log p(x) as pure functions of the log-weights, their gradient estimators, and the loss of training.

Everything starts from log w = log p(x, z) − log q(z|x) with z ~ q(z|x), of shape `[k, batch]`, in nats. An estimator
changes how a bound is differentiated, never its value: what is maximised can be logged as it is.
"""

import math
from collections.abc import Iterable
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from vaemodels.errors import UsageError
from vaemodels.models.base import Model, Output, log_q

Objective = Literal["elbo", "iwae", "stl", "dreg"]
MAX_DRAWS = 1_000


def elbo(log_w: Tensor) -> Tensor:
    """ELBO(x) = E_q[log w], estimated by the mean over k: `[k, batch] → [batch]`."""
    return log_w.mean(0)


def iwae(log_w: Tensor) -> Tensor:
    """L_k(x) = E log (1/k) Σ_i w_i (Burda et al. 2016, eq. 8): `[k, batch] → [batch]`.

    The weights stay on the log scale throughout: exp(−1000) is zero in float32, its logsumexp is not.
    """
    return torch.logsumexp(log_w, 0) - math.log(log_w.shape[0])


def dreg(log_w: Tensor, latents: Iterable[Tensor]) -> Tensor:
    """L_k with the doubly reparameterised gradient (Tucker et al. 2019, eq. 7): `[k, batch] → [batch]`.

    `log_w` has to come from `log_weights_along_path`, with the `latents: [k, batch, dim]` drawn there. With normalised
    weights w̃ the inference network gets Σ_i w̃_i² ∂log w_i/∂z_i ∂z_i/∂φ, unbiased for every k. The generative network
    keeps the gradient of `iwae`, Σ_i w̃_i ∂log w_i/∂θ.
    """
    weights = log_w.detach().softmax(0).unsqueeze(-1)
    for z in latents:
        if z.requires_grad:
            z.register_hook(lambda gradient: weights * gradient)  # its one w̃ comes from the logsumexp
    return iwae(log_w)


def bound(
    model: Model,
    x: Tensor,
    objective: Objective,
    k: int = 1,
    y: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """What `objective` maximises for `x: [batch, dim]`, from k draws of z an image: `[batch]`.

    Its value is an estimate of the ELBO ("elbo") or of L_k (the others), its gradient the objective's estimator:

    elbo    the reparameterised gradient of the mean of k log-weights (Kingma & Welling 2014)
    iwae    the same of L_k (Burda et al. 2016)
    stl     that of L_k without the score of q ("sticking the landing", Roeder et al. 2017): no noise where q is the
            posterior, but biased for the inference network at k > 1
    dreg    without the score, and unbiased (Tucker et al. 2019); see `dreg`

    Raises:
        UsageError: where the objective is not defined for the model (see `check`).
    """
    check(model, objective, k)
    if objective == "elbo":
        return elbo(model.log_weights(x, k, y, generator))
    if objective == "iwae":
        return iwae(model.log_weights(x, k, y, generator))
    log_w, latents = log_weights_along_path(model, x, k, generator)
    return iwae(log_w) if objective == "stl" else dreg(log_w, latents)


def check(model: Model, objective: str, k: int) -> None:
    """Refuse what is not defined: an unknown objective, a k out of range, a model that the objective is not for.

    Raises:
        UsageError: with what to choose instead.
    """
    if objective not in get_args(Objective):
        raise UsageError(
            f"Unknown objective '{objective}'; choose one of {', '.join(get_args(Objective))}.", "objective"
        )
    if not 1 <= k <= MAX_DRAWS:
        raise UsageError(
            f"An objective takes 1 to {MAX_DRAWS:,} draws of z an image, not {k}; choose k in that range.",
            "k",
        )
    if not model.has_likelihood:
        raise UsageError(
            f"The model '{model.name}' has no likelihood to bound; choose a vae for objective={objective}."
        )
    if objective != "elbo" and model.n_labels:
        raise UsageError(
            f"objective={objective} is for vae, gmvae and hvae, not for a {model.name}; choose objective=elbo."
        )
    if objective in ("stl", "dreg") and not model.factorised_posterior:
        raise UsageError(
            f"objective={objective} needs latents that are drawn from x alone; "
            "choose inference=parallel, or objective=iwae."
        )


def log_weights_along_path(
    model: Model, x: Tensor, k: int, generator: torch.Generator | None = None
) -> tuple[Tensor, list[Tensor]]:
    """Log-weights `[k, batch]` that see q's parameters only on the path through z, and the latents `[k, batch, dim]`.

    The values are those of `model.log_weights`. In the gradient the score of q, ∂log q(z|x)/∂φ at a fixed z, is left
    out: it is zero in expectation under q (but not under the weights w̃), and noise otherwise.
    """
    posteriors, latents = model.infer(x, (k,), generator=generator)
    held = {name: _held_constant(q) for name, q in posteriors.items()}
    return model.log_joint(x, latents) - log_q(held, latents), list(latents.values())


def _held_constant(q: Distribution) -> Independent:
    """q with parameters that no gradient reaches."""
    assert isinstance(q, Independent)
    normal = Normal(q.base_dist.loc.detach(), q.base_dist.scale.detach(), validate_args=False)
    return Independent(normal, 1, validate_args=False)


def iwae_by_block(log_w: Tensor, k: int) -> Tensor:
    """L_k of each of the K // k disjoint blocks of k log-weights, its repeats: `[K, batch] → [K // k, batch]`."""
    blocks = log_w.shape[0] // k
    return torch.logsumexp(log_w[: blocks * k].unflatten(0, (blocks, k)), 1) - math.log(k)


def iwae_in_blocks(log_w: Tensor, k: int) -> Tensor:
    """L_k estimated from K ≥ k log-weights as the mean over the K // k disjoint blocks: `[K, batch] → [batch]`.

    With k dividing k' dividing K, L_k ≤ L_k' holds exactly on the same weights (Jensen, block by block).
    """
    return iwae_by_block(log_w, k).mean(0)


def weighted_loss(output: Output, reconstruction_weight: float = 1.0, kl_weight: float = 1.0) -> Tensor:
    """reconstruction_weight · reconstruction + kl_weight · Σ kl, `[batch]`.

    At weights 1, 1 this is −ELBO; kl_weight = β gives the β-VAE (Higgins et al. 2017), and a weight of 0 leaves one
    term alone. Only the optimiser sees it: what is logged and reported are the unweighted terms.
    """
    return reconstruction_weight * output.reconstruction + kl_weight * output.kl_total
