"""The runs of a visit as curves: what they may be compared by, their values along an axis, and all of them as CSV."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ui import words
from ui.training.log import Logged, images_of, images_seen
from ui.words import subscript
from vaemodels.losses import headline
from vaemodels.models import MODELS

Axis = Literal["step", "seconds", "images"]
Measure = Literal["loss", "reconstruction", "kl"]  # as a curve calls them
Side = Literal["held_out", "train"]

AXES: dict[str, str] = {"step": "steps", "seconds": "seconds", "images": "images"}
MOST_POINTS = 400  # of a curve: as many as there are pixels to tell them apart


class Group(NamedTuple):
    """What curves have to have in common for their heights to mean the same."""

    measure: str
    dataset: str
    binarization: str
    images: int

    @property
    def title(self) -> str:
        """In words, with what it was measured on."""
        return (
            f"{self.measure} on {words.count(self.images, 'held-out image')} of {words.the_dataset(self.dataset)}, "
            f"{words.binarisation(self.binarization, self.dataset)}"
        )


class Curve(NamedTuple):
    """Nats an image of a run at logged steps, none in between; all lists are of one length.

    `x` is where on the axis they lie. A term that was not measured is NaN.
    """

    x: list[float]
    step: list[float]
    epoch: list[float]
    seconds: list[float]
    loss: list[float]
    reconstruction: list[float]
    kl: list[float]


def group_of(logged: Logged) -> Group | None:
    """What a run's curve may be laid over; None before its first record."""
    if not logged.logged:
        return None
    card = logged.card
    terms = logged.logged[-1]["held_out"]
    given = "|y" if MODELS[card["model"]][0].needs_labels else ""
    if "bound" in terms:
        measure = f"−L{subscript(card['training']['k'])}"
    elif "reconstruction" not in terms:
        measure = "Classification loss"
    elif any(name.startswith("kl") for name in terms):
        measure = f"−ELBO(x{given})" if given else "−ELBO"
    else:
        measure = "Reconstruction error"
    return Group(measure, card["dataset"], card["binarization"], logged.held_out)


def value(terms: Mapping[str, float], measure: Measure) -> float:
    """A number of a record's terms in nats an image; NaN where it was not measured."""
    if measure == "loss":
        return headline(terms) if {"bound", "reconstruction", "classification"} & terms.keys() else math.nan
    if measure == "reconstruction":
        return terms.get("reconstruction", math.nan)
    kls = [term for name, term in terms.items() if name.startswith("kl")]
    return sum(kls) if kls else math.nan


def curve(logged: Logged, axis: Axis, side: Side) -> Curve:
    """A run's loss and its terms along an axis, thinned evenly where there are many, the newest always among them."""
    records = _thinned([r for r in logged.logged if math.isfinite(value(r[side], "loss"))])
    return Curve(
        x=[place(logged, record, axis) for record in records],
        loss=[value(record[side], "loss") for record in records],
        reconstruction=[value(record[side], "reconstruction") for record in records],
        kl=[value(record[side], "kl") for record in records],
        step=[record["step"] for record in records],
        epoch=[record["epoch"] for record in records],
        seconds=[record["seconds"] for record in records],
    )


def place(logged: Logged, record: Mapping[str, Any], axis: Axis) -> float:
    """Where on an axis a record lies."""
    if axis != "images":
        return float(record[axis])
    n = images_of(logged)
    return float(images_seen(record["step"], n, logged.card["training"]["batch_size"])) if n else math.nan


def _thinned(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    thinned = records[:: max(1, len(records) // MOST_POINTS)]
    return thinned if thinned[-1:] == records[-1:] else [*thinned, records[-1]]


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """The exponential average that weighs each value before by `weight` once more, without a pull towards 0.

    y_i = Σ_j weight^(i−j) x_j / Σ_j weight^(i−j), over j ≤ i (Kingma & Ba 2015, section 3). What was not measured is
    passed over, and stays NaN.
    """
    total = weights = 0.0
    found = []
    for each in values:
        if math.isfinite(each):
            total, weights = weight * total + each, weight * weights + 1
        found.append(total / weights if math.isfinite(each) else math.nan)
    return found


def frame_places(logged: Logged, axis: Axis) -> list[float]:
    """Where on an axis the images of a run lie: at the last record before or at their step."""
    found = []
    for step, _ in logged.frames:
        before = [record for record in logged.logged if record["step"] <= step]
        found.append(place(logged, before[-1], axis) if before else 0.0)
    return found


def settings(logged: Logged) -> dict[str, Any]:
    """All that a run was begun with: kind of model, its config, its training."""
    return {"model": logged.card["model"], **logged.card["config"], **logged.card["training"]}


def differing(several: Sequence[Logged]) -> list[str]:
    """The settings in which runs differ, as a curve's colour can tell."""
    all_settings = [settings(logged) for logged in several]
    names = dict.fromkeys(name for each in all_settings for name in each)
    return [name for name in names if len({str(each.get(name)) for each in all_settings}) > 1]


def best(several: Sequence[Logged]) -> tuple[Logged, Mapping[str, Any]] | None:
    """The run of the lowest value held out at the end of an epoch, and that record.

    A run whose settings were changed as it went on is of no recipe, and is not ranked.
    """
    found = [
        (value(record["held_out"], "loss"), place, logged, record)
        for place, logged in enumerate(several)
        if not logged.changes
        for record in logged.logged
        if record.get("epoch_done", True) and math.isfinite(value(record["held_out"], "loss"))
    ]
    if not found:
        return None
    _, _, logged, record = min(found, key=lambda each: each[:2])
    return logged, record


def as_csv(logged: Logged) -> str:
    """All that was logged of a run, a line a record, terms in nats an image; empty where one was not measured."""
    records = logged.logged
    columns = ["step", "epoch", "seconds", "learning_rate"]
    terms = dict.fromkeys(
        (side, term) for side in ("train", "held_out") for record in records for term in record[side]
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, *(f"{side}_{term}" for side, term in terms), "changed"])
    changes = list(logged.changes)
    for record in records:
        now = [change for step, change in changes if step < record["step"]]
        changes = changes[len(now) :]
        writer.writerow(
            [
                *(record.get(column, "") for column in columns),
                *(record[side].get(term, "") for side, term in terms),
                "; ".join(now),
            ]
        )
    return text.getvalue()
