"""Each kind of model's definition as LaTeX, line by line, and the same with one image's numbers in it."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from vaemodels.evaluation import ImageTerms, image_terms
from vaemodels.models import GMVAE, HVAE, SSVAE, Model

SHOWN = 3  # components of a vector that are written out
STANDARD = r"p(z) &= \mathcal N(z;\, 0,\, I)"
CLOSED_KL = r"\mathrm{KL} = \sum_j \tfrac12\left(\mu_j^2 + \sigma_j^2 - 1\right) - \log \sigma_j"
ELBO = r"\mathrm{ELBO} = \mathbb E_q[\log p(x|z)] - \mathrm{KL}(q \,\|\, p(z))"


class Equation(NamedTuple):
    """One line of a model's definition, and the same with numbers; both LaTeX."""

    title: str
    symbols: str
    numbers: str


@torch.no_grad()
def of_vae(model: Model, x: Tensor, y: Tensor | None) -> list[Equation]:
    """Generative model, inference model, KL and objective, with the numbers of the image `x: [dim]`."""
    terms = image_terms(model, x)
    q = _posterior(model, x, y)
    likelihood = model.decode(q.mean)
    return [
        Equation(
            "Generative model",
            lines(STANDARD, rf"p(x|z) &= {_likelihood(model, 'z')}"),
            lines(
                rf"\log p(x|z = \mu(x)) &= {nats(likelihood.log_prob(x).item())}",
                *_pixel_std(likelihood, r"\mu(x)"),
            ),
        ),
        _inference(r"q(z|x) = \mathcal N(z;\, \mu(x),\, \mathrm{diag}\, \sigma^2(x))", "(x)", q),
        _closed_kl(q, terms),
        _objective(ELBO, terms),
    ]


@torch.no_grad()
def of_ae(model: Model, x: Tensor, y: Tensor | None) -> list[Equation]:
    """An autoencoder's reconstruction, code and error."""
    code = model.embed(x.unsqueeze(0))[0]
    likelihood = model.decode(code)
    return [
        Equation("No generative model", r"\hat x = f(z)", rf"\hat x = {vector(likelihood.mean)}"),
        Equation("Inference model", "z = g(x)", f"g(x) = {vector(code)}"),
        Equation(
            "Objective",
            r"-\sum_i x_i \log \hat x_i + (1 - x_i) \log (1 - \hat x_i)",
            nats(-likelihood.log_prob(x).item()),
        ),
    ]


@torch.no_grad()
def of_gmvae(model: Model, x: Tensor, y: Tensor | None) -> list[Equation]:
    """A mixture prior's: the KL is a mean over draws, as it has no closed form."""
    assert isinstance(model, GMVAE)
    terms = image_terms(model, x)
    q = _posterior(model, x, y)
    likelihood = model.decode(q.mean)
    return [
        Equation(
            "Generative model",
            lines(
                r"p(z) &= \tfrac1K \sum_i \mathcal N(z;\, \mu_i,\, \mathrm{diag}\, \sigma_i^2)",
                rf"p(x|z) &= {_likelihood(model, 'z')}",
            ),
            lines(
                rf"K &= {model.config.components}",
                rf"\log p(z = \mu(x)) &= {nats(model.prior().log_prob(q.mean).item())}",
                rf"\log p(x|z = \mu(x)) &= {nats(likelihood.log_prob(x).item())}",
                *_pixel_std(likelihood, r"\mu(x)"),
            ),
        ),
        _inference(r"q(z|x) = \mathcal N(z;\, \mu(x),\, \mathrm{diag}\, \sigma^2(x))", "(x)", q),
        Equation(
            "The KL of the objective, estimated",
            r"\mathrm{KL} = \mathbb E_q[\log q(z|x) - \log p(z)]",
            rf"\mathrm{{KL}} \approx {nats(terms.kl_total)}\ \text{{over {terms.draws} draws}}",
        ),
        _objective(ELBO, terms),
    ]


@torch.no_grad()
def of_fsvae(model: Model, x: Tensor, y: Tensor | None) -> list[Equation]:
    """A conditional model's, given the label `y: []`."""
    terms = image_terms(model, x, y)
    q = _posterior(model, x, y)
    likelihood = model.decode(q.mean, y)
    return [
        Equation(
            "Generative model",
            lines(STANDARD, rf"p(x|y, z) &= {_likelihood(model, 'y, z')}"),
            lines(
                rf"\log p(x|y, z = \mu(x, y)) &= {nats(likelihood.log_prob(x).item())}",
                *_pixel_std(likelihood, r"\mu(x, y)"),
            ),
        ),
        _inference(r"q(z|x, y) = \mathcal N(z;\, \mu(x, y),\, \mathrm{diag}\, \sigma^2(x, y))", "(x, y)", q),
        _closed_kl(q, terms),
        _objective(r"\mathrm{ELBO}(x|y) = \mathbb E_q[\log p(x|y, z)] - \mathrm{KL}(q \,\|\, p(z))", terms),
    ]


@torch.no_grad()
def of_ssvae(model: Model, x: Tensor, y: Tensor | None) -> list[Equation]:
    """A semi-supervised model's, with the label summed out; a known label is not told to it."""
    assert isinstance(model, SSVAE)
    terms = image_terms(model, x)
    q_y = model.classify(x.unsqueeze(0)).softmax(-1)[0]
    likeliest = q_y.argmax()
    z = model.embed(x.unsqueeze(0))[0]
    return [
        Equation(
            "Generative model",
            lines(
                rf"p(y) &= \tfrac1{{{model.n_labels}}}",
                STANDARD,
                rf"p(x|y, z) &= {_likelihood(model, 'y, z')}",
            ),
            lines(
                rf"\log p(x|y = {likeliest}, z = \mu(x, {likeliest})) "
                rf"&= {nats(model.decode(z, likeliest).log_prob(x).item())}"
            ),
        ),
        Equation(
            "Inference model",
            lines(
                r"q(y|x) &= \mathrm{Cat}(\pi(x))",
                r"q(z|x, y) &= \mathcal N(z;\, \mu(x, y),\, \mathrm{diag}\, \sigma^2(x, y))",
            ),
            lines(
                rf"q(y = {likeliest}|x) &= {number(q_y[likeliest].item(), 3)}",
                rf"\mu(x, {likeliest}) &= {vector(z)}",
            ),
        ),
        Equation(
            "Objective, the label summed out",
            r"\mathrm{ELBO} = \sum_y q(y|x)\, [\mathrm{ELBO}(x, y) - \log q(y|x)]",
            lines(
                r"&\mathbb E_q[\log p(x|y, z)] - \mathrm{KL}_z - \mathrm{KL}_y",
                rf"&= {number(-terms.reconstruction, 1)} - {number(terms.kl['z'], 1)} - {number(terms.kl['y'], 1)}",
                rf"&= {nats(-terms.nelbo)}",
            ),
        ),
    ]


@torch.no_grad()
def of_hvae(model: Model, x: Tensor, y: Tensor | None) -> list[Equation]:
    """A two-level model's, each level with its own KL."""
    assert isinstance(model, HVAE)
    terms = image_terms(model, x)
    posteriors, latents = model.infer(x.unsqueeze(0), generator=torch.Generator(x.device).manual_seed(0))
    upper = r"q(z_2|x)" if model.factorised_posterior else r"q(z_2|z_1)"
    return [
        Equation(
            "Generative model",
            lines(
                r"p(z_2) &= \mathcal N(z_2;\, 0,\, I)",
                r"p(z_1|z_2) &= \mathcal N(z_1;\, m(z_2),\, \mathrm{diag}\, s^2(z_2))",
                rf"p(x|z_1) &= {_likelihood(model, 'z_1')}",
            ),
            lines(
                rf"m(z_2) &= {vector(model.conditional_prior(latents['z2']).mean[0])}",
                rf"\log p(x|z_1) &= {nats(model.decode(latents['z1']).log_prob(x).item())}",
            ),
        ),
        Equation(
            "Inference model",
            lines(
                r"q(z_1|x) &= \mathcal N(z_1;\, \mu_1(x),\, \mathrm{diag}\, \sigma_1^2(x))",
                rf"{upper} &= \mathcal N(z_2;\, \mu_2,\, \mathrm{{diag}}\, \sigma_2^2)",
            ),
            lines(
                rf"\mu_1 &= {vector(posteriors['z1'].mean[0])}",
                rf"\mu_2 &= {vector(posteriors['z2'].mean[0])}",
            ),
        ),
        Equation(
            "Objective",
            r"\mathrm{ELBO} = \mathbb E_q[\log p(x|z_1)] - \mathrm{KL}_{z_1} - \mathrm{KL}_{z_2}",
            f"{number(-terms.reconstruction, 1)} - {number(terms.kl['z1'], 1)} - {number(terms.kl['z2'], 1)} "
            f"= {nats(-terms.nelbo)}",
        ),
    ]


def _likelihood(model: Model, given: str) -> str:
    """p(x|·) at what the decoder f takes."""
    family = getattr(model.config, "likelihood", "bernoulli")
    if family == "bernoulli":
        return rf"\textstyle\prod_i \mathrm{{Bernoulli}}(x_i;\, f_i({given}))"
    if family == "continuous_bernoulli":
        return rf"\textstyle\prod_i e^{{l_i x_i}}\, l_i / (e^{{l_i}} - 1),\quad l = f({given})"
    if getattr(model.config, "variance", "fixed") == "per_pixel":
        return rf"\mathcal N(x;\, f({given}),\, \mathrm{{diag}}\, \sigma_x^2({given}))"
    return rf"\mathcal N(x;\, f({given}),\, \sigma_x^2 I)"


def _pixel_std(likelihood: Distribution, at: str) -> list[str]:
    """A Gaussian likelihood's σ; where pixels have their own, their mean at `at`."""
    assert isinstance(likelihood, Independent)
    if not isinstance(likelihood.base_dist, Normal):
        return []
    std = likelihood.stddev
    name = r"\sigma_x" if std.min() == std.max() else rf"\overline{{\sigma_x({at})}}"
    return [rf"{name} &= {number(std.mean().item(), 3)}"]


def _posterior(model: Model, x: Tensor, y: Tensor | None) -> Independent:
    """q(z|x) of one image, over no batch."""
    q = model.encode(x.unsqueeze(0), None if y is None else y.reshape(1))["z"]
    assert isinstance(q, Independent)
    return Independent(Normal(q.base_dist.loc[0], q.base_dist.scale[0], validate_args=False), 1)


def _inference(symbols: str, of: str, q: Independent) -> Equation:
    mean, std = q.base_dist.loc, q.base_dist.scale
    numbers = lines(rf"\mu{of} &= {vector(mean)}", rf"\sigma{of} &= {vector(std)}")
    return Equation("Inference model", symbols, numbers)


def _closed_kl(q: Independent, terms: ImageTerms) -> Equation:
    [kl] = terms.kl_by_dimension.values()
    first, spread = bracketed(q.base_dist.loc[0].item(), 3), number(q.base_dist.scale[0].item(), 3)
    return Equation(
        "The KL of the objective, in closed form",
        CLOSED_KL,
        lines(
            rf"\mathrm{{KL}}_1 &= \tfrac12({first}^2 + {spread}^2 - 1) - \log {spread}",
            rf"&= {number(kl[0].item())}",
            rf"\mathrm{{KL}} &= {total(kl)}",
            rf"&= {nats(terms.kl_total)}",
        ),
    )


def _objective(symbols: str, terms: ImageTerms) -> Equation:
    numbers = f"{number(-terms.reconstruction, 1)} - {number(terms.kl_total, 1)} = {nats(-terms.nelbo)}"
    return Equation("Objective", symbols, numbers)


def lines(*equations: str) -> str:
    """Equations below each other, aligned at their `&`."""
    below_each_other = r" \\ ".join(equations)
    return rf"\begin{{aligned}} {below_each_other} \end{{aligned}}"


def nats(value: float) -> str:
    """A number of nats."""
    return rf"{number(value, 1)}\ \text{{nats}}"


def number(value: float, decimals: int = 2) -> str:
    """A number; never a negative zero."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def bracketed(value: float, decimals: int) -> str:
    """A number fit to be squared."""
    return number(value, decimals) if value >= 0 else f"({number(value, decimals)})"


def vector(values: Tensor) -> str:
    """The first components of `values: [n]`."""
    return rf"({', '.join(_first(values))})"


def total(values: Tensor) -> str:
    """The first terms of a sum of `values: [n]`."""
    return " + ".join(_first(values))


def _first(values: Tensor) -> list[str]:
    more = [r"\dots"] if len(values) > SHOWN else []
    return [number(value) for value in values[:SHOWN].tolist()] + more
