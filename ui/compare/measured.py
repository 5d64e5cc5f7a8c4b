"""All checkpoints as their cards measured them: a table of what may be compared, and the rate–distortion plane."""

from collections.abc import Mapping

import streamlit as st
import torch

from ui import charts, models, words
from ui.address import url_state
from ui.images.figures import figure
from ui.tables import table
from vaemodels.analysis.comparable import Card, Group, Row, groups, row, ties_with_best, why_not
from vaemodels.pictures import grid, picture

SORTS = {"nelbo": "−ELBO", "rate": "rate", "distortion": "distortion", "name": "name"}
SAMPLES = 16
POINT, GROUP, SORT = "point", "group", "sort"


def group_name(group: Group) -> str:
    """What the models of a group share, in words."""
    bounded = "log p(x|y)" if group.is_conditional else "log p(x)"
    return (
        f"{bounded}, {group.likelihood}, {group.n:,} {group.split} images of {words.dataset(group.dataset)}, "
        f"{words.binarisation(group.binarization, group.dataset)}"
    )


def _key(group: Group) -> str:
    """The group's name in an address."""
    bounded = "xy" if group.is_conditional else "x"
    return f"{group.dataset}-{group.split}-{group.n}-{group.binarization}-{group.likelihood}-{bounded}"


def compare(names: list[str], seed: int) -> None:
    """The chosen group's table and plane, the samples of one of its models, and why the others are left out."""
    mine = models.own()
    cards = {name: mine[name].card if name in mine else models.pretrained_card(name) for name in names}
    found = groups(cards.values())
    if not found:
        st.info("No model here was measured on a test split yet; evaluate one to compare it.")
        return
    by_key = {_key(group): group for group in found}
    titles = {key: group_name(group) for key, group in by_key.items()}
    group = by_key[url_state.selectbox("What is compared", GROUP, titles, next(iter(titles)), width=620)]
    rows = [row(card)._replace(name=name) for name, card in cards.items() if why_not(card, group) is None]
    sort = url_state.segmented("Sorted by", SORT, SORTS, "nelbo")
    _table(_sorted(rows, sort), cards)
    point = url_state.selectbox(
        "Samples of", POINT, {one.name: one.name for one in rows}, rows[0].name, width=300
    )
    plane, samples = st.columns([3, 2])
    with plane:
        _plane(rows, point)
    with samples:
        _samples(point, seed)
    left_out = [(name, why) for name, card in cards.items() if (why := why_not(card, group)) is not None]
    if left_out:
        st.caption("Not in this column, and why")
        table("Models left out", ("Model", "Reason"), left_out)


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    keys = {
        "nelbo": lambda one: one.nelbo.mean,
        "rate": lambda one: one.rate,
        "distortion": lambda one: one.distortion.mean,
        "name": lambda one: one.name,
    }
    return sorted(rows, key=keys[sort])


def _table(rows: list[Row], cards: Mapping[str, Card]) -> None:
    ties = ties_with_best({one.name: one.nelbo for one in rows})
    lines = []
    for one in rows:
        history = cards[one.name]["history"]
        k = max(one.bounds, default=0)
        lines.append(
            (
                one.name,
                words.plus_minus(one.nelbo.mean, one.nelbo.stderr),
                "best or tied" if one.name in ties else "",
                words.plus_minus(one.distortion.mean, one.distortion.stderr),
                words.number(one.rate),
                f"{words.plus_minus(one.bounds[k].mean, one.bounds[k].stderr)} (k = {k:,})" if k else "",
                f"{history[-1]['seconds']:,.0f} s" if history else "",
            )
        )
    head = ("Model", "−ELBO", "Tie", "Distortion", "Rate (KL)", "Largest L_k", "Training")
    table("Models that may be compared", head, lines)
    st.caption(
        "In nats. A tie is within two standard errors of the best; that of the difference is taken as √(se₁² + se₂²), "
        "which is too wide for models measured on the same images."
    )


def _plane(rows: list[Row], point: str) -> None:
    import plotly.graph_objects as go

    colours = charts.colours()
    x, y = [one.rate for one in rows], [one.distortion.mean for one in rows]
    low, high = min(x) - 1, max(x) + 1
    best = min(rows, key=lambda one: one.nelbo.mean)
    levels = sorted({round(one.nelbo.mean, -1) for one in rows})[:6]
    traces = [
        {
            "type": "scatter",
            "x": [low, high],
            "y": [level - low, level - high],
            "mode": "lines",
            "line": {"color": charts.faded(colours["bound"], 0.4)},
            "hoverinfo": "skip",
        }
        for level in levels
    ]
    traces.append(
        {
            "type": "scatter",
            "x": x,
            "y": y,
            "mode": "markers",
            "marker": {"size": [16 if one.name == point else 10 for one in rows], "color": colours["ink"]},
            "customdata": [one.name for one in rows],
            "hovertemplate": [
                f"{one.name}<br>−ELBO {words.number(one.nelbo.mean)}<extra></extra>" for one in rows
            ],
        }
    )
    room = 0.1 * (max(y) - min(y)) or 1.0
    layout = {
        "showlegend": False,
        "xaxis": {"title": {"text": "rate: Σ KL, nats"}},
        "yaxis": {
            "title": {"text": "distortion: −E log p(x|z), nats"},
            "range": [min(y) - room, max(y) + room],
        },
    }
    charts.show(
        go.Figure(traces, layout),
        "compare-plane",
        f"{words.count(len(rows), 'model')} by rate and distortion; the lowest −ELBO is {best.name}’s, "
        f"{words.number(best.nelbo.mean)} nats.",
        on_click=lambda name: st.session_state.update({POINT: name}),
    )


@torch.no_grad()
def _samples(name: str, seed: int) -> None:
    """Means decoded at draws from the model's own prior."""
    model = models.get(name).model
    z = model.sample_prior(SAMPLES, torch.Generator().manual_seed(seed))
    y = torch.arange(SAMPLES) % model.n_labels if model.n_labels else None
    means = model.decode(z, y).mean
    shape = tuple(model.config.image_shape)
    image = grid(means, shape, 4) if len(means) > 1 else picture(means[0], shape)
    caption = f"{name}: E[x|z] at {SAMPLES} draws z ~ p(z), seed {seed}"
    st.html(f'<div class="lab-montage">{figure(image, f"Samples of {name}", caption)}</div>')
