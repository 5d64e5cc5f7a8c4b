"""A model's own file on the page, headed by its equations with the chosen image's numbers in them."""

import inspect
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor
from torch.distributions import Independent

from ui.image_choice import Chosen
from vaemodels.evaluation import image_terms
from vaemodels.models import Model

SHOWN = 3  # components of a vector that are written out


class Equation(NamedTuple):
    """One line of a model's definition, and the same with numbers; both LaTeX."""

    title: str
    symbols: str
    numbers: str


def source(model: Model, chosen: Chosen) -> None:
    """The equations and the code, worked out only when asked for."""
    if not st.toggle("The model's own code", key="source"):
        return
    for equation in equations(model, chosen.x):
        st.caption(equation.title)
        formula, numbers = st.columns(2, vertical_alignment="center")
        formula.latex(equation.symbols, width="stretch")
        numbers.latex(equation.numbers, width="stretch")
    module = inspect.getmodule(type(model))
    assert module is not None
    st.caption(f"{module.__name__.replace('.', '/')}.py, as it runs here:")
    st.code(inspect.getsource(module), language="python", line_numbers=True, height=480)


@torch.no_grad()
def equations(model: Model, x: Tensor) -> list[Equation]:
    """Generative model, inference model and objective, with the numbers of the image `x: [dim]`."""
    return _vae(model, x) if model.has_likelihood else _autoencoder(model, x)


def _vae(model: Model, x: Tensor) -> list[Equation]:
    posterior = model.encode(x.unsqueeze(0))["z"]
    assert isinstance(posterior, Independent)
    mean, std = posterior.base_dist.loc[0], posterior.base_dist.scale[0]
    likelihood = model.decode(mean)
    terms = image_terms(model, x)
    [kl] = terms.kl_by_dimension.values()
    if model.config.likelihood == "bernoulli":
        p_x = r"\textstyle\prod_i \mathrm{Bernoulli}(x_i;\, f_i(z))"
        at_mean = []
    else:
        p_x = r"\mathcal N(x;\, f(z),\, \sigma_x^2 I)"
        at_mean = [rf"\sigma_x &= {number(likelihood.stddev.mean().item(), 3)}"]
    first, spread = bracketed(mean[0].item(), 3), number(std[0].item(), 3)
    return [
        Equation(
            "Generative model",
            lines(r"p(z) &= \mathcal N(z;\, 0,\, I)", rf"p(x|z) &= {p_x}"),
            lines(rf"\log p(x|z = \mu(x)) &= {nats(likelihood.log_prob(x).item())}", *at_mean),
        ),
        Equation(
            "Inference model",
            r"q(z|x) = \mathcal N(z;\, \mu(x),\, \mathrm{diag}\, \sigma^2(x))",
            lines(rf"\mu(x) &= {vector(mean)}", rf"\sigma(x) &= {vector(std)}"),
        ),
        Equation(
            "The KL of the objective, in closed form",
            r"\mathrm{KL} = \sum_j \tfrac12\left(\mu_j^2 + \sigma_j^2 - 1\right) - \log \sigma_j",
            lines(
                rf"\mathrm{{KL}}_1 &= \tfrac12({first}^2 + {spread}^2 - 1) - \log {spread}",
                rf"&= {number(kl[0].item())}",
                rf"\mathrm{{KL}} &= {total(kl)}",
                rf"&= {nats(terms.kl_total)}",
            ),
        ),
        Equation(
            "Objective",
            r"\mathrm{ELBO} = \mathbb E_q[\log p(x|z)] - \mathrm{KL}(q \,\|\, p(z))",
            f"{number(-terms.reconstruction, 1)} - {number(terms.kl_total, 1)} = {nats(-terms.nelbo)}",
        ),
    ]


def _autoencoder(model: Model, x: Tensor) -> list[Equation]:
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
