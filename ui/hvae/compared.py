"""Two-level models side by side: the order of inference, and the KL's warm-up."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from ui import charts, models, words
from ui.hvae.facts import facts
from ui.looks.compared import choose
from ui.looks.view import View
from ui.tables import table
from vaemodels.errors import LabError

INFERENCE = {"bottom_up": "bottom-up", "parallel": "parallel"}
NAMES = ("hvae-digits", "hvae-warm-digits", "hvae-parallel-digits", "hvae-parallel-warm-digits")
PAIR = {"none": "hvae-parallel-digits", "warm": "hvae-parallel-warm-digits"}  # differ in warm-up alone
WARM_UP = "warmup"  # also in the address, where the page's model does not say it
DEAD = 0.1  # nats: below it an upper level says next to nothing


def cards() -> dict[str, Mapping[str, Any]]:
    """The cards of the models to compare, of those that are there and measured."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in NAMES:
        try:
            card = models.pretrained_card(name)
        except LabError:
            continue
        if card["evaluation"] is not None:
            found[name] = card
    return found


def render(view: View) -> None:
    """KL by level and −ELBO of models that differ in nothing else; the KL of z2 as they learned."""
    found = cards()
    if not found:
        st.info("The models to compare are missing from pretrained/; fetch the project again to get them.")
        return
    st.markdown(
        "**Does z2 die without warm-up, and does the order of inference matter?** Same network, same schedule."
    )
    in_use = {
        name: facts(name, checkpoint).active["z2"] for name, checkpoint in models.present(found).items()
    }
    shown = _switch(view, found, in_use) if in_use.keys() >= set(PAIR.values()) else None
    _table(found, in_use)
    st.caption(
        "Nats. Bottom-up KL z1 is E_q[log q(z1|x) − log p(z1|z2)], no divergence: only the sum of both levels compares "
        "across orders of inference."
    )
    st.markdown(verdict(found))
    _chart(found, shown)
    card = next(iter(found.values()))
    st.caption(
        f"Each was trained once, with seed {card['training']['seed']}, on {words.the_dataset(card['dataset'])} for "
        f"{words.count(card['epoch'], 'epoch')} and measured on {words.measured_on(card)}, ± standard "
        "error over images: "
        "that of another run isn’t in it. The curves are on held-out images"
        f"{', the wide one of the model chosen above' if shown else ''}. Sønderby et al. (2016) saw upper levels "
        "go unused in models of up to five levels and revived some by warm-up; whether that happens in so small a "
        "model is what is measured here. Warm-up raises the KL’s weight from 0 to 1."
    )


def verdict(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Whether the upper level died anywhere, from the cards alone."""
    upper = {name: card["evaluation"]["kl"]["z2"] for name, card in found.items()}
    cold = [name for name in found if not found[name]["training"]["kl_warmup_epochs"]]
    dead = [name for name in cold if upper[name] < DEAD]
    numbers = ", ".join(f"{name} {words.number(value, 2)}" for name, value in upper.items())
    if dead:
        return f"**Without warm-up z2 died in {', '.join(dead)}**: less than {DEAD} nats. KL of z2 in nats: {numbers}."
    less = [
        name
        for name in cold
        if upper[name] < min([upper[warm] for warm in _warmed(found, name)], default=0.0)
    ]
    used = f", but {' and '.join(less)} use it less than with warm-up" if less else ""
    return f"**Without warm-up z2 does not die here{used}.** KL of z2 in nats: {numbers}."


def _warmed(found: Mapping[str, Mapping[str, Any]], name: str) -> list[str]:
    """The models that infer as `name` does and were trained with warm-up."""
    return [
        other
        for other, card in found.items()
        if card["config"] == found[name]["config"] and card["training"]["kl_warmup_epochs"]
    ]


def _switch(view: View, found: Mapping[str, Mapping[str, Any]], in_use: Mapping[str, int]) -> str:
    """The choice of warm-up or none, which makes its model the page's, and what is left of z2; that model's name."""
    epochs = found[PAIR["warm"]]["training"]["kl_warmup_epochs"]
    titles = {"none": "no warm-up", "warm": f"warm-up over {words.count(epochs, 'epoch')}"}
    choice, _ = choose(view, "Parallel inference, trained with", WARM_UP, PAIR, titles, "none")
    name = PAIR[choice]
    st.markdown(left_of_upper(name, found[name], in_use[name]))
    return name


def left_of_upper(name: str, card: Mapping[str, Any], in_use: int) -> str:
    """What a model's upper level costs, and how many of its units are at work."""
    result = card["evaluation"]
    kl = words.plus_minus(result["kl"]["z2"], result["stderr"]["kl"]["z2"])
    return f"{name}: KL of z2 **{kl} nats**, **{in_use} of {words.count(card['config']['z2_dim'], 'unit')}** in use."


def _table(found: Mapping[str, Mapping[str, Any]], in_use: Mapping[str, int]) -> None:
    rows = []
    for name, card in found.items():
        result, epochs = card["evaluation"], card["training"]["kl_warmup_epochs"]
        kl, error = result["kl"], result["stderr"]
        cells = [
            name,
            INFERENCE[card["config"]["inference"]],
            words.count(epochs, "epoch") if epochs else "none",
            words.plus_minus(result["nelbo"], error["nelbo"]),
            *(words.plus_minus(kl[level], error["kl"][level]) for level in ("z1", "z2")),
            f"{in_use[name]} of {card['config']['z2_dim']}" if name in in_use else "",
        ]
        rows.append(cells)
    head = ("model", "q", "warm-up", "−ELBO", "KL z1", "KL z2", "z2 units in use")
    table("Two-level models that differ in warm-up and inference", head, rows)


def _chart(found: Mapping[str, Mapping[str, Any]], shown: str | None) -> None:
    """The KL of z2 over epochs, a line a model; that of the model `shown` is wider."""
    colour = charts.colours()["kl_z2"]
    dashes: Sequence[str] = ("solid", "dash", "dot", "dashdot")
    figure = go.Figure(
        [
            go.Scatter(
                x=[entry["epoch"] for entry in card["history"]],
                y=[entry["held_out"]["kl_z2"] for entry in card["history"]],
                mode="lines",
                name=name,
                line={"color": colour, "dash": dash, "width": 4 if name == shown else 1.5},
                hovertemplate=f"{name}, epoch %{{x}}: %{{y:.2f}} nats<extra></extra>",
            )
            for (name, card), dash in zip(found.items(), dashes, strict=False)
        ]
    )
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(title="KL of z2, nats", rangemode="tozero")
    last = ", ".join(f"{name} {card['history'][-1]['held_out']['kl_z2']:.2f}" for name, card in found.items())
    charts.show(
        figure, "hvae-compared", f"KL of z2 on held-out images by epoch; at the end {last} nats", height=300
    )
