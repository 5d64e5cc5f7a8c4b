"""When to use which: a table of cases, each with the numbers that speak for it, and the estimators' code."""

import inspect

import streamlit as st
import torch

from ui.gradients.costs import parameters_of
from ui.gradients.decoder import compared
from ui.gradients.discrete import measure
from ui.gradients.numbers import draws_needed, figures
from ui.looks.view import View
from ui.tables import table
from vaemodels.analysis import estimators, relaxations


def variances(cost: str, k: float) -> tuple[float, float]:
    """Variances, pathwise and of the score function, of the gradient for the mean of N(1, 1)."""
    path, score = estimators.exact(
        estimators.cost(cost, k), estimators.FAMILIES["normal"], parameters_of("normal", 1, 1)
    )
    return path.variance[0].item(), score.variance[0].item()


def rows(view: View) -> list[tuple[str, str, str]]:
    """The case, what to use, and the numbers for it."""
    square, wavy, step = variances("square", 0), variances("cos", 5), variances("step", 1)
    on_decoder = compared(view.name, "digits-0", view.seed)
    ratio = (on_decoder.score.variance[0] / on_decoder.pathwise.variance[0]).sqrt().item()
    bit = measure("2", 0.4, 1.0, 4, view.seed)
    exact = relaxations.enumerated(relaxations.BERNOULLI, torch.tensor([0.6, 0.4]).double().log())[1].item()
    return [
        (
            "z continuous, f smooth: a VAE",
            "pathwise, K = 1",
            f"the score function scatters {ratio:.0f} times as much for μ₁ of image 0; for z² variance "
            f"{figures(square[0])} against {figures(square[1])}",
        ),
        (
            "f wiggles faster than p is wide",
            "score function",
            f"cos 5z: variance {figures(wavy[1])}, pathwise {figures(wavy[0])}",
        ),
        (
            "f jumps, or is a black box",
            "score function, with a baseline",
            f"a step: pathwise gives 0 at every draw, the score function variance {figures(step[1])}",
        ),
        (
            "z discrete, few values",
            "enumerate: no noise at all",
            f"one bit at θ = 0.4: exactly {figures(exact)}",
        ),
        (
            "z discrete, many values, several draws affordable",
            "score function, leave one out",
            f"4 draws: sd {figures(bit['loo'].std)}, without a baseline {figures(bit['score'].std)}",
        ),
        (
            "z discrete, f differentiable, a bias is affordable",
            "Gumbel-softmax, straight-through",
            f"exact {figures(exact)}; means {figures(bit['gs'].mean)} and {figures(bit['st'].mean)}; "
            f"{draws_needed(bit['gs'].std ** 2 * 4, exact)} draws for ratio 1",
        ),
    ]


def render(view: View) -> None:
    """The table, and the code of both kinds of estimators."""
    st.markdown("**When to use which**, and the numbers on this page that say so.")
    table("When to use which estimator", ("case", "use", "measured"), rows(view), in_words=True)
    st.caption(
        "Variances by quadrature, z ~ N(1, 1), gradient for the mean; standard deviations and means of the bit "
        "from 2¹⁷ "
        f"draws with τ = 1, sd of the mean of 4; the decoder is that of {view.name}, seed {view.seed}."
    )
    continuous, discrete = st.columns(2, gap="large")
    with continuous:
        st.caption("vaemodels/analysis/estimators.py, as it runs here:")
        st.code(_source(estimators.pathwise, estimators.score_function), language="python", wrap_lines=True)
    with discrete:
        st.caption("vaemodels/analysis/relaxations.py, as it runs here:")
        st.code(
            _source(relaxations.leave_one_out, relaxations.straight_through, relaxations.gumbel_softmax),
            language="python",
            wrap_lines=True,
        )


def _source(*functions: object) -> str:
    return "\n\n".join(inspect.getsource(function) for function in functions)  # type: ignore[arg-type]
