"""The gap log p(x) − ELBO = KL(q ‖ p(z|x)) of a model with two latents, for any Gaussian q: measured, and made small.

The encoder's q is one Gaussian of many. The gap of the best q of its family is that of approximation, what the encoder
adds to it is that of amortisation (Cremer, Li & Duvenaud 2018, section 3):

    log p(x) − ELBO[q(z|x)] = (log p(x) − ELBO[q*])  +  (ELBO[q*] − ELBO[q(z|x)])
                              approximation             amortisation
"""

import math
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal

from vaemodels.analysis.quadrature import POINTS_AT_ONCE, ExactPosterior, exact_posterior
from vaemodels.models.base import Model

Family = Literal["isotropic", "diagonal", "full"]
FAMILIES: tuple[Family, ...] = get_args(Family)  # from the narrowest to the widest
REACH, STEP = 6.0, 0.4  # of the sums under q, in its standard deviations
LONGEST_STEP = 0.03  # in units of z: log p(x|z) of trained decoders changes over a tenth
MOST_NODES = 250  # along an axis
HERMITE = 10  # nodes along an axis, for the optimiser
ROUNDS = 12


class BoundTerms(NamedTuple):
    """Both readings of −ELBO[q] for one image, in nats: reconstruction + kl = −log_p + gap.

    Each is summed by itself: reconstruction −E_q[log p(x|z)] and kl = KL(q ‖ p(z)) under q, the evidence on the grid of
    the posterior, gap = KL(q ‖ p(z|x)) under q on nodes of its own.
    """

    reconstruction: float
    kl: float
    log_p: float
    gap: float

    @property
    def elbo(self) -> float:
        """−(reconstruction + kl)."""
        return -self.reconstruction - self.kl


@torch.no_grad()
def bound_terms(model: Model, x: Tensor, q: MultivariateNormal, exact: ExactPosterior) -> BoundTerms:
    """The terms of an image `x: [dim]` under `q` over `[2]`; `exact` is what `exact_posterior` gave for it."""
    z, weights = _nodes(q, 0.0)
    likelihood, prior = _log_likelihood(model, x, z), model.prior().log_prob(z.float()).double()
    reconstruction = -(weights @ likelihood)
    kl = weights @ (q.log_prob(z) - prior)
    z, weights = _nodes(q, 0.5)
    joint = _log_likelihood(model, x, z) + model.prior().log_prob(z.float()).double()
    gap = weights @ (q.log_prob(z) - joint) + exact.log_p
    return BoundTerms(reconstruction.item(), kl.item(), exact.log_p, gap.item())


def _nodes(q: MultivariateNormal, shift: float) -> tuple[Tensor, Tensor]:
    """Nodes `[n, 2]` on a lattice of q's own, moved by the part `shift` of a step, and weights `[n]` that sum to 1."""
    variances, axes = torch.linalg.eigh(q.covariance_matrix)
    along = []
    for std in variances.sqrt().tolist():
        n = min(MOST_NODES, math.ceil(2 * REACH / min(STEP, LONGEST_STEP / std)))
        along.append((torch.arange(n, dtype=torch.float64) + 0.5 + shift) / n * 2 * REACH - REACH)
    unit = torch.cartesian_prod(*along)
    z = q.loc + unit * variances.sqrt() @ axes.T
    return z, (-0.5 * unit.square().sum(1)).softmax(0)


def _log_likelihood(model: Model, x: Tensor, z: Tensor) -> Tensor:
    """log p(x|z) at `z: [n, 2]`, `[n]` in float64."""
    parts = [model.decode(part).log_prob(x).double() for part in z.float().split(POINTS_AT_ONCE)]
    return torch.cat(parts)


@torch.no_grad()
def encoder_q(model: Model, x: Tensor) -> MultivariateNormal:
    """q(z|x) of an image `x: [dim]`, over `[2]` in float64."""
    q = model.encode(x.unsqueeze(0))["z"]
    assert isinstance(q, Independent) and isinstance(q.base_dist, Normal)
    return gaussian(q.mean[0].double(), torch.diag(q.stddev[0].double()))


def gaussian(mean: Tensor, scale: Tensor) -> MultivariateNormal:
    """N(mean, scale scaleᵀ) with `scale: [2, 2]` lower triangular."""
    return MultivariateNormal(mean, scale_tril=scale, validate_args=False)


def best_q(model: Model, x: Tensor, family: Family, start: MultivariateNormal) -> MultivariateNormal:
    """The q of a family that an optimiser comes to from `start`: a (local) maximum of the ELBO of `x: [dim]`.

    L-BFGS on the mean and the logarithms of the widths (in the full family beside them what is below the diagonal of
    q's Cholesky factor); the expectation by Gauss–Hermite nodes that move with q, the entropy in closed form.
    """
    unit, weights = _hermite()
    scale = start.scale_tril
    widths = scale.diagonal().log()
    if family == "isotropic":
        widths = widths.mean().unsqueeze(0)
    values = {
        "mean": start.loc.clone(),
        "widths": widths.clone(),
        "below": (scale[1, 0] / scale[1, 1]).clone(),
    }
    free = [values["mean"], values["widths"], *([values["below"]] if family == "full" else [])]
    if family != "full":
        values["below"].zero_()
    for value in free:
        value.requires_grad_()

    def now() -> MultivariateNormal:
        width = values["widths"].exp().expand(2)
        lower = torch.stack([torch.zeros_like(width[0]), values["below"] * width[1]])
        return gaussian(values["mean"], torch.diag(width) + torch.stack([torch.zeros(2), lower.flip(0)]))

    optimizer = torch.optim.LBFGS(free, max_iter=25, tolerance_grad=1e-4, line_search_fn="strong_wolfe")

    def negative_elbo() -> Tensor:
        optimizer.zero_grad()
        q = now()
        z = q.loc + unit @ q.scale_tril.T
        joint = model.log_joint(x, {"z": z.float()}).double()
        loss = -(weights @ joint) - q.scale_tril.diagonal().log().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        before = math.inf
        for _ in range(ROUNDS):
            loss = optimizer.step(negative_elbo).item()
            if not before - loss > 1e-4:
                break
            before = loss
    q = now()
    return gaussian(q.loc.detach(), q.scale_tril.detach())


def _hermite() -> tuple[Tensor, Tensor]:
    """Nodes `[n, 2]` and weights `[n]` of the expectation under N(0, I), in float64."""
    nodes, weights = (torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(HERMITE))
    return torch.cartesian_prod(nodes, nodes), torch.cartesian_prod(weights, weights).prod(
        1
    ) / weights.sum() ** 2


class Gaps(NamedTuple):
    """log p(x) of an image, and the ELBO of the encoder's q and of the best q of each family, in nats."""

    log_p: float
    encoder: float
    best: dict[Family, float]

    @property
    def amortisation(self) -> float:
        """What a better q of the encoder's own family, the diagonal one, would gain."""
        return self.best["diagonal"] - self.encoder

    @property
    def approximation(self) -> float:
        """What no q of that family can gain."""
        return self.log_p - self.best["diagonal"]


def gaps_of(model: Model, x: Tensor, exact: ExactPosterior | None = None) -> Gaps:
    """The gaps of one image `x: [dim]`.

    A family's optimiser begins at the encoder's q and at the best q of the family within it, and never gives less.
    """
    exact = exact or exact_posterior(model, x)
    start = encoder_q(model, x)
    encoder = bound_terms(model, x, start, exact).elbo
    best: dict[Family, float] = {}
    for family in FAMILIES:
        found = best_q(model, x, family, start)
        elbo = bound_terms(model, x, found, exact).elbo
        if best and elbo < max(best.values()):
            found, elbo = start, max(best.values())
        if family == "diagonal" and elbo < encoder:
            found, elbo = encoder_q(model, x), encoder
        best[family], start = elbo, found
    return Gaps(exact.log_p, encoder, best)
