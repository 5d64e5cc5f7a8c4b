"""p(z1|z2) drawn: at the image's z2, beside what z1 is under the whole prior."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ui import charts, words
from ui.hvae.facts import plain, two_level
from ui.looks.view import View
from vaemodels.analysis import levels


def render(view: View) -> None:
    """Each dimension of z1: where one z2 puts it, where the prior does, and where the image is."""
    model = two_level(view.checkpoint)
    at = levels.codes(model, view.chosen.x.unsqueeze(0))
    found = levels.lower(model, at.z2[0])
    share = levels.told_by_upper(model)
    order = share.argsort(descending=True)
    names = [words.dimension(int(i), "z1") for i in order]
    colours = charts.colours()

    def band(mean: np.ndarray, std: np.ndarray, name: str, colour: str, width: int) -> go.Scatter:
        error = {"type": "data", "array": std, "thickness": width, "width": 0, "color": colour}
        return go.Scatter(
            x=names, y=mean, mode="markers", name=name, error_y=error, marker={"color": colour, "size": width + 3},
            hovertemplate="%{x}: %{y:.2f}<extra></extra>",
        )  # fmt: skip

    figure = go.Figure(
        [
            band(
                found.prior_mean[order].numpy(), found.prior_std[order].numpy(), "p(z1), over all z2",
                charts.faded(colours["ink"], 0.45), 9,
            ),
            band(found.mean[order].numpy(), found.std[order].numpy(), "p(z1|z2) at this z2", colours["kl_z1"], 3),
            go.Scatter(
                x=names, y=at.z1[0][order].numpy(), mode="markers", name="the image’s μ1(x)",
                marker={"symbol": "x", "color": colours["text"], "size": 8},
                hovertemplate="%{x}: %{y:.2f}<extra></extra>",
            ),
        ]
    )  # fmt: skip
    figure.update_yaxes(title="mean ± standard deviation")
    ratio = (found.std / found.prior_std).mean().item()
    st.markdown(
        f"**How much does a z2 say of z1?** At this image’s z2 = ({plain(at.z2[0])}) the standard deviations of "
        f"p(z1|z2) are **{ratio:.0%}** of those of p(z1), on average over dimensions."
    )
    charts.show(
        figure,
        "hvae-lower",
        f"Mean and standard deviation of {len(names)} dimensions of z1, under p(z1|z2) at the image’s "
        "z2 and under p(z1); "
        f"on average the first is {ratio:.0%} as wide. z2 decides {share.max().item():.0%} of the "
        "variance of the first "
        f"dimension shown and {share.min().item():.0%} of the last",
        height=340,
    )
    st.caption(
        "Dimensions in the order of the share of their variance that z2 decides, "
        f"{share.max().item():.0%} for the first and {share.min().item():.0%} for the last. Given z2 "
        "the dimensions are "
        "independent, by the model; over all z2 they need not be. p(z1) from 10,000 draws of z2. z2 "
        "here is the mean of q."
    )
