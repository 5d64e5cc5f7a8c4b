"""The gap in two: what a better q of the encoder's family gains, and what none can; for an image, over training."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import words
from ui.address import url_state
from ui.bound.measured import gaps
from ui.charts import colours, faded, show
from ui.looks.view import View
from ui.words import number, plus_minus
from vaemodels import amortisation
from vaemodels.analysis.gaps import FAMILIES
from vaemodels.errors import LabError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SPLITS = {"train": "training images", "held_out": "held-out images"}


def render(view: View) -> None:
    """This image's gap in its parts, when asked for; then the stored run, scrubbed by epoch."""
    st.latex(
        r"\begin{aligned} &\log p(x) - \mathrm{ELBO}[q(z|x)]"
        r"\\ &= \underbrace{\log p(x) - \mathrm{ELBO}[q^*]}_{\text{approximation}}"
        r"\\ &+ \underbrace{\mathrm{ELBO}[q^*] - \mathrm{ELBO}[q(z|x)]}_{\text{amortisation}} \end{aligned}"
    )
    st.caption(
        "Approximation: what even the best q of the family leaves, since the posterior is no such Gaussian. "
        "Amortisation: what the encoder leaves on top, as one network has to serve all images."
    )
    image, story = st.columns([2, 3], gap="large")
    with image:
        _this_image(view)
    with story:
        _over_training()


def _this_image(view: View) -> None:
    st.markdown("**This image**: the encoder’s q, then the best q of each family (q* is the diagonal one).")
    if not st.toggle("Find the best q’s (a few seconds)", key="bound-best"):
        st.caption("Or find them on the plane above: choose a family, press “optimise”, read the gap.")
        return
    found = gaps(view)
    rows = [("encoder", found.encoder), *((family, found.best[family]) for family in FAMILIES)]
    lines = "\n".join(
        f"| {name} | {number(elbo, 2)} | {number(found.log_p - elbo, 3)} |" for name, elbo in rows
    )
    st.markdown(
        f"| q | ELBO | gap |\n|---|---|---|\n{lines}\n| p(z\\|x) | {number(found.log_p, 2)} | 0 |\n\n"
        f"Amortisation **{number(found.amortisation, 3)}**, approximation **{number(found.approximation, 3)}** nats."
    )


def _over_training() -> None:
    try:
        story = amortisation.load()
    except LabError as error:
        st.warning(str(error))
        return
    records = story["snapshots"]
    epochs = {str(record["epoch"]): str(record["epoch"]) for record in records}
    epoch = url_state.segmented("A small run, after so many epochs", "epoch", epochs, list(epochs)[-1])
    [record] = [record for record in records if str(record["epoch"]) == epoch]
    told = "; ".join(
        f"{title}: amortisation {plus_minus(**_of(record[split]['amortisation']))}, approximation "
        f"{plus_minus(**_of(record[split]['approximation']))}"
        for split, title in SPLITS.items()
    )
    st.caption(
        "Most of the gap is amortisation, at every stage: a Gaussian could do almost as well as the posterior, but the "
        f"encoder does not find it. With {story['images']} images a split, training and held-out "
        "images differ by less than 1.5 standard errors: too little to tell them apart."
    )
    show(
        gap_chart(records, int(epoch)),
        f"gaps-{epoch}",
        f"After {words.count(int(epoch), 'epoch')}, in nats: {told}.",
        height=260,
    )
    st.caption(
        f"After {words.count(int(epoch), 'epoch')}, {told} nats; log p(x) "
        + " and ".join(number(record[split]["log_p"]["mean"]) for split in SPLITS)
        + f". Means over {story['images']} images of each split of {words.the_dataset(story['dataset'])} "
        f"({story['binarization']} binarisation), ± one standard error."
    )


def _of(found: Mapping[str, float]) -> dict[str, float]:
    return {"value": found["mean"], "stderr": found["stderr"]}


def gap_chart(records: Sequence[Mapping[str, Any]], epoch: int) -> "Figure":
    """Both parts of the gap as stacked bars over the epochs, of training images beside held-out ones."""
    import plotly.graph_objects as go

    palette = colours()
    labels = [str(record["epoch"]) for record in records]
    traces = [
        {
            "type": "bar",
            "name": f"{part}, {title}",
            "x": labels,
            "y": [record[split][part]["mean"] for record in records],
            "offsetgroup": split,
            "base": [
                0.0 if part == "approximation" else record[split]["approximation"]["mean"]
                for record in records
            ],
            "marker": {
                "color": palette["gap"] if part == "amortisation" else faded(palette["gap"], 0.45),
                "pattern": {"shape": "" if split == "train" else "/"},
                "line": {
                    "width": [2 if record["epoch"] == epoch else 0 for record in records],
                    "color": palette["text"],
                },
            },
            "hovertemplate": f"{part}, {title}, %{{x}} epochs: %{{y:.2f}} nats<extra></extra>",
        }
        for split, title in SPLITS.items()
        for part in ("approximation", "amortisation")
    ]
    axes = {
        "xaxis": {"title": {"text": "epochs"}, "type": "category"},
        "yaxis": {"title": {"text": "gap, nats"}},
    }
    return go.Figure(traces, {"barmode": "group", **axes})
