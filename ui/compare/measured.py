"""All checkpoints as their cards measured them: a table of what may be compared, and the rate–distortion plane."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st
import torch

from ui import models, words
from ui.address import url_state
from ui.compare.rate_distortion import how_trained, plane
from ui.compare.sortable import Column, Line, sortable
from ui.images.decoded import Decoding, decoded, montage
from vaemodels.analysis.comparable import (
    Card,
    Group,
    Row,
    group_of,
    groups,
    largest_common_k,
    parameters,
    row,
    ties_with_best,
    why_not,
)
from vaemodels.errors import LabError

SAMPLES = 20
POINT, GROUP, SORT = "point", "group", "sort"
TABLE = "compare-table"
LIKELIHOODS = {
    "bernoulli": "Bernoulli",
    "gaussian": "Gaussian density",
    "continuous_bernoulli": "continuous Bernoulli density",
}


def group_name(group: Group) -> str:
    """What the models of a group share, in words."""
    bounded = "log p(x|y)" if group.is_conditional else "log p(x)"
    kind = LIKELIHOODS[group.likelihood]
    return (
        f"{bounded}, {kind}: {group.n:,} {group.split} images of {words.dataset(group.dataset)}, "
        f"{words.binarisation(group.binarization, group.dataset)}"
    )


def group_key(group: Group) -> str:
    """The group's name in an address."""
    bounded = "xy" if group.is_conditional else "x"
    return f"{group.dataset}-{group.split}-{group.n}-{group.binarization}-{group.likelihood}-{bounded}"


def measured(names: Sequence[str], show: Decoding, seed: int) -> None:
    """The chosen group's table and why the others are left out of it, its plane, the samples of one of its models."""
    mine = models.own()
    cards = {name: mine[name].card if name in mine else models.pretrained_card(name) for name in names}
    found = groups(cards.values())
    if not found:
        st.info("No model here was measured on a test split yet; evaluate one to compare it.")
        return
    by_key = {group_key(group): group for group in found}
    titles = {
        key: f"{group_name(group)} ({words.count(sum(group_of(card) == group for card in cards.values()), 'model')})"
        for key, group in by_key.items()
    }
    group = by_key[url_state.selectbox("What is compared", GROUP, titles, next(iter(titles)), width=620)]
    rows = [row(card)._replace(name=name) for name, card in cards.items() if why_not(card, group) is None]
    names_here = {one.name: one.name for one in rows}
    best = min(rows, key=lambda one: one.nelbo.mean).name
    point = st.session_state.get(POINT, best)
    _table(rows, cards, point if point in names_here else best)
    _leave_out({name: why for name, card in cards.items() if (why := why_not(card, group)) is not None})
    chart, samples = st.columns([3, 2], gap="medium")
    with samples:
        point = url_state.selectbox("Samples of", POINT, names_here, best, width=300)
        _samples(point, show, seed)
    with chart:
        st.markdown("**Rate against distortion.** On a line −ELBO = rate + distortion is the same.")
        beyond = plane(rows, cards, point, lambda name: st.session_state.update({POINT: name}))
        _say_what_is_drawn([one for one in rows if one.name in beyond], cards)


def _leave_out(reasons: Mapping[str, str]) -> None:
    """The models that are not in the column, by the reason."""
    if not reasons:
        return
    names: dict[str, list[str]] = {}
    for name, why in reasons.items():
        names.setdefault(why, []).append(name)
    lines = "".join(
        f"<li>{escape(why)} <span>{escape(', '.join(left))}</span></li>" for why, left in names.items()
    )
    st.html(f'<div class="lab-left-out"><p><b>Not in this column, and why</b></p><ul>{lines}</ul></div>')


def _table(rows: Sequence[Row], cards: Mapping[str, Card], point: str) -> None:
    ties = ties_with_best({one.name: one.nelbo for one in rows})
    best = min(rows, key=lambda one: one.nelbo.mean).name
    k = largest_common_k(rows)
    columns = [
        Column("name", "Model"),
        Column(
            "nelbo",
            "−ELBO",
            "Of one draw of z an image, with the standard error over images; best and tied are by this column, tied "
            "within two standard errors of the difference",
        ),
        Column("distortion", "Distortion", "−E log p(x|z): what the reconstruction costs"),
        Column("rate", "Rate", "All KLs added up"),
        *(
            [Column("bound", f"−L{words.subscript(k)}", f"The importance-weighted bound with k = {k:,}")]
            if k
            else []
        ),
        Column("parameters", "Parameters"),
        Column("seconds", "Trained for", "Seconds of training, on the machine it was trained on"),
        Column("recipe", "Recipe"),
    ]
    lines = []
    for one in rows:
        card = cards[one.name]
        seconds = card["history"][-1]["seconds"] if card["history"] else None
        size = _parameters(one.name, card)
        recipe = _recipe(card)
        mark = (
            "" if len(rows) == 1 else " · best" if one.name == best else " · tied" if one.name in ties else ""
        )
        cells = [
            f"{one.name}{mark}",
            words.plus_minus(one.nelbo.mean, one.nelbo.stderr),
            words.plus_minus(one.distortion.mean, one.distortion.stderr),
            words.number(one.rate),
            *([words.plus_minus(-one.bounds[k].mean, one.bounds[k].stderr)] if k else []),
            f"{size:,}",
            "" if seconds is None else f"{seconds:,.0f} s",
            recipe,
        ]
        values: list[float | str | None] = [one.name, one.nelbo.mean, one.distortion.mean, one.rate]
        values += [-one.bounds[k].mean] if k else []
        lines.append(Line(cells, [*values, size, seconds, recipe], one.name == point))
    sortable("Models that may be compared", columns, lines, key=TABLE, parameter=SORT)
    st.caption(
        "In nats an image; press a header to sort. Tied with the lowest −ELBO is what lies within two standard "
        "errors of the difference, taken as √(se₁² + se₂²): too wide for models measured on the same images, but only "
        "each one’s own error is stored."
    )


def _recipe(card: Card) -> str:
    """How long a model was trained, and on what if that was not its ELBO."""
    how = how_trained(card)
    where = (
        "" if card["dataset"] == card["evaluation"]["dataset"] else f" of {words.dataset(card['dataset'])}"
    )
    return f"{words.training_length(card)}{where}{f', {how}' if how else ''}"


def _parameters(name: str, card: Card) -> int:
    return _parameters_own(card) if name in models.own() else _parameters_pretrained(name, card)


@st.cache_data(max_entries=64, show_spinner=False)
def _parameters_pretrained(name: str, _card: Card) -> int:
    return parameters(_card)


_parameters_own = parameters


def _say_what_is_drawn(beyond: Sequence[Row], cards: Mapping[str, Card]) -> None:
    text = "Open points were not trained on the ELBO itself, yet their −ELBO is a bound all the same."
    if beyond:
        listed = "; ".join(
            f"{one.name} at rate {words.number(one.rate)}, distortion {words.number(one.distortion.mean)}"
            + (f" ({how})" if (how := how_trained(cards[one.name])) else "")
            for one in beyond
        )
        text += f" Beyond the plane: {listed}."
    st.caption(text)


def _samples(name: str, show: Decoding, seed: int) -> None:
    """Images decoded at draws from the model's own prior; of one label after the other, where it writes such."""
    try:
        model = models.get(name).model
    except LabError as error:
        st.error(str(error))
        return
    with torch.no_grad():
        z = model.sample_prior(SAMPLES, torch.Generator(model.device).manual_seed(seed))
        y = torch.arange(SAMPLES) % model.n_labels if model.n_labels else None
    images = decoded(model, z, show, seed, y)
    labels = f", of the labels 0–{model.n_labels - 1} in turn" if model.n_labels else ""
    shown = "E[x|z]" if show == "mean" else "x ~ p(x|z)"
    caption = f"{name}: {shown} at {SAMPLES} draws from its prior{labels}, seed {seed}"
    st.html(montage(images, model.config.image_shape, 5, f"{SAMPLES} samples of {name}", caption))
