"""L_k of test images over k for all checkpoints that may be compared, and what a tight bound costs."""

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import charts, models, words
from ui.address import url_state
from ui.iwae import measured
from ui.iwae.lines import Line, line_chart
from ui.looks.view import View
from ui.tables import table
from vaemodels.analysis.diagnostics import RELIABLE_SAMPLE_SIZE
from vaemodels.analysis.measure import LOG_P, TIGHT
from vaemodels.checkpoints import Card

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FAMILY = "family"  # in the address: which of the models are shown
PRICED = ("vae-k1", "iwae-k5", "iwae-k50")
FAMILIES: Mapping[str, tuple[str, Sequence[str]]] = {
    "iwae": ("One network, trained with k = 1, 5, 50", PRICED),
    "gmvae": ("GMVAE, trained with k = 1, 50", ("gmvae", "gmvae-iwae-k50")),
    "ten": (
        "Ten latents and more",
        ("vae", "gmvae-10", "gmvae", "gmvae-iwae-k50", "vae-k1", "iwae-k50", "hvae", "hvae-k1"),
    ),
    "levels": ("Two levels, trained with k = 1, 50", ("hvae-k1", "hvae-iwae-k50")),
    "two": ("Two latents", ("vae-2d", "gmvae-2d")),
}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "circle-open", "square-open")


def render(view: View) -> None:
    """The curves with their numbers; beside them the price of a tight bound."""
    record = measured.bounds()
    if record is None:
        return
    titles = {family: title for family, (title, _) in FAMILIES.items()}
    family = url_state.segmented("Models", FAMILY, titles, "iwae", label_visibility="collapsed")
    found = {name: record["models"][name] for name in FAMILIES[family][1] if name in record["models"]}
    is_priced = FAMILIES[family][1] == PRICED
    curves, price = st.columns([3, 2], gap="large") if is_priced else (st.container(), None)
    with curves:
        st.markdown(
            "**A bound that rises with k for every model**: evaluating with a larger k changes no weight."
        )
        charts.show(_curves(found), f"test-set-{family}", _read(found), height=330)
        st.caption(
            f"± one standard error over {measured.images_of(record)}; {record['draws']:,} draws an image."
        )
    if price is not None:
        with price:
            _price(record)
    _table(found)
    known = {name: result["evidence"] for name, result in found.items() if "evidence" in result}
    if known:
        st.markdown(against_truth(known))


def _curves(found: Mapping[str, Mapping[str, Any]]) -> "Figure":
    colours = charts.colours()
    lines = []
    for i, (name, result) in enumerate(found.items()):
        ks = [int(k) for k in result["bounds"]]
        values, errors = zip(*result["bounds"].values(), strict=True)
        lines.append(Line(name, ks, values, colours["bound"], DASHES[i], errors, SYMBOLS[i]))
    return line_chart(lines, "draws k", "Lₖ, nats", log_x=[1, 10, 100, 1_000, 5_000])


def _read(found: Mapping[str, Mapping[str, Any]]) -> str:
    parts = (
        f"{name} from {words.number(result['bounds']['1'][0])} at k = 1 to "
        f"{words.number(result['bounds']['5000'][0])} at k = 5,000"
        for name, result in found.items()
    )
    return f"The bound over k in nats: {'; '.join(parts)}."


def _price(record: Mapping[str, Any]) -> None:
    """L_64 − log p̂ of models trained on L_k: how far off a bound of 64 draws stays, which is the encoder's fault."""
    names = [name for name in PRICED if name in record["models"]]
    prices = [record["models"][name]["price"] for name in names]
    st.markdown(
        f"**The price of a tight bound**: L{words.subscript(TIGHT)} − log p̂. The tighter the bound that was trained "
        "on, the less its encoder resembles the posterior, and the more a bound of few draws misses."
    )
    labels = [f"trained with k = {models.pretrained_card(name)['training']['k']}" for name in names]
    charts.show(
        _bars(labels, prices),
        "price",
        f"L of {TIGHT} minus the estimated log p(x), nats: "
        + "; ".join(
            f"{label} {words.plus_minus(*value)}" for label, value in zip(labels, prices, strict=True)
        )
        + ".",
        height=200,
    )
    st.caption(
        f"log p̂ is L{words.subscript(LOG_P)} of the same draws in nested blocks, so that the difference can't come out "
        f"positive; log p(x) itself lies higher still. The models {', '.join(names)}; ± one standard error over "
        f"{measured.images_of(record)}."
    )


def _bars(labels: Sequence[str], prices: Sequence[Sequence[float]]) -> "Figure":
    import plotly.graph_objects as go

    bars = {
        "type": "bar",
        "orientation": "h",
        "y": list(labels),
        "x": [value for value, _ in prices],
        "error_x": {"array": [error for _, error in prices], "width": 3, "color": charts.colours()["text"]},
        "marker": {"color": charts.colours()["gap"]},
        "hovertemplate": "%{y}: %{x:.3f} nats<extra></extra>",
    }
    layout = {"xaxis": {"title": {"text": "nats"}}, "yaxis": {"autorange": "reversed"}}
    return go.Figure([bars], layout)


def _table(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Every number of the chart that is worth comparing, and what the cards say beside it."""
    head = ("model", "trained on", "ELBO = L₁", "L₅₀", "L₅₀₀₀", "gain", "effective draws", "active units")
    rows = []
    for name, result in found.items():
        card = models.pretrained_card(name)
        elbo, fifty, all_draws = (result["bounds"][k] for k in ("1", "50", "5000"))
        rows.append(
            (
                name,
                trained_on(card),
                words.plus_minus(*elbo),
                words.plus_minus(*fifty),
                words.plus_minus(*all_draws),
                words.number(all_draws[0] - elbo[0]),
                f"{result['median_ess']:.0f}; under 10 for {result['unreliable']:.0%}",
                f"{card['evaluation']['active_units']} of {latents(card)}",
            )
        )
    table("The bounds of these models in nats", head, rows)
    st.caption(
        "Nats on the images above. Effective draws of 5,000: the median over images, and the share of images with "
        "fewer than ten, whose Lₖ is too low on average. Active units as on each card: latent dimensions, of both "
        "levels where there are two, whose posterior mean varies by more than 0.01 over 10,000 test images."
        + units_with_k(list(found))
    )


def against_truth(known: Mapping[str, Mapping[str, Any]]) -> str:
    """How far L_5000 is from log p(x) where that is known, by model, and whether effective draws warned of it."""
    [images] = {of_model["images"] for of_model in known.values()}
    parts = []
    for name, of_model in known.items():
        ess = of_model["worst_ess"]
        looks = "looks converged" if ess >= RELIABLE_SAMPLE_SIZE else "not converged"
        parts.append(
            f"by {words.plus_minus(*of_model['mean'])} nats on average and **{words.number(of_model['worst'])} at "
            f"worst** ({words.number(ess)} effective draws, {looks}) for {name}"
        )
    hidden = ", ".join(
        f"{words.number(of_model['worst_reliable'])} nats for {name}"
        for name, of_model in known.items()
        if of_model["worst_reliable"] is not None
    )
    return (
        "**How far is L₅₀₀₀ from the truth?** With two latents log p(x) can be summed on a grid. Over the first "
        f"{images} of these images L₅₀₀₀ is lower {'; '.join(parts)}."
        + (
            f" With {RELIABLE_SAMPLE_SIZE} effective draws or more it looks converged and is still off by up to "
            f"{hidden}: q hardly draws from a part of the posterior."
            if hidden
            else ""
        )
    )


def units_with_k(names: Sequence[str]) -> str:
    """Whether more or fewer units are at work the more draws these were trained with; nothing where it is neither."""
    cards = [models.pretrained_card(name) for name in names]
    by_k = sorted((card["training"].get("k", 1), card["evaluation"]["active_units"]) for card in cards)
    pairs = list(itertools.pairwise(by_k))
    gains = [after - before for (_, before), (_, after) in pairs]
    if not any(gains) or any(k == more for (k, _), (more, _) in pairs):
        return ""
    if min(gains) >= 0:
        return " Training with more draws keeps more of them at work."
    return " Here training with more draws leaves fewer of them at work." if max(gains) <= 0 else ""


def trained_on(card: Card) -> str:
    """The bound that a checkpoint was trained on."""
    training = card["training"]
    if training.get("objective", "elbo") == "elbo":
        return "ELBO"
    return f"L{words.subscript(training['k'])}"


def latents(card: Card) -> int:
    """How many latent dimensions a checkpoint's model has in all."""
    config = card["config"]
    return int(config["z_dim"] if "z_dim" in config else config["z1_dim"] + config["z2_dim"])
