"""A VAE about which everything is known: its decoder and encoder are single linear layers.

Generative model    z ~ N(0, I),   x = W z + b + σ ε,   σ² = 1/10
Inference model     q(z|x) = N(A x + c, diag s²(x)),   log s affine in x

so that x ~ N(b, W Wᵀ + σ² I) and z|x ~ N(Σ Wᵀ (x − b) / σ², Σ) with Σ = (I + Wᵀ W / σ²)⁻¹. The closed forms below
are computed in float64 from the model's own parameters, and differentiate to them.
"""

import math

import torch
from torch import Tensor, nn
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from vaemodels.models import VAE, VAEConfig

VARIANCE = 0.1


def make_model(z_dim: int, x_dim: int, seed: int = 0) -> VAE:
    """A linear-Gaussian VAE with random weights, q being some Gaussian that is not the posterior."""
    generator = torch.Generator().manual_seed(seed)
    config = VAEConfig(image_shape=(1, 1, x_dim), z_dim=z_dim, hidden=(1,), likelihood="gaussian")
    model = VAE(config)
    model.encoder = nn.Sequential(nn.Linear(x_dim, 2 * z_dim))
    model.decoder = nn.Sequential(nn.Linear(z_dim, x_dim))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return model


def infer_exactly(model: VAE) -> None:
    """Make q(z|x) the posterior: W's columns orthogonal, so that a diagonal Gaussian can be it, and A, c, s to fit."""
    decoder, encoder = layer(model.decoder), layer(model.encoder)
    _, bias = parameters(model.decoder)
    with torch.no_grad():
        orthogonal = torch.linalg.qr(decoder.weight).Q * torch.linspace(0.3, 0.8, decoder.in_features)
        decoder.weight.copy_(orthogonal)
        weight, _ = parameters(model.decoder)
        covariance = posterior_covariance(weight)
        gain = covariance @ weight.T / VARIANCE
        encoder.weight.copy_(torch.cat([gain, torch.zeros_like(gain)]))
        encoder.bias.copy_(torch.cat([-gain @ bias, covariance.diagonal().log() / 2]))


def layer(network: nn.Sequential) -> nn.Linear:
    """The one layer of a network."""
    (only,) = network
    assert isinstance(only, nn.Linear)
    return only


def parameters(network: nn.Sequential) -> tuple[Tensor, Tensor]:
    """Weight and bias of a network's one layer in float64."""
    return layer(network).weight.double(), layer(network).bias.double()


def posterior_covariance(weight: Tensor) -> Tensor:
    """Σ = (I + Wᵀ W / σ²)⁻¹, `[z_dim, z_dim]`."""
    identity = torch.eye(weight.shape[1], dtype=weight.dtype)
    return torch.linalg.inv(identity + weight.T @ weight / VARIANCE)


def q(model: VAE, x: Tensor) -> MultivariateNormal:
    """q(z|x) for `x: [batch, dim]`, as a full Gaussian in float64."""
    weight, bias = parameters(model.encoder)
    mean, log_std = (x.double() @ weight.T + bias).chunk(2, dim=-1)
    return MultivariateNormal(mean, scale_tril=torch.diag_embed(log_std.exp()))


def posterior(model: VAE, x: Tensor) -> MultivariateNormal:
    """p(z|x)."""
    weight, bias = parameters(model.decoder)
    covariance = posterior_covariance(weight)
    return MultivariateNormal((x.double() - bias) @ weight @ covariance / VARIANCE, covariance)


def log_evidence(model: VAE, x: Tensor) -> Tensor:
    """log p(x), `[batch]`."""
    weight, bias = parameters(model.decoder)
    noise = VARIANCE * torch.eye(len(weight), dtype=torch.float64)
    return MultivariateNormal(bias, weight @ weight.T + noise).log_prob(x.double())


def gap(model: VAE, x: Tensor) -> Tensor:
    """KL(q(z|x) ‖ p(z|x)), `[batch]`."""
    return kl_divergence(q(model, x), posterior(model, x))


def elbo(model: VAE, x: Tensor) -> Tensor:
    """log p(x) − KL(q(z|x) ‖ p(z|x)), `[batch]`."""
    return log_evidence(model, x) - gap(model, x)


def log_weight(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
    """log p(x, z) − log q(z|x) at z = μ + s·noise, in float64 and without the package's own code."""
    posterior = q(model, x)
    z = posterior.mean + posterior.stddev * noise
    weight, bias = parameters(model.decoder)
    likelihood = Independent(Normal(z @ weight.T + bias, math.sqrt(VARIANCE)), 1)
    prior = Independent(Normal(torch.zeros_like(z), 1.0), 1)
    return likelihood.log_prob(x.double()) + prior.log_prob(z) - posterior.log_prob(z)


def gradient(value: Tensor, model: VAE) -> Tensor:
    """d value / d parameters, in one vector: encoder and decoder."""
    return torch.cat([g.flatten().double() for g in torch.autograd.grad(value, list(model.parameters()))])
