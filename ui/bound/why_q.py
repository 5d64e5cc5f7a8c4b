"""Why q at all: log p(x) from draws of the prior beside draws of q, and what a grid would cost in more dimensions."""

from typing import TYPE_CHECKING, Any

import streamlit as st
import torch

from ui.charts import colours, faded, show
from ui.looks.view import View
from ui.tables import table
from ui.words import number
from vaemodels.analysis.importance import Spread, log_weights_of_prior, log_weights_of_q, spreads

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

KS = (1, 3, 10, 30, 100, 300, 1_000)
DRAWS = 10_000
_POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
PER_SIDE = 80  # of the grid that log p(x) is summed on in two dimensions


def render(view: View) -> None:
    """The estimates over k with their spread; their effective numbers; the nodes of a grid."""
    generator = torch.Generator().manual_seed(view.seed)
    model, x = view.model, view.chosen.x
    prior = spreads(log_weights_of_prior(model, x, DRAWS, generator), KS)
    ours = spreads(log_weights_of_q(model, x, DRAWS, generator), KS)
    picture, words = st.columns(2, gap="medium")
    with picture:
        last_prior, last_ours = prior[-1], ours[-1]
        show(
            spread_chart(prior, ours),
            "why-q",
            f"log p(x) estimated from k draws. At k = {last_prior.k:,}: {number(last_prior.mean)} from the prior, "
            f"spreading by {number(last_prior.std)}; {number(last_ours.mean, 2)} from q, "
            f"by {number(last_ours.std, 2)}.",
            height=330,
        )
        st.caption(
            f"Mean of up to 20 estimates log (1/k) Σ w from k draws each, and one standard deviation; {DRAWS:,} draws "
            "in all, of the chosen image."
        )
    with words:
        rows = [
            [f"{a.k:,}", number(a.mean), number(a.effective), number(b.mean), number(b.effective)]
            for a, b in zip(prior, ours, strict=True)
        ]
        table("Estimates of log p(x), in nats", ["k", "from p(z)", "worth", "from q(z|x)", "worth"], rows)
        st.markdown(
            f"“Worth” is the effective number of draws, (Σ w)² / Σ w². Most draws of the prior explain this image not "
            f"at all: {last_prior.k:,} of them are worth {number(last_prior.effective)}. As many of q(z|x) are "
            f"worth {number(last_ours.effective)}."
        )
    grid = ", ".join(f"**{dims}**: {_in_short(PER_SIDE**dims)}" for dims in (1, 2, 3, 10, 20))
    st.markdown(
        f"A grid needs no draws, and is how this page knows log p(x). With {PER_SIDE} nodes along a side it takes, by "
        f"the number of dimensions of z, {grid} decoded images. Beyond three, there is q."
    )


def _in_short(count: int) -> str:
    """A whole number, from a million on by its power of ten alone."""
    return f"{count:,}" if count < 1e6 else f"about 10{str(len(str(count)) - 1).translate(_POWERS)}"


def spread_chart(prior: list[Spread], ours: list[Spread]) -> "Figure":
    """Both estimates over k on a logarithmic axis, with bands of one standard deviation."""
    import plotly.graph_objects as go

    palette = colours()
    traces: list[dict[str, Any]] = []
    for name, found, colour in (("z ~ p(z)", prior, palette["ink"]), ("z ~ q(z|x)", ours, palette["kl"])):
        ks = [one.k for one in found]
        low, high = ([one.mean + sign * one.std for one in found] for sign in (-1, 1))
        traces.append(
            {
                **{
                    "type": "scatter",
                    "x": ks + ks[::-1],
                    "y": high + low[::-1],
                    "fill": "toself",
                    "mode": "none",
                },
                **{"fillcolor": faded(colour, 0.18), "hoverinfo": "skip", "showlegend": False},
            }
        )
        traces.append(
            {
                **{
                    "type": "scatter",
                    "name": name,
                    "x": ks,
                    "y": [one.mean for one in found],
                    "mode": "lines+markers",
                },
                **{"line": {"color": colour, "width": 2}},
                "hovertemplate": f"{name}, k = %{{x:,}}: %{{y:.2f}} nats<extra></extra>",
            }
        )
    axis = {"type": "log", "title": {"text": "k"}, "tickvals": list(KS), "ticktext": [f"{k:,}" for k in KS]}
    return go.Figure(traces, {"xaxis": axis, "yaxis": {"title": {"text": "log p̂(x), nats"}}})
