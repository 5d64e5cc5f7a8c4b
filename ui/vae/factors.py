"""How much each latent dimension tells of the true factors, where those are known: β = 1 beside β = 4."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import words
from ui.charts import colours, faded, show
from vaemodels import data
from vaemodels.analysis import measure
from vaemodels.errors import LabError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TOLD = 0.05  # of a factor's entropy, from which on a dimension tells something of it
Information = Sequence[Sequence[float]]  # I(z_j; v_f) / H(v_f), [z_dim, n_factors]


def render() -> None:
    """Both information matrices with their MIG, and what there is to see; a sentence where nothing is measured."""
    try:
        record = _measured()
    except LabError as error:
        st.warning(str(error))
        return
    factors, found = factor_names(record), record["models"]
    st.markdown(
        "**Where the true factors are known.** VAE Lab draws the street digits itself, so it knows the style of each "
        f"picture: {len(factors)} numbers. A cell is the share of a factor’s entropy that one dimension tells, "
        "I(zⱼ; v) / H(v). The mutual information gap (MIG, Chen et al. 2018) is the lead of a factor’s best dimension "
        "over its second best, averaged over the factors: 1 where each has a dimension of its own."
    )
    largest = max(max(map(max, of["information"])) for of in found.values())
    for (name, of), place in zip(found.items(), st.columns(len(found), gap="medium"), strict=True):
        with place:
            st.markdown(f"β = {of['beta']:g}: MIG **{of['mig']:.3f}** · {name}")
            show(
                information_chart(of["information"], factors, largest, colours()),
                f"factors-{name}",
                read(of, factors),
                height=230,
            )
    st.markdown(" ".join(what_to_see(record)))
    st.caption(
        f"Measured beforehand on {measured_on(record)} {the_digit(record)} "
        f"A shade goes from 0 (faint) to {largest:.2f}."
    )


@st.cache_data(max_entries=1, show_spinner=False)
def _measured() -> Mapping[str, Any]:
    """What `vaemodels.analysis.measure` found.

    Raises:
        LabError: if there is no such file, or it is from before this was measured.
    """
    record: Mapping[str, Any] | None = measure.load().get("disentanglement")
    if record is None:
        raise LabError(f"How much the dimensions tell of true factors is not measured yet; {measure.REMEDY}.")
    return record


def factor_names(record: Mapping[str, Any]) -> list[str]:
    """The factors in words."""
    return [factor.replace("_", " ") for factor in record["factors"]]


def leaders(information: Information, factor: int) -> tuple[tuple[int, float], tuple[int, float]]:
    """The two dimensions that tell most of a factor, each with the share that it tells."""
    column = sorted(enumerate(row[factor] for row in information), key=lambda told: -told[1])
    return column[0], column[1]


def information_chart(
    information: Information, factors: Sequence[str], largest: float, colours: Mapping[str, str]
) -> "Figure":
    """I(z_j; v_f) / H(v_f) as cells, a row a factor and a column a dimension; darkest is `largest`."""
    import plotly.graph_objects as go

    cells = {
        "type": "heatmap",
        "z": [list(row) for row in zip(*information, strict=True)],
        "x": [words.dimension(j) for j in range(len(information))],
        "y": list(factors),
        "zmin": 0,
        "zmax": largest,
        "colorscale": [[0, faded(colours["ink"], 0.06)], [1, colours["text"]]],
        "xgap": 1,
        "ygap": 1,
        "showscale": False,
        "hovertemplate": "%{x} and %{y}: %{z:.3f}<extra></extra>",
    }
    return go.Figure(
        [cells],
        {
            "xaxis": {"showgrid": False, "tickfont": {"size": 10}},
            "yaxis": {"showgrid": False, "autorange": "reversed"},
        },
    )


def read(of: Mapping[str, Any], factors: Sequence[str]) -> str:
    """A matrix in words: the best dimension of every factor."""
    best = (leaders(of["information"], f)[0] for f in range(len(factors)))
    told = (
        f"{factor} {words.dimension(j)} {share:.3f}" for factor, (j, share) in zip(factors, best, strict=True)
    )
    return (
        f"Share of each factor that each of {len(of['information'])} dimensions tells at β = {of['beta']:g}; "
        f"the best dimension of each: {', '.join(told)}. MIG {of['mig']:.3f}."
    )


def what_to_see(record: Mapping[str, Any]) -> list[str]:
    """Sentences about the model of the largest β, and about MIG beside that of the smallest."""
    factors = factor_names(record)
    by_beta = sorted(record["models"].values(), key=lambda of: of["beta"])
    low, high = by_beta[0], by_beta[-1]
    leads = _leads(high["information"])
    by_lead = sorted(range(len(factors)), key=lambda f: -leads[f])
    said = [
        *(_of_factor(high["information"], f, factors[f]) for f in by_lead),
        _untold(high["information"], factors),
        _rise(low, high, factors),
        _brightness(high["others"], record["others"].index("mean_brightness")),
    ]
    return [f"At β = {high['beta']:g}:", *filter(None, said)]


def _leads(information: Information) -> list[float]:
    """How far each factor's best dimension is ahead of its second best: MIG is their mean."""
    both = (leaders(information, f) for f in range(len(information[0])))
    return [best - second for (_, best), (_, second) in both]


def _of_factor(information: Information, f: int, name: str) -> str:
    """Whether a factor has a dimension of its own or is shared by several; nothing of one that none tells."""
    (j, best), (_, second) = leaders(information, f)
    if best < TOLD:
        return ""
    if second < best / 2:
        own = f"{words.dimension(j)} ({best:.0%}, the next best {second:.0%})"
        return f"**{name.capitalize()}** has a dimension of its own, {own}."
    sharing = [(k, row[f]) for k, row in enumerate(information) if row[f] >= best / 2]
    listed = " and ".join(f"{words.dimension(k)} ({share:.0%})" for k, share in sharing)
    circle = " A hue goes round a circle, which one dimension can’t follow." if name.endswith("hue") else ""
    return f"**{name.capitalize()}** is shared by {listed}, so that none is far ahead.{circle}"


def _untold(information: Information, factors: Sequence[str]) -> str:
    """The factors that no dimension tells, with what even the best one stays under."""
    best = {name: leaders(information, f)[0][1] for f, name in enumerate(factors)}
    untold = {name: share for name, share in best.items() if share < TOLD}
    if not untold:
        return ""
    *others, last = untold
    named = f"{', '.join(others)} or {last}" if others else last
    return f"No single dimension tells as much as {_above(max(untold.values()))} of {named}."


def _above(share: float) -> str:
    """The next whole percentage above a share."""
    return f"{int(100 * share) + 1}%"


def _rise(low: Mapping[str, Any], high: Mapping[str, Any], factors: Sequence[str]) -> str:
    """Whether MIG rises with β by more than it reads where there is nothing to find, and where it gains most."""
    if high["mig"] - low["mig"] <= max(low["shuffled"], high["shuffled"]):
        return f"MIG does not rise clearly with β: {low['mig']:.3f} and {high['mig']:.3f}."
    before, after = _leads(low["information"]), _leads(high["information"])
    f = max(range(len(factors)), key=lambda f: after[f] - before[f])
    return (
        f"MIG rises with β from {low['mig']:.3f} to {high['mig']:.3f}, on a scale that ends at 1; "
        f"the lead of {factors[f]} gains most, from {before[f]:.2f} to {after[f]:.2f}."
    )


def _brightness(others: Information, at: int) -> str:
    """The dimension that tells most of something that is none of the factors."""
    (j, share), _ = leaders(others, at)
    return (
        f"What a model finds worth telling need not be on the list: {words.dimension(j)} tells {share:.0%} of a "
        "picture’s mean brightness."
    )


def the_digit(record: Mapping[str, Any]) -> str:
    """Why the class is no factor here, and what the dimensions tell of it."""
    at = record["others"].index("digit")
    most = max(leaders(of["others"], at)[0][1] for of in record["models"].values())
    return (
        "The digit does not count, as Chen et al. leave the class out; "
        f"no single dimension of either model tells as much as {_above(most)} of it."
    )


def measured_on(record: Mapping[str, Any]) -> str:
    """What the figures were measured on, and what they read where there is nothing to find."""
    size = data.get(record["dataset"]).sizes[record["split"]]
    split = {"train": "training"}.get(record["split"], record["split"])
    chance = " and ".join(f"{of['shuffled']:.3f} at β = {of['beta']:g}" for of in record["models"].values())
    return (
        f"the first {record['images']:,} of {size:,} {split} images of {words.the_dataset(record['dataset'])}, which "
        "are synthetic; each number of style in ten bins, one draw of z an image, one trained model of each β. With "
        f"the factors of other images MIG would read {chance}."
    )
