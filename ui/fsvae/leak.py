"""How much of the digit is in z: predicted from it, and hidden in it by an encoder that is told a wrong label."""

from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st
import torch

from ui import charts, models, words
from ui.images.decoded import decoded, montage
from ui.images.label import guesser, guesser_name
from ui.images.splits import binarization, dataset_for, model_inputs
from ui.looks.encoded import IMAGES, Encoded, encoded, encoded_pretrained
from ui.looks.view import View
from vaemodels.analysis import styles
from vaemodels.analysis.classification import predict
from vaemodels.evaluation import Estimate, estimate

PLAIN = {
    "mnist": "vae",
    "digits": "vae-digits",
    "streetdigits": "vae-streetdigits",
}  # a VAE of the same images
KEPT = "_fsvae_leak"


class Wrong(NamedTuple):
    """Of test images that were told a wrong label: the share whose own digit a regression finds in z, and of those
    that a classifier reads, rewritten so, as the label told and as their own; None where no classifier knows them."""

    in_z: Estimate
    as_told: Estimate | None
    as_own: Estimate | None


def render(view: View) -> None:
    """What a regression reads in z, beside a VAE's; the image told every label."""
    found = encoded(view)
    on = words.test_images(found.dataset, len(found.labels), binarization(view.model))
    told, wrong = _measured(view, found)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Is the digit in z?** A logistic regression tries to tell it from μ(x, y).")
        plain = PLAIN.get(found.dataset)
        rows = {f"{view.name}, told y": told, f"{view.name}, told a wrong y": wrong.in_z}
        for name, checkpoint in models.present([plain] if plain else []).items():
            of_plain = encoded_pretrained(name, checkpoint)
            rows[f"{name}, not told"] = _share(_kept(of_plain) == of_plain.labels)
        _chart(rows, 1 / view.model.n_labels)
        st.caption(
            f"Share of digits right on {on}, in {styles.FOLDS}-fold cross-validation, ± standard error over images; "
            f"chance is {1 / view.model.n_labels:.0%}. The decoder is told y and the KL makes every nat in z "
            "cost: a z that repeats y is waste, so training drives the digit out of it. A regression finds "
            "only what is linear in z."
        )
    with right:
        _told_every_label(view)
        if wrong.as_told is not None and wrong.as_own is not None:
            st.caption(
                "Of the same test images, each told one of its nine wrong labels and rewritten as that, the "
                f"shipped {guesser_name(view.checkpoint)} reads {_percent(wrong.as_told)} as the label "
                f"told and **{_percent(wrong.as_own)} as the image’s own digit**."
            )


def _told_every_label(view: View) -> None:
    model, x = view.model, view.chosen.x
    own = view.label_of(view.chosen)
    assert own is not None
    labels = torch.arange(model.n_labels)
    with torch.no_grad():
        z = model.embed(x.expand(len(labels), -1), labels)
    rewritten = decoded(model, z, view.show, view.seed, labels)
    as_own = decoded(model, z, view.show, view.seed, own)
    st.markdown(
        "**Told a wrong label, z takes over.** "
        f"{view.chosen.caption[0].upper()}{view.chosen.caption[1:]}, told that it is a 0 … 9:"
    )
    st.html(
        montage(
            torch.cat([rewritten, as_own]),
            model.config.image_shape,
            len(labels),
            f"The image encoded under each label from 0 to {model.n_labels - 1}; above decoded as that label, "
            f"below as {own}",
            f"Encoded under each label y′; above decoded as y′, below as a {own}, what it is.",
            row_labels=["as y′", f"as {own}"],
        )
    )


def _chart(rows: dict[str, Estimate], chance: float) -> None:
    colours = charts.colours()
    names = list(rows)[::-1]
    means = [100 * rows[name].mean for name in names]
    figure = go.Figure(
        go.Bar(
            x=means,
            y=names,
            orientation="h",
            marker_color=colours["classification"],
            error_x={"array": [100 * rows[name].stderr for name in names], "color": colours["ink"]},
            text=[f"\u2003{mean:.1f}%" for mean in means],  # clear of the error's bar
            textposition="outside",
            hovertemplate="%{y}: %{x:.1f}%<extra></extra>",
        )
    )
    figure.add_vline(100 * chance, line={"color": colours["ink"], "dash": "dot"})
    figure.update_xaxes(range=[0, 112], title="digits right, %")
    figure.update_yaxes(showgrid=False)
    said = ", ".join(f"{name} {100 * value.mean:.1f}%" for name, value in rows.items())
    charts.show(
        figure,
        "fsvae-leak",
        f"Digits that a logistic regression tells from z: {said}; chance {100 * chance:.0f}%",
        height=60 + 52 * len(rows),
    )


def _measured(view: View, found: Encoded) -> tuple[Estimate, Wrong]:
    """The digit in z, told the right and a wrong label; kept while the model and the images are the same."""
    kept = st.session_state.get(f"{KEPT}_wrong")
    if kept is None or kept[0] is not found:
        kept = st.session_state[f"{KEPT}_wrong"] = (found, _wrong(view, found))
    return _share(_kept(found) == found.labels), kept[1]


def _wrong(view: View, found: Encoded) -> Wrong:
    model = view.model
    x, labels = model_inputs(dataset_for(view.checkpoint), model, IMAGES)
    told = styles.other_labels(labels, model.n_labels)
    with torch.no_grad():
        codes = model.embed(x, told)
    in_z = _share(styles.predicted_from(codes, labels, model.n_labels) == labels)
    classifier = guesser(view.checkpoint)
    if classifier is None:
        return Wrong(in_z, None, None)
    read = predict(classifier, (styles.rewritten(model, x, told) > 0.5).float())
    return Wrong(in_z, _share(read == told), _share(read == labels))


def _kept(found: Encoded) -> torch.Tensor:
    """The labels that a regression on the codes gives, kept for the last few sets of codes."""
    kept: list[tuple[Encoded, torch.Tensor]] = st.session_state.setdefault(KEPT, [])
    for codes, predicted in kept:
        if codes is found:
            return predicted
    predicted = styles.predicted_from(found.mean, found.labels, int(found.labels.max()) + 1)
    kept.append((found, predicted))
    del kept[:-4]
    return predicted


def _share(right: torch.Tensor) -> Estimate:
    return estimate(right.double())


def _percent(value: Estimate) -> str:
    return f"{100 * value.mean:.1f} ± {100 * value.stderr:.1f}%"
