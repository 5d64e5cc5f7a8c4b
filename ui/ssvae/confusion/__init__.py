"""The confusion matrix, whose cells open the images that they count; and those of the epochs of a run."""

import re
from pathlib import Path
from typing import Any

import streamlit as st
from torch import Tensor

from ui import words
from ui.address import url_state
from ui.address.component_value import ComponentValue, component_value
from ui.components.assets import component
from ui.images.name import Place
from ui.images.splits import binarization
from ui.looks import View
from ui.ssvae.opened import open_one
from ui.ssvae.predicted import ASKED, DRAWS, answers, is_settled, predicted
from ui.tables import table
from vaemodels.analysis.classification import confusion_matrix
from vaemodels.evaluation import estimate

_table = component("vaelab_confusion", Path(__file__).with_name("table"))

KEY, EPOCH, MEMORY = "ssvae-confusion", "ssvae-epoch", "_ssvae_confusion"
CELL = "cell"  # parameter of the address: the digit and the label given, 4_9
PARAMETERS = frozenset({CELL})
SHOWN = 120  # images of a cell, at most
_CELL = re.compile(r"([0-9]{1,2})_([0-9]{1,2})")


Cell = tuple[int, int] | None  # digit and label given; None is the fullest wrong one


def render(view: View) -> None:
    """The matrix over the test images, the images of the open cell beside it; below it those of the run's epochs."""
    found = predicted(view.name, view.checkpoint)
    n_labels = view.model.n_labels
    matrix = confusion_matrix(found.given, found.labels, n_labels)
    right = estimate((found.given == found.labels).double())
    on = words.test_images(found.dataset, len(found.labels), binarization(view.model))
    chart, images = st.columns([11, 13], gap="large")
    with chart:
        st.markdown(
            f"**{100 * right.mean:.1f} ± {100 * right.stderr:.1f} % right** on {on}. A row for each digit, a column "
            "for each label that q(y|x) gives it. Open a cell to see the images that it counts."
        )
        digit, given = _matrix(matrix, f"Confusion matrix of {on}")
        st.caption("± standard error over images. " + _worst(matrix))
        if is_settled(view.name):
            st.markdown(_two_answers(view))
    with images:
        _images_of(view, found.dataset, (found.labels == digit) & (found.given == given), digit, given)
    _over_epochs(view)


def _two_answers(view: View) -> str:
    """Which of the two answers at the top of the page is right more often."""
    asked = answers(view.name, view.checkpoint)
    classifier, elbos = ((given == asked.labels).double() for given in (asked.by_classifier, asked.by_elbos))
    gain = estimate(elbos - classifier)
    points = f"{100 * gain.mean:+.1f}".replace("-", "−")  # the figure alone: a hyphen in the words stays one
    return (
        f"**The classifier or the ten ELBOs?** Of {words.test_images(asked.dataset, ASKED, binarization(view.model))}, "
        f"q(y|x) favours the right label on **{classifier.mean():.1%}**, the ten ELBOs ({DRAWS} draws of z each) on "
        f"**{elbos.mean():.1%}**: {points} ± {100 * gain.stderr:.1f} points, image by image."
    )


def _matrix(counts: Tensor, title: str) -> tuple[int, int]:
    """The component; returns the cell that is open."""
    n = len(counts)
    opened: ComponentValue[Cell] = component_value(KEY, MEMORY, None, lambda: _cell_of_address(n))
    _take(opened, n)
    fullest = fullest_wrong(counts)
    cell = opened.value or fullest
    data: dict[str, Any] = {
        "counts": counts.tolist(),
        "title": title,
        "turn": opened.turn,
        "cell": list(cell),
    }
    _table(key=KEY, data=data, on_told_change=lambda: None)
    _take(opened, n)
    cell = opened.value or fullest
    url_state.put(CELL, None if cell == fullest else f"{cell[0]}_{cell[1]}")
    return cell


def _take(opened: ComponentValue[Cell], n: int) -> None:
    told = (st.session_state.get(KEY) or {}).get("told")
    if opened.is_told_by(told) and max(told["digit"], told["given"]) < n:
        opened.value = (told["digit"], told["given"])


def _cell_of_address(n: int) -> tuple[int, int] | None:
    text = url_state.get(CELL)
    if text is None:
        return None
    match = _CELL.fullmatch(text)
    if match is None or max(map(int, match.groups())) >= n:
        url_state.note(
            f"The link's cell is not two labels from 0 to {n - 1}, such as 4_9; the fullest wrong one is open instead."
        )
        return None
    return int(match[1]), int(match[2])


def fullest_wrong(counts: Tensor) -> tuple[int, int]:
    """The cell beside the diagonal of `counts: [n, n]` with the most images, the first of equals."""
    wrong = counts - counts.diag().diag()
    return divmod(int(wrong.argmax()), len(counts))


def _worst(counts: Tensor) -> str:
    """In a sentence, what is most often taken for what."""
    digit, given = fullest_wrong(counts)
    if not counts[digit, given]:
        return "No image is taken for another digit."
    return f"Most often wrong: {int(counts[digit, given])} of {int(counts[digit].sum()):,} {digit}s read as {given}."


def _images_of(view: View, dataset: str, inside: Tensor, digit: int, given: int) -> None:
    places = tuple(Place(dataset, place) for place in inside.nonzero().flatten().tolist())
    verdict = "rightly read" if digit == given else "read"
    st.markdown(
        f"**{words.count(len(places), 'image')}**: {digit}s {verdict} as {given}"
        + (f"; the first {SHOWN} of them." if len(places) > SHOWN else ".")
    )
    if not places:
        st.caption("No image is in this cell; open another.")
        return
    open_one(
        places[:SHOWN], f"{digit}s read as {given}", "ssvae-cell", f"{view.name}/{dataset}/{digit}/{given}"
    )


def _over_epochs(view: View) -> None:
    """How the matrix came to be, where the run kept it."""
    history = [record for record in view.checkpoint.card["history"] if "confusion" in record]
    if not history:
        st.caption(
            "This model’s run did not keep its confusion matrices; one that you train below does, epoch by epoch."
        )
        return
    by_epoch = {int(record["epoch"]): record["confusion"] for record in history}
    epochs = list(by_epoch)
    if len(epochs) > 1:
        if st.session_state.get(EPOCH) not in epochs:  # it was another run's
            st.session_state[EPOCH] = epochs[-1]
        epoch = st.select_slider("After epoch", epochs, key=EPOCH)
    else:
        [epoch] = epochs
    counts = by_epoch[epoch]
    total = sum(map(sum, counts))
    share = sum(counts[i][i] for i in range(len(counts))) / total
    st.markdown(f"**After epoch {epoch}**: {share:.1%} of {total:,} held-out images right.")
    table(
        f"Confusion matrix after epoch {epoch}",
        ["digit", *(f"as {label}" for label in range(len(counts)))],
        [[str(digit), *map(str, row)] for digit, row in enumerate(counts)],
    )
