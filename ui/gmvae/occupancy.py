"""How much of the data each component holds, and how that came about over the training."""

from typing import TYPE_CHECKING, Any

import streamlit as st
from torch import Tensor

from ui import charts, words
from ui.gmvae.choice import chosen_now
from ui.gmvae.facts import facts, measured_on, with_moved
from ui.looks import View
from vaemodels.analysis.clustering import components_in_use
from vaemodels.checkpoints import Card

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 300
NAMED = 20  # components up to which each has a number on the axis


def render(view: View) -> None:
    """The shares now, and their course."""
    made, card = chosen_now(), view.checkpoint.card
    codes, found = facts(view, made.moved)
    has_course = any("components_in_use" in record for record in card["history"])
    now, course = st.columns(2, gap="large") if has_course else (st.container(), st.container())
    with now:
        st.subheader("Now", anchor=False)
        _show_shares(found.shares, made.component)
        st.caption(
            f"The share of a component: its mean responsibility p(i|z) over "
            f"{measured_on(view, codes)}{with_moved(made.moved)}, one draw of z an image. Dark: component "
            f"{made.component + 1}, the chosen one. Dotted: an equal share. In use: exp(entropy) = "
            f"**{components_in_use(found.shares):.1f} of {len(found.shares):,}**."
        )
    with course:
        if has_course:
            st.subheader("Over the training", anchor=False)
            _show_course(card)
        else:
            st.caption("How a model came by its shares is recorded from now on: train one below to see it.")


def _show_shares(shares: Tensor, component: int) -> None:
    import plotly.graph_objects as go

    count, colours = len(shares), charts.colours()
    order = shares.argsort(descending=True).tolist()
    values = [round(shares[i].item(), 5) for i in order]
    chart = go.Figure(
        go.Bar(
            x=list(range(count)),
            y=values,
            customdata=[i + 1 for i in order],
            marker={
                "color": [
                    colours["text"] if i == component else charts.faded(colours["ink"], 0.6) for i in order
                ],
                "line": {"width": 0},
            },
            hovertemplate="component %{customdata}: %{y:.2%}<extra></extra>",
        )
    )
    chart.add_hline(1 / count, line={"dash": "dot", "width": 1, "color": colours["text"]})
    named = (
        {"tickvals": list(range(count)), "ticktext": [str(i + 1) for i in order]} if count <= NAMED else {}
    )
    title = "component" if count <= NAMED else "components, largest share first"
    chart.update_xaxes({"title": {"text": title}, "showgrid": False, **named})
    chart.update_yaxes(tickformat=".1%" if count > NAMED else ".0%", rangemode="tozero")
    largest, least = order[0], order[-1]
    charts.show(
        chart,
        "gmvae-shares",
        f"Shares of {count} components: the largest {shares[largest]:.1%} (component {largest + 1}), the smallest "
        f"{shares[least]:.2%} (component {least + 1}), component {component + 1} {shares[component]:.1%}.",
        height=HEIGHT,
    )


def _show_course(card: Card) -> None:
    records = [record for record in card["history"] if "components_in_use" in record]
    count = card["config"]["components"]
    first, last = records[0], records[-1]
    charts.show(
        _course_chart(records, count),
        "gmvae-course",
        f"Components in use over {words.count(len(records), 'epoch')}: {first['components_in_use']:.1f} of {count} "
        f"after epoch {first['epoch']}, {last['components_in_use']:.1f} after epoch {last['epoch']}.",
        height=HEIGHT,
    )
    bands = " Bands: each component’s share, from component 1 at the foot." if "shares" in last else ""
    st.caption(
        f"After each epoch, on up to 1,000 held-out images of {words.the_dataset(card['dataset'])}. Line: components "
        f"in use, exp(entropy) of the shares, of {count:,}.{bands}"
    )


def _course_chart(records: list[dict[str, Any]], count: int) -> "Figure":
    import plotly.graph_objects as go

    colours = charts.colours()
    epochs = [record["epoch"] for record in records]
    chart = go.Figure()
    if all("shares" in record for record in records):
        for i in range(count):
            chart.add_scatter(
                x=epochs,
                y=[count * record["shares"][i] for record in records],
                stackgroup="shares",
                mode="lines",
                line={"width": 0.5, "color": colours["surface"]},
                fillcolor=charts.faded(colours["ink"], 0.22 if i % 2 else 0.38),
                customdata=[record["shares"][i] for record in records],
                hovertemplate=f"component {i + 1}, epoch %{{x}}: %{{customdata:.1%}}<extra></extra>",
            )
    chart.add_scatter(
        x=epochs,
        y=[record["components_in_use"] for record in records],
        mode="lines+markers" if len(records) < 3 else "lines",
        line={"width": 2.5, "color": colours["text"]},
        hovertemplate="epoch %{x}: %{y:.1f} in use<extra></extra>",
    )
    chart.update_xaxes(title="epoch")
    chart.update_yaxes(title="components in use", range=[0, 1.02 * count])
    chart.update_layout(showlegend=False)
    return chart
