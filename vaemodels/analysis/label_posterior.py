"""What a model that infers labels says of one image under each label: the ten ELBOs that its own is made of.

    ELBO(x, y) = E_q(z|x,y)[log p(x|y, z)] − KL(q(z|x, y) ‖ p(z)) − log 10   ≤ log p(x, y)
    ELBO(x)    = Σ_y q(y|x) ELBO(x, y) + H(q(y|x))   ≤ logsumexp_y ELBO(x, y)   ≤ log p(x)

ELBO(x) is largest, for the ten ELBOs as they are, at q(y|x) = softmax_y ELBO(x, y): that is the posterior p(y|x) of the
generative model, but for what the bounds' gaps differ from label to label. How far below its largest ELBO(x) stays is
KL(q(y|x) ‖ softmax): the price, in nats, of a classifier that says something else.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from vaemodels import networks
from vaemodels.models.ssvae import SSVAE

IMAGES_AT_ONCE = 100


class OfLabels(NamedTuple):
    """q(y|x), and under each label E[−log p(x|y, z)] and KL(q(z|x, y) ‖ p(z)), in nats; each `[n_labels]`, float64."""

    q: Tensor
    reconstruction: Tensor
    kl_z: Tensor

    @property
    def elbos(self) -> Tensor:
        """ELBO(x, y), `[n_labels]`."""
        return -self.reconstruction - self.kl_z - math.log(len(self.q))

    @property
    def posterior(self) -> Tensor:
        """softmax_y ELBO(x, y), `[n_labels]`."""
        return self.elbos.softmax(0)

    @property
    def entropy(self) -> float:
        """H(q(y|x)) in nats."""
        return -torch.special.xlogy(self.q, self.q).sum().item()

    @property
    def elbo(self) -> float:
        """ELBO(x) = Σ_y q(y|x) ELBO(x, y) + H(q(y|x))."""
        return (self.q * self.elbos).sum().item() + self.entropy

    @property
    def lost(self) -> float:
        """KL(q(y|x) ‖ softmax_y ELBO(x, y)) = logsumexp_y ELBO(x, y) − ELBO(x) ≥ 0."""
        return self.elbos.logsumexp(0).item() - self.elbo


@torch.no_grad()
def of_labels(model: SSVAE, x: Tensor, draws: int = 64, seed: int = 0) -> OfLabels:
    """One image `x: [dim]` under each label, averaged over `draws` draws of z: those of `evaluation.image_terms`."""
    q_z = model.encode_every_label(x.to(model.device).expand(draws, -1))  # over [n_labels, draws]
    z = networks.sample_normal(q_z, generator=torch.Generator(model.device).manual_seed(seed))
    labels = torch.arange(model.n_labels, device=model.device).unsqueeze(1)
    return OfLabels(
        q=model.classify(x.unsqueeze(0).to(model.device))[0].double().softmax(0),
        reconstruction=-model.decode(z, labels).log_prob(x.to(model.device)).double().mean(1),
        kl_z=networks.kl_from_standard_normal(q_z).sum(-1).double().mean(1),
    )


@torch.no_grad()
def likeliest(model: SSVAE, x: Tensor, draws: int = 8, seed: int = 0) -> Tensor:
    """The label with the largest ELBO(x, y) of each image of `x: [n, dim]`, `[n]`, each a mean of `draws` draws of z.

    What the generative model says without the classifier's q(y|x).
    """
    generator = torch.Generator(model.device).manual_seed(seed)
    found = []
    for part in x.to(model.device).split(IMAGES_AT_ONCE):
        elbos = sum(model.per_class_elbo(part, generator) for _ in range(draws))
        assert isinstance(elbos, Tensor)
        found.append(elbos.argmax(0))
    return torch.cat(found).to(x.device)
