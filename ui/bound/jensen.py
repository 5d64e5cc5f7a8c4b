"""Jensen's inequality as a picture: the log of a mean above the mean of logs, with this image's own weights."""

import math
from typing import TYPE_CHECKING, Any

import streamlit as st
import torch
from torch import Tensor

from ui.bound.measured import weights_on_plane
from ui.charts import colours, show
from ui.looks.view import View
from ui.words import number
from vaemodels.analysis.diagnostics import RELIABLE_SAMPLE_SIZE, effective_sample_size

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SHOWN = 12  # draws in the picture
MANY = 5_000
LEAST = 1e-300  # of a weight beside their mean, on the curve


def render(view: View) -> None:
    """A few weights on the curve of the logarithm; what they are for many draws."""
    generator = torch.Generator().manual_seed(view.seed)
    log_w = weights_on_plane(view, MANY, generator)
    few = log_w[:SHOWN]
    picture, words = st.columns([3, 2], gap="medium")
    mean_of_logs, log_of_mean = few.mean().item(), few.logsumexp(0).item() - math.log(SHOWN)
    with picture:
        show(
            jensen_chart(few),
            "jensen",
            f"{SHOWN} weights w on the curve log w. The log of their mean is {number(log_of_mean, 2)}, the mean of "
            f"their logs {number(mean_of_logs, 2)}, which is {number(log_of_mean - mean_of_logs, 2)} nats lower.",
            height=330,
        )
        st.caption(
            f"{SHOWN} draws z of the q on the plane above; w = p(x, z) / q(z), as a multiple of their mean. "
            "Make q wider or push it away, and the gap opens. Another seed gives other draws."
        )
    with words:
        elbo, bound = log_w.mean().item(), log_w.logsumexp(0).item() - math.log(MANY)
        worth = effective_sample_size(log_w).item()
        good = "nearly log p(x)" if worth >= RELIABLE_SAMPLE_SIZE else "too few carry it to be near log p(x)"
        st.latex(r"\log p(x) = \log \mathrm{E}_q[w] \;\ge\; \mathrm{E}_q[\log w] = \mathrm{ELBO}")
        st.markdown(
            "The logarithm is curved, so a mean taken after it is lower than one taken before it. "
            "Were all weights equal there would be no gap: then q is the posterior, and w = p(x) whatever z is.\n\n"
            f"Of {MANY:,} draws: the mean of logs is **{number(elbo, 2)}** (the ELBO), the log of the mean "
            f"**{number(bound, 2)}** ({good}: they are worth {number(worth)}); the weights’ logs spread by "
            f"**{number(log_w.std().item(), 2)}** nats."
        )


def jensen_chart(log_w: Tensor) -> "Figure":
    """The curve of the logarithm, the weights on it, and the two means above each other."""
    import plotly.graph_objects as go

    palette = colours()
    log_mean = log_w.logsumexp(0).item() - math.log(len(log_w))
    relative = (log_w - log_mean).exp()
    mean_of_logs = log_w.mean().item()
    right = 1.15 * max(1.6, relative.max().item())
    low = min(log_w.min().item(), log_mean - 1.0)
    curve = torch.linspace(max(math.exp(low - log_mean - 0.3), LEAST), right, 200, dtype=torch.float64)
    traces: list[dict[str, Any]] = [
        _trace(
            "log w", curve, curve.log() + log_mean, mode="lines", line={"color": palette["ink"], "width": 1.5}
        ),
        _trace("draws", relative, log_w, mode="markers", marker={"color": palette["kl"], "size": 7}),
        _trace(
            "gap",
            torch.ones(2),
            torch.tensor([mean_of_logs, log_mean]),
            mode="lines",
            line={"color": palette["gap"], "width": 5},
        ),
        _trace(
            "log of the mean",
            torch.ones(1),
            torch.tensor([log_mean]),
            mode="markers",
            marker={"color": palette["text"], "size": 8, "symbol": "diamond"},
        ),
        _trace(
            "mean of the logs",
            torch.ones(1),
            torch.tensor([mean_of_logs]),
            mode="markers",
            marker={"color": palette["bound"], "size": 7, "symbol": "square"},
        ),
    ]
    return go.Figure(
        traces,
        {
            "xaxis": {"title": {"text": "w, relative to its mean"}},
            "yaxis": {"title": {"text": "log w, nats"}},
        },
    )


def _trace(name: str, x: Tensor, y: Tensor, **style: Any) -> dict[str, Any]:
    hover = f"{name}: %{{y:.2f}} nats at %{{x:.2f}}<extra></extra>"
    return {
        "type": "scatter",
        "name": name,
        "x": x.tolist(),
        "y": y.tolist(),
        "hovertemplate": hover,
        **style,
    }
