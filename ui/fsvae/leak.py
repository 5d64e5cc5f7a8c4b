"""How much of the digit is in z: predicted from it, and hidden in it by an encoder that is told a wrong label."""

from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st
import torch

from ui import charts, models, words
from ui.address import url_state
from ui.images.decoded import decoded, montage
from ui.images.label import PARAMETER as LABEL
from ui.images.label import guesser, guesser_name
from ui.images.name import Place, parse_image_name
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
}  # by the dataset that a model learned: a VAE that learned the same
KEPT = "_fsvae_leak"


class Wrong(NamedTuple):
    """Of test images that were told a wrong label: the share whose own digit a regression finds in z, and of those
    that a classifier reads, rewritten so, as the label told, as their own, and the difference of the two, image by
    image; None where no classifier knows them."""

    in_z: Estimate
    as_told: Estimate | None = None
    as_own: Estimate | None = None
    difference: Estimate | None = None


def render(view: View) -> None:
    """What a regression reads in z, beside a VAE's; the image told every label."""
    found = encoded(view)
    on = words.test_images(found.dataset, len(found.labels), binarization(view.model))
    told, wrong = _measured(view, found)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Is the digit in z?** A logistic regression tries to tell it from μ(x, y).")
        learned = view.checkpoint.card["dataset"]
        plain = PLAIN.get(learned)
        untold: Estimate | None = None
        rows = {f"{view.name}, told y": told, f"{view.name}, told a wrong y": wrong.in_z}
        for name, checkpoint in models.present([plain] if plain else []).items():
            of_plain = encoded_pretrained(name, checkpoint)
            untold = rows[f"{name}, not told"] = _share(_kept(of_plain) == of_plain.labels)
        chance = 1 / view.model.n_labels
        _chart(rows, chance)
        if untold is not None:
            st.markdown(says_of_z(told.mean, untold.mean, chance, of_learned=found.dataset == learned))
        st.caption(
            f"Share of digits right on {on}, in {styles.FOLDS}-fold cross-validation, ± standard error over images; "
            f"chance is {chance:.0%}. {'Both models' if untold is not None else 'The model'} learned "
            f"{words.the_dataset(learned)}. The decoder is told y and the KL makes every nat in z cost: on such images "
            "a z that repeats y is waste, which training drives out. A regression finds only what is linear in z."
        )
    with right:
        _told_every_label(view)
        if wrong.as_told is not None and wrong.as_own is not None:
            st.caption(
                "Of the same test images, each told one of its nine wrong labels and rewritten as that, the "
                f"shipped {guesser_name(view.checkpoint)} reads **{_percent(wrong.as_told)} as the label "
                f"told** and **{_percent(wrong.as_own)} as the image’s own digit**: {_who_decides(wrong)}."
            )
        else:
            st.caption(
                "No classifier of such images is shipped, so nothing here counts what they are read as."
            )


def says_of_z(told: float, untold: float, chance: float, *, of_learned: bool) -> str:
    """What the shares of digits right mean, from z of a model told y and of a VAE; `of_learned` images or others."""
    if untold < 2 * chance:
        return (
            "**Here the test says nothing.** It finds hardly a digit in the VAE’s z either, which was told none: "
            "whatever either holds of the digit, a regression doesn’t see it."
        )
    if told - chance < (untold - chance) / 2:
        return "**Far fewer digits can be read from z** than from that of a VAE that isn’t told y."
    much = "**Many digits can still be read from z**, as from that of a VAE that isn’t told y."
    if of_learned:
        return much
    return (
        f"{much} Neither has learned from images like these, so nothing drove the digit out of their codes."
    )


def _who_decides(wrong: Wrong) -> str:
    assert wrong.difference is not None
    if abs(wrong.difference.mean) < 2 * wrong.difference.stderr:
        return "neither clearly wins"
    return (
        "the label told wins"
        if wrong.difference.mean > 0
        else "z, which holds what the label got wrong, wins"
    )


def _what_label(view: View) -> str:
    """Where the label of the chosen image is from."""
    if isinstance(parse_image_name(view.chosen.key), Place):
        return "what it is"
    return "what it is taken for" if url_state.get(LABEL) is None else "as you said"


def _told_every_label(view: View) -> None:
    model, x = view.model, view.chosen.x
    own = view.label_of(view.chosen)
    assert own is not None
    labels = torch.arange(model.n_labels)
    with torch.no_grad():
        z = model.embed(x.expand(len(labels), -1), labels)
    rewritten = decoded(model, z, view.show, view.seed, labels)
    as_own = decoded(model, z, view.show, view.seed, own)
    a_digit = words.a_digit(int(own))
    st.markdown(
        "**Told a wrong label, which digit is written?** "
        f"{view.chosen.caption[0].upper()}{view.chosen.caption[1:]}, told that it is a 0 … 9:"
    )
    st.html(
        montage(
            torch.cat([rewritten, as_own]),
            model.config.image_shape,
            len(labels),
            f"The image encoded under each label from 0 to {model.n_labels - 1}; above decoded as that label, "
            f"below as {own}",
            f"Encoded under each label y′; above decoded as y′, below as {a_digit}, {_what_label(view)}.",
            row_labels=["as y′", f"as {own}"],
        )
    )
    classifier = guesser(view.checkpoint)
    if classifier is not None:
        read = predict(classifier, (decoded(model, z, "mean", view.seed, labels) > 0.5).float())
        told, kept = _of_the_wrong(read, int(own))
        st.caption(
            f"The means of the upper row, as the shipped {guesser_name(view.checkpoint)} reads them: of the "
            f"{model.n_labels - 1} wrong labels **{told} are written as told**, under **{kept} it stays "
            f"{a_digit}**, under {model.n_labels - 1 - told - kept} it is read as something else."
        )


def _of_the_wrong(read: torch.Tensor, own: int) -> tuple[int, int]:
    """Of images `read: [n_labels]`, told each label in turn, how many of those told a wrong one are as told, as own."""
    wrong = torch.arange(len(read)) != own
    return int((read == torch.arange(len(read)))[wrong].sum()), int((read == own)[wrong].sum())


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
        return Wrong(in_z)
    read = predict(classifier, (styles.rewritten(model, x, told) > 0.5).float())
    as_told, as_own = (read == told).double(), (read == labels).double()
    return Wrong(in_z, estimate(as_told), estimate(as_own), estimate(as_told - as_own))


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
