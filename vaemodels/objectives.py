"""Bounds on log p(x) as pure functions of the log-weights, and the loss that training minimises.

Everything starts from log w = log p(x, z) − log q(z|x) with z ~ q(z|x), of shape `[k, batch]`, in nats.
"""

import math

import torch
from torch import Tensor

from vaemodels.models.base import Output


def elbo(log_w: Tensor) -> Tensor:
    """ELBO(x) = E_q[log w], estimated by the mean over k: `[k, batch] → [batch]`."""
    return log_w.mean(0)


def iwae(log_w: Tensor) -> Tensor:
    """L_k(x) = E log (1/k) Σ_i w_i (Burda et al. 2016, eq. 8): `[k, batch] → [batch]`.

    The weights stay on the log scale throughout: exp(−1000) is zero in float32, its logsumexp is not.
    """
    return torch.logsumexp(log_w, 0) - math.log(log_w.shape[0])


def iwae_in_blocks(log_w: Tensor, k: int) -> Tensor:
    """L_k estimated from K ≥ k log-weights as the mean over the K // k disjoint blocks: `[K, batch] → [batch]`.

    With k dividing k' dividing K, L_k ≤ L_k' holds exactly on the same weights (Jensen, block by block).
    """
    blocks = log_w.shape[0] // k
    per_block = torch.logsumexp(log_w[: blocks * k].unflatten(0, (blocks, k)), 1) - math.log(k)
    return per_block.mean(0)


def weighted_loss(output: Output, reconstruction_weight: float = 1.0, kl_weight: float = 1.0) -> Tensor:
    """reconstruction_weight · reconstruction + kl_weight · Σ kl, `[batch]`.

    At weights 1, 1 this is −ELBO; kl_weight = β gives the β-VAE (Higgins et al. 2017), and a weight of 0 leaves one
    term alone. Only the optimiser sees it: what is logged and reported are the unweighted terms.
    """
    return reconstruction_weight * output.reconstruction + kl_weight * output.kl_total
