"""The SSVAE page's own, as Python runs it."""

import dataclasses
import json
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.small import saved, seven
from tests.ui.app_html import elbo
from ui.images.choice import image_named
from ui.images.name import image_name
from ui.images.splits import model_inputs
from ui.ssvae import confusion, four_ways, predicted
from ui.training import form
from vaemodels import checkpoints, few_labels
from vaemodels.analysis.classification import confusion_matrix, predict
from vaemodels.analysis.label_posterior import likeliest, of_labels
from vaemodels.data.framing import frame
from vaemodels.errors import LabError
from vaemodels.models import SSVAE
from vaemodels.picture_files import read_picture

PAGE = "pages/ssvae.py"
SEVEN = image_name(frame(read_picture(saved(seven(), "PNG")).ink))
MODEL = "ssvae-digits"


@pytest.fixture(scope="module")
def model() -> SSVAE:
    model = checkpoints.load(MODEL).model
    assert isinstance(model, SSVAE)
    return model


def data_of(at: AppTest, component: str) -> list[Any]:
    """What the page tells the components of that name."""
    found = [e.proto for e in at.get("bidi_component") if e.proto.component_name == component]
    return [json.loads(proto.mixed.json if proto.HasField("mixed") else proto.json) for proto in found]


def toasts(at: AppTest) -> list[str]:
    assert not at.exception
    assert not at.error
    return [str(toast.value) for toast in at.toast]


def texts(at: AppTest) -> str:
    return "\n".join([*(m.value for m in at.markdown), *(c.value for c in at.caption)])


@pytest.mark.parametrize(
    "query", [{"images": "digits", "image": "digits-95"}, {"images": "draw", "image": SEVEN}]
)
def test_bars_table_and_elbo_tell_the_same_of_one_image(visit, model, query):
    at = visit(PAGE, model=MODEL, **query)
    assert toasts(at) == []
    of = of_labels(model, image_named(query["image"], model).x)
    for name in ("vaelab_label_bars", "vaelab_label_sums"):
        [data] = data_of(at, name)
        assert data["terms"]["q"] == pytest.approx(of.q.tolist())
        assert data["terms"]["reconstruction"] == pytest.approx(of.reconstruction.tolist())
        assert data["terms"]["kl"] == pytest.approx(of.kl_z.tolist())
        assert data["slot"] == "ssvae"
    assert f'data-term="nelbo">{-of.elbo:.1f}<' in elbo(at)


def test_the_matrix_counts_the_test_images_and_a_cell_of_a_link_opens_those_it_counts(visit, model):
    at = visit(PAGE, model=MODEL, look="confusion", cell="9_4")
    assert toasts(at) == []
    x, y = model_inputs("digits", model, 300)
    given = predict(model, x)
    counts = confusion_matrix(given, y, 10)
    [table] = data_of(at, "vaelab_confusion")
    assert table["counts"] == counts.tolist()
    assert table["cell"] == [9, 4]
    assert f"**{int(counts[9, 4])} images**: 9s read as 4." in texts(at)
    assert at.query_params["cell"] == "9_4"
    asked = predicted.answers(MODEL, checkpoints.load(MODEL))
    for right in (asked.by_classifier == asked.labels, asked.by_elbos == asked.labels):
        assert f"on **{right.double().mean().item():.1%}**" in texts(at)
    # Another cell that the visitor opens, and its first image, which becomes the page's.
    at.session_state[confusion.KEY] = {"told": {"turn": table["turn"], "digit": 4, "given": 9}}
    at.run()
    assert at.query_params["cell"] == "4_9"
    first = int(((y == 4) & (given == 9)).nonzero()[0])
    [button] = [button for button in at.button if button.label.endswith(f"test image {first}")]
    button.click().run()
    assert toasts(at) == []
    assert at.query_params["image"] == f"digits-{first}"
    assert at.query_params["images"] == "digits"


def test_where_the_two_answers_differ_and_which_is_right(visit, model):
    at = visit(PAGE, model=MODEL, look="differ")
    assert toasts(at) == []
    x, y = model_inputs("digits", model, 300)
    said, found = predict(model, x), likeliest(model, x, predicted.DRAWS)
    places = (said != found).nonzero().flatten()
    right = [int((given == y)[places].sum()) for given in (found, said)]
    assert f"**On {len(places)} images the two answers differ**" in texts(at)
    assert f"right on **{right[0]}** of these, the classifier on **{right[1]}**, neither" in texts(at)
    first = int(places[0])
    assert f"The classifier says **{said[first]}**, the ten ELBOs say **{found[first]}**" in texts(at)
    [button] = [button for button in at.button if button.label.endswith(f"test image {first}")]
    button.click().run()
    assert toasts(at) == []
    assert at.query_params["image"] == f"digits-{first}"


def test_a_run_shows_its_matrices_epoch_by_epoch(visit):
    shipped = checkpoints.load(MODEL)
    sure, even = [[3 if i == j else 0 for j in range(10)] for i in range(10)], [[1] * 10 for _ in range(10)]
    history = [
        shipped.card["history"][0] | {"epoch": epoch, "confusion": matrix}
        for epoch, matrix in ((1, even), (2, sure))
    ]
    own = dataclasses.replace(shipped, card=shipped.card | {"history": history})
    at = visit(PAGE, model=MODEL, look="confusion")
    assert "did not keep its confusion matrices" in texts(at)
    at.session_state["own_models"] = {"mine-1": (own, b"")}
    at.session_state["wanted_model"] = "mine-1"
    at.run()
    assert toasts(at) == []
    assert "**After epoch 2**: 100.0% of 30 held-out images right." in texts(at)
    at.select_slider(key=confusion.EPOCH).set_value(1).run()
    assert "**After epoch 1**: 10.0% of 100 held-out images right." in texts(at)


@pytest.mark.parametrize("cell", ["4", "4_10", "x_y", "4_9_1"])
def test_a_cell_that_is_none_is_said_in_one_sentence(visit, cell):
    at = visit(PAGE, model=MODEL, look="confusion", cell=cell)
    [text] = toasts(at)
    assert "cell is not two labels from 0 to 9" in text and text.endswith(".")
    assert "cell" not in at.query_params


def test_the_fullest_wrong_cell():
    assert confusion.fullest_wrong(torch.tensor([[9, 1, 0], [0, 8, 3], [3, 0, 7]])) == (1, 2)


def test_with_and_without_the_elbo_by_the_cards_and_by_what_is_at_hand(visit):
    at = visit(PAGE, model=MODEL, look="alone")
    assert toasts(at) == []
    html = "".join(element.proto.body for element in at.get("html"))
    for name in ("ssvae", "ssvae-classifier"):
        card = checkpoints.read_card(name)
        assert f"{card['evaluation']['accuracy']:.1%}" in html
    correct = []
    for name in ("ssvae", "ssvae-classifier"):
        other = checkpoints.load(name).model
        assert isinstance(other, SSVAE)
        x, y = model_inputs("digits", other, 300)
        correct.append(predict(other, x) == y)
        assert f"{correct[-1].double().mean().item():.1%}" in html
    only = int((correct[0] & ~correct[1]).sum())
    assert f"**Only `ssvae` is right: {only} images**" in texts(at)


def test_the_labelled_images_are_those_of_the_cards_seed(visit):
    at = visit(PAGE, model=MODEL, look="labelled")
    assert toasts(at) == []
    assert "10 of each digit; seed 0 chose them" in texts(at)
    at = visit(PAGE, model="ssvae", look="labelled")  # MNIST isn't here
    [info] = at.info
    assert "isn’t here" in info.value


def test_z_by_digit(visit):
    at = visit(PAGE, model=MODEL, look="style")
    assert toasts(at) == []
    assert "still tells **" in texts(at)


def chart_of(at: AppTest) -> dict[str, Any]:
    [chart] = at.get("plotly_chart")
    figure: dict[str, Any] = json.loads(chart.proto.spec)
    return figure


def test_a_point_of_the_curve_is_read_out_and_sets_the_training_form(visit):
    found = few_labels.accuracies(few_labels.load())
    at = visit(PAGE, model=MODEL, way="summed", labels="100")
    assert toasts(at) == []
    of_point, by_labels = (100 * sum(found[way, 100]) / len(found[way, 100]) for way in ("summed", "labels"))
    assert f"**Enumerating y, 100 labels: {of_point:.1f} %" in texts(at)
    assert f"**{round(by_labels, 1) - round(of_point, 1):.1f} points fewer** than the labels alone" in texts(
        at
    )
    *lines, with_elbo, alone, ring = chart_of(at)["data"]
    assert [line["name"] for line in lines] == [told.title for told in four_ways.TOLD.values()]
    for line in lines:
        for (way, labelled), y, up, down in zip(
            line["customdata"],
            line["y"],
            line["error_y"]["array"],
            line["error_y"]["arrayminus"],
            strict=True,
        ):
            draws = [100 * share for share in found[way, labelled]]
            assert [y, y + up, y - down] == pytest.approx([sum(draws) / len(draws), max(draws), min(draws)])
    for name, star in (("ssvae", with_elbo), ("ssvae-classifier", alone)):
        assert star["x"] == [100] and star["text"] == [name]
        hover = star["hovertemplate"]
        assert hover.startswith(f"{name}, 30 epochs,<br>labelled images distorted")
        assert ("in the α term alone<br>" in hover) == (name == "ssvae")
        assert star["y"] == pytest.approx([100 * checkpoints.read_card(name)["evaluation"]["accuracy"]])
    assert [ring["x"], ring["y"]] == [[100], pytest.approx([of_point])]

    at.button_group(key=four_ways.WAY).set_value("drawn").run()
    at.select_slider(key=four_ways.LABELS).set_value("1000").run()
    assert toasts(at) == []
    assert at.query_params["way"] == "drawn" and at.query_params["labels"] == "1000"
    at.button(key="ssvae-train-this").click().run()
    assert toasts(at) == []
    assert at.query_params["t_labelled"] == "1000" and at.query_params["t_alpha"] == "0"
    assert at.text_input(key=form.KEYS["labelled"]).value == "1000"
    assert at.text_input(key=form.KEYS["alpha"]).value == "0"
    assert (
        at.checkbox(key=form.KEYS["labelled_elbo"]).value and at.checkbox(key=form.KEYS["draw_label"]).value
    )
    assert at.selectbox(key=form.KEYS["dataset"]).value == "digits"  # MNIST isn't here

    at.select_slider(key=four_ways.LABELS).set_value("3000").run()
    assert at.button(key="ssvae-train-this").disabled
    assert "have 1,297 images to learn from: choose fewer labels, or fetch MNIST" in texts(at)


def test_a_link_to_a_way_that_is_none_says_so_and_so_does_a_study_that_is_missing(visit, monkeypatch):
    def missing() -> None:
        raise LabError("The file can't be read; make it again.")

    monkeypatch.setattr(four_ways, "_kept", missing)
    at = visit(PAGE, model="vae-digits", way="guessing", labels="60000")
    told = toasts(at)
    assert len(told) == 3
    for words in (
        "a model that is not on this page",
        "way=guessing",
        "labels are not one of 30, 100, 1000, 3000",
    ):
        assert sum(words in sentence for sentence in told) == 1
    assert [warning.value for warning in at.warning] == ["The file can't be read; make it again."]
    assert not at.get("plotly_chart")
    assert "labels" not in at.query_params and "way" not in at.query_params
