"""The KL that one draw of z tells: how it scatters about its mean, and why it may be below 0."""

import streamlit as st
import torch
from torch import Tensor

from ui import charts, words
from ui.gmvae.choice import chosen_now
from ui.gmvae.facts import facts, measured_on, prior_of
from ui.looks import View
from vaemodels.analysis.mixtures import image_draws, with_means
from vaemodels.evaluation import estimate

DRAWS = 2_000
BINS = 60


def render(view: View) -> None:
    """The draws of the chosen image as a histogram, those of the test images in a line, and the reason."""
    moved = chosen_now().moved
    prior = with_means(prior_of(view), moved)
    code = view.code_of(view.chosen)
    assert code.std is not None
    noise = torch.randn(DRAWS, code.mean.shape[1], generator=torch.Generator().manual_seed(view.seed))
    kl = image_draws(prior, code.mean[0], code.std[0], noise).kl
    measured = estimate(kl)
    below, scatter = (kl < 0).float().mean().item(), words.number(kl.std().item(), 2)
    chart, text = st.columns([5, 4], gap="large")
    with chart:
        _show_histogram(kl, measured.mean)
        st.caption(
            f"{DRAWS:,} draws z ~ q(z|x) of the chosen image, {view.chosen.caption} (seed {view.seed})"
            f"{', under the prior with its means moved' if moved else ''}. Mean **{words.number(measured.mean, 2)} ± "
            f"{words.number(measured.stderr, 2)}** nats, standard deviation of one draw **{scatter}**, below 0: "
            f"**{below:.1%}**."
        )
    codes, found = facts(view)
    among = estimate(found.kl)
    with text:
        st.markdown(
            "The KL of a Gaussian to N(0, I) has a closed form. To a mixture it has none: the logarithm of a sum "
            "stands in the integral. So the model is trained on **one draw**, log q(z|x) − log p(z), whose mean is the "
            "KL."
        )
        st.latex(r"\mathrm{KL}(q\,\|\,p)=\mathbb{E}_{q}\!\left[\log q(z|x)-\log p(z)\right]\ \ge\ 0")
        st.markdown(
            "The mean is never negative; **one draw is, wherever the prior is denser than q**: log p(z) > log q(z|x). "
            "That is no sign of an error."
        )
        st.caption(
            f"One draw for each of {measured_on(view, codes)}, under the prior as trained: from "
            f"{words.number(found.kl.min().item(), 1)} to {words.number(found.kl.max().item(), 1)} nats, "
            f"**{int((found.kl < 0).sum())} of {len(found.kl):,}** below 0. "
            f"Their mean, **{words.plus_minus(among.mean, among.stderr)}**, is the KL of these images but for chance."
        )


def _show_histogram(kl: Tensor, mean: float) -> None:
    import plotly.graph_objects as go

    colours = charts.colours()
    low, high = min(kl.min().item(), 0.0), max(kl.max().item(), 1.0)
    counts = torch.histc(kl, BINS, low, high)
    width = (high - low) / BINS
    places = [low + (i + 0.5) * width for i in range(BINS)]
    figure = go.Figure(
        go.Bar(
            x=places,
            y=counts.tolist(),
            width=width,
            marker={"color": colours["kl"], "line": {"width": 0}},
            hovertemplate="%{x:.1f} nats: %{y} draws<extra></extra>",
        )
    )
    figure.add_vline(0, line={"width": 1, "color": colours["text"]})
    figure.add_vline(
        mean,
        line={"width": 2, "dash": "dot", "color": colours["text"]},
        annotation={"text": f"mean {words.number(mean, 2)}", "font": {"color": colours["text"]}},
    )
    figure.update_xaxes(title="log q(z|x) − log p(z), nats", showgrid=False)
    figure.update_yaxes(title="draws", range=[0, 1.15 * counts.max().item()])  # the mean's label stands above
    charts.show(
        figure,
        "gmvae-draws",
        f"Histogram of log q(z|x) − log p(z) over {len(kl):,} draws: from {words.number(kl.min().item(), 1)} to "
        f"{words.number(kl.max().item(), 1)} nats, mean {words.number(mean, 2)}.",
        height=320,
    )
