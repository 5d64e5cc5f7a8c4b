"""What can be read from each level by a linear probe: the digit, the slant, the weight of the strokes."""

import plotly.graph_objects as go
import streamlit as st
import torch

from ui import charts, models
from ui.hvae.facts import Facts, facts, two_level
from ui.images.splits import model_inputs
from ui.looks.view import View
from vaemodels import checkpoints
from vaemodels.analysis import probes
from vaemodels.analysis.styles import FOLDS
from vaemodels.evaluation import Estimate

KEPT = "_hvae_probes"
TARGETS = ("digit", "slant", "ink")

Probed = dict[str, dict[str, Estimate]]


def measure(view: View, found: Facts) -> Probed:
    """By what is asked and by level how much of it a linear fit finds: the share of digits right, or R²."""
    model = two_level(view.checkpoint)
    x, labels = model_inputs(found.dataset, model, len(found.labels))
    _, height, width = model.config.image_shape
    numbers = {"slant": probes.slant(x, height, width), "ink": probes.ink(x)}
    by_level = found.codes._asdict()
    digit = {level: probes.accuracy(z, labels) for level, z in by_level.items()}
    return {"digit": digit} | {
        name: {level: probes.r_squared(z, target) for level, z in by_level.items()}
        for name, target in numbers.items()
    }


def render(view: View) -> None:
    """A pair of bars for each question."""
    found = facts(view.name, view.checkpoint)
    probed = _kept(view, found)
    colours = charts.colours()
    titles = {"digit": "digit, share right", "slant": "slant, R²", "ink": "weight (ink), R²"}
    figure = go.Figure(
        [
            go.Bar(
                x=list(titles.values()),
                y=[probed[target][level].mean for target in TARGETS],
                name=f"from {level}",
                marker_color=colours[f"kl_{level}"],
                error_y={
                    "array": [probed[target][level].stderr for target in TARGETS],
                    "color": colours["ink"],
                },
                hovertemplate="%{x}: %{y:.2f}<extra></extra>",
            )
            for level in ("z1", "z2")
        ]
    )
    chance = float(torch.bincount(found.labels).max() / len(found.labels))
    figure.update_layout(barmode="group")
    figure.update_yaxes(range=[min(0.0, *(v[k].mean for v in probed.values() for k in v)), 1.05])
    said = "; ".join(
        f"{titles[target]} {probed[target]['z1'].mean:.2f} from z1, {probed[target]['z2'].mean:.2f} from z2"
        for target in TARGETS
    )
    st.markdown("**Which level holds what?** A linear fit tries to tell it from the means of each.")
    charts.show(figure, "hvae-holds", f"What a linear fit finds by level: {said}", height=330)
    rows = "\n".join(
        f"| {titles[target]} | {_said(probed[target]['z1'])} | {_said(probed[target]['z2'])} |"
        for target in TARGETS
    )
    st.markdown(f"| | from z1 | from z2 |\n|---|---|---|\n{rows}")
    model = two_level(view.checkpoint)
    st.caption(
        f"On {found.measured_on}: the digit by a linear discriminant, slant and weight by ridge regression, in "
        f"{FOLDS}-fold cross-validation, ± standard error over images; the commonest digit is {chance:.0%} of them. "
        "The slant is the slope of the strokes from the image’s moments, the weight the sum of its pixels. z1 has "
        f"{model.latent_dims['z1']} dimensions to fit with and z2 {model.latent_dims['z2']}, and a fit that is not "
        "linear may find more: that z2 holds less here is no proof of a hierarchy of features."
    )


def _said(value: Estimate) -> str:
    return f"{value.mean:.3f} ± {value.stderr:.3f}".replace("-", "−")


def _kept(view: View, found: Facts) -> Probed:
    """Computed once for all visitors; of other models once as long as the model and its images are the same."""
    if view.name in checkpoints.pretrained_names() and view.name not in models.own():
        return _pretrained(view.name, found.dataset, view, found)
    kept: list[tuple[Facts, Probed]] = st.session_state.setdefault(KEPT, [])
    for of, probed in kept:
        if of is found:
            return probed
    probed = measure(view, found)
    kept.append((found, probed))
    del kept[:-4]
    return probed


@st.cache_resource(max_entries=16, show_spinner=False)
def _pretrained(name: str, dataset: str, _view: View, _found: Facts) -> Probed:
    return measure(_view, _found)
