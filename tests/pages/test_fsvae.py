"""The FSVAE page's own, as Python runs it."""

import json
import re
from typing import Any

import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.small import saved, seven
from tests.ui.app_html import elbo
from ui.fsvae import leak, styles
from ui.images import label
from ui.images.choice import image_named
from ui.images.name import image_name
from vaemodels import checkpoints
from vaemodels.analysis.classification import predict
from vaemodels.analysis.styles import rewritten
from vaemodels.data.framing import frame
from vaemodels.data.from_pictures import as_seen
from vaemodels.evaluation import image_terms
from vaemodels.picture_files import read_picture

PAGE = "pages/fsvae.py"
SEVEN = image_name(frame(read_picture(saved(seven(), "PNG")).ink))
MODEL = "fsvae-digits"


def data_of(at: AppTest, component: str) -> list[Any]:
    """What the page tells the components of that name."""
    found = [e.proto for e in at.get("bidi_component") if e.proto.component_name == component]
    return [json.loads(proto.mixed.json if proto.HasField("mixed") else proto.json) for proto in found]


def toasts(at: AppTest) -> list[str]:
    assert not at.exception
    assert not at.error
    return [str(toast.value) for toast in at.toast]


def told_terms(at: AppTest, told: int) -> None:
    """The page scores the drawn seven as that digit."""
    model = checkpoints.load(MODEL).model
    terms = image_terms(model, image_named(SEVEN, model).x, torch.tensor(told))
    assert f'data-term="nelbo">{terms.nelbo:.1f}<' in elbo(at)
    [explorer] = data_of(at, "vaelab_explorer")
    assert explorer["label"] == told
    assert explorer["z"] == pytest.approx(terms.code.tolist(), abs=1e-5)


def test_it_opens_with_the_grid_and_the_pad_and_says_what_the_classifier_read(visit):
    at = visit(PAGE)
    assert toasts(at) == []
    [grid] = data_of(at, "vaelab_styles")
    assert grid["column"] == 0 and grid["moved"] == {}
    assert data_of(at, "vaelab_pad")
    assert "image" not in at.query_params and "images" not in at.query_params
    assert any("of such cells are read as their row’s digit" in caption.value for caption in at.caption)


@pytest.mark.parametrize("told", [None, 3])
def test_a_picture_of_ones_own_in_colours_is_scored_as_the_digit_one_says(visit, told: int | None):
    """No shipped classifier reads colours: it is a 0 until the visitor says another."""
    sheet = Image.merge(
        "RGB", [seven(ink=ink, ground=ground) for ink, ground in ((200, 30), (90, 60), (0, 220))]
    )
    name = "fsvae-streetdigits"
    at = visit(PAGE, model=name, images="upload")
    at.file_uploader[0].upload("seven.png", saved(sheet, "PNG"), "image/png").run()
    assert toasts(at) == []
    key = image_name(as_seen(saved(sheet, "PNG"), "colour"))
    sent = {each: at.query_params[each] for each in ("model", "image", "images")}
    assert sent == {"model": name, "image": key, "images": "upload"}
    model = checkpoints.load(name).model
    opened = visit(PAGE, **sent, **({"label": str(told)} if told else {}))
    assert toasts(opened) == []
    terms = image_terms(model, image_named(key, model).x, torch.tensor(told or 0))
    assert re.findall(r'data-term="nelbo">−([0-9.]+)<', elbo(opened)) == [f"{-terms.nelbo:.1f}"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"model": "vae"}, "a model that is not on this page"),
        ({"column": "21"}, "column is not one of the 20 styles"),
        ({"column": "x"}, "column is not one of the 20 styles"),
        ({"styles": "3~0.1_0.2"}, "each with 10 numbers"),
        ({"styles": "3~" + "_".join(["99"] * 10)}, "each with 10 numbers"),
        ({"styles": "21~" + "_".join(["1"] * 10)}, "each with 10 numbers"),
        ({"plane": "5_5"}, "plane of styles is not two of 10 dimensions"),
        ({"plane": "x"}, "plane of styles is not two of 10 dimensions"),
        ({"images": "draw", "image": SEVEN, "label": "10"}, "label is not a digit from 0 to 9"),
        ({"images": "draw", "image": SEVEN, "label": "seven"}, "label is not a digit from 0 to 9"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said_in_one_sentence(visit, query, sentence):
    [text] = toasts(visit(PAGE, **{"model": MODEL} | query))
    assert sentence in text
    assert text.endswith(".")


def test_the_styles_of_a_link_are_the_grids_and_stay_in_the_address(visit):
    moved = styles.moved_to_text({2: [0.5] * 10, 11: [-1.25] * 10})
    at = visit(PAGE, model=MODEL, column="12", styles=moved, plane="8_2")
    [grid] = data_of(at, "vaelab_styles")
    assert grid["column"] == 11
    assert grid["axes"] == [7, 1]
    assert grid["moved"] == {"2": [0.5] * 10, "11": [-1.25] * 10}
    assert at.query_params["styles"] == moved
    # Another seed has a grid of its own, and coming back to this one brings its styles back.
    at.number_input(key="seed").set_value(5).run()
    assert data_of(at, "vaelab_styles")[0]["moved"] == {}
    assert "styles" not in at.query_params
    assert at.query_params["plane"] == "8_2"  # the plane is one for all seeds
    at.number_input(key="seed").set_value(0).run()
    assert data_of(at, "vaelab_styles")[0]["moved"] == grid["moved"]
    assert at.query_params["styles"] == moved


def test_what_the_browser_moves_goes_into_the_address(visit):
    at = visit(PAGE, model=MODEL)
    [grid] = data_of(at, "vaelab_styles")
    told = {"occasion": grid["occasion"], "column": 4, "moved": {"4": [0.123456] * 10}, "axes": [4, 0]}
    at.session_state[styles.KEY] = {"grid": told}
    at.run()
    assert at.query_params["column"] == "5"
    assert at.query_params["styles"] == "5~" + "_".join(["0.1235"] * 10)
    assert at.query_params["plane"] == "5_1"
    at.session_state[styles.KEY] = {"grid": told | {"occasion": "of another grid", "column": 9}}
    at.run()
    assert at.query_params["column"] == "5"


@pytest.mark.parametrize("z_dim", [1, 3, 10])
def test_styles_survive_the_address(z_dim):
    moved = {0: [0.5, -3.25, 1.0, 0.0, 2.0, 1e-4, -0.5, 3.0, 1.5, -2.0][:z_dim], 19: [1.0] * z_dim}
    assert styles.moved_from_text(styles.moved_to_text(moved), z_dim) == moved


def test_a_drawings_label_is_guessed_until_the_visitor_says_another(visit):
    at = visit(PAGE, model=MODEL, images="draw", image=SEVEN)
    assert toasts(at) == []
    model = checkpoints.load(MODEL).model
    reader = label.guesser(checkpoints.load(MODEL))
    assert reader is not None
    guess = label.guess(reader, image_named(SEVEN, model).x)
    [asked] = data_of(at, "vaelab_label")
    assert asked["guess"] == pytest.approx(guess, abs=1e-6)
    guessed = guess.index(max(guess))
    told_terms(at, guessed)
    assert "label" not in at.query_params
    at.session_state[label.KEY] = {"told": {"occasion": asked["occasion"], "label": 4}}
    at.run()
    told_terms(at, 4)
    assert at.query_params["label"] == "4"
    sent = dict(at.query_params)
    told_terms(visit(PAGE, **sent), 4)
    at.session_state[label.KEY] = {"told": {"occasion": asked["occasion"], "label": None}}
    at.run()
    told_terms(at, guessed)


def test_a_test_image_needs_no_guess(visit):
    at = visit(PAGE, model=MODEL, images="digits", image="digits-3", label="9")
    assert data_of(at, "vaelab_label") == []
    assert "label" not in at.query_params
    [explorer] = data_of(at, "vaelab_explorer")
    assert explorer["label"] == image_named("digits-3", checkpoints.load(MODEL).model).label


def test_without_a_classifier_the_visitor_says_the_label(visit, monkeypatch):
    monkeypatch.setattr(label, "GUESSERS", {"digits": "none-such"})
    at = visit(PAGE, model=MODEL, images="draw", image=SEVEN)
    assert toasts(at) == []
    [asked] = data_of(at, "vaelab_label")
    assert asked["guess"] is None
    told_terms(at, 0)


@pytest.mark.parametrize("model", [MODEL, "fsvae-streetdigits"])
def test_the_pages_own_looks_can_be_taken_at_grey_and_colour(visit, model):
    at = visit(PAGE, model=model, images="digits" if model == MODEL else "streetdigits")
    for name in ("leak", "bounds", "colour"):
        at.session_state["look"] = name
        at.run()
        assert toasts(at) == [], name
        assert at.query_params["look"] == name
        if name == "leak":
            of_z = "Far fewer digits can be read" if model == MODEL else "Here the test says nothing"
            assert any(of_z in text.value for text in at.markdown)
    if model != MODEL:
        assert any("stand in for SVHN" in text.value for text in at.markdown)


def test_what_a_regression_finds_in_z_is_said_as_it_is():
    assert "Far fewer digits can be read" in leak.says_of_z(0.19, 0.90, 0.1, of_learned=True)
    assert "Many digits can still be read" in leak.says_of_z(0.86, 0.90, 0.1, of_learned=True)
    assert "Neither has learned from images like these" in leak.says_of_z(0.86, 0.90, 0.1, of_learned=False)
    assert "the test says nothing" in leak.says_of_z(0.16, 0.14, 0.1, of_learned=True)


def test_a_lie_is_counted_for_the_image_and_the_label_of_a_drawing_is_the_visitors(visit):
    at = visit(PAGE, model=MODEL, images="draw", image=SEVEN, label="8", look="leak")
    assert toasts(at) == []
    assert any("below as an 8, as you said." in element.proto.body for element in at.get("html"))
    model, reader = checkpoints.load(MODEL).model, label.guesser(checkpoints.load(MODEL))
    assert reader is not None
    told = torch.arange(10)
    images = rewritten(model, image_named(SEVEN, model).x.expand(10, -1), told)
    read = predict(reader, (images > 0.5).float()).tolist()
    as_told = sum(read[y] == y for y in range(10) if y != 8)
    as_own = sum(read[y] == 8 for y in range(10) if y != 8)
    [counts] = [text.value for text in at.caption if "of the 9 wrong labels" in text.value]
    assert f"**{as_told} are written as told**, under **{as_own} it stays an 8**" in counts
    assert f"under {9 - as_told - as_own} it is read as something else" in counts


def test_how_to_train_on_the_real_files_is_a_command_that_is_one(visit, capsys):
    from vaemodels import cli

    at = visit(PAGE, model=MODEL, images="digits", look="colour")
    [code] = [code.value for code in at.code if "svhn" in code.value]
    parser = cli._parser()
    for line in code.splitlines():
        program, *arguments = line.split()
        assert program == "python" and arguments[:2] == ["-m", "vaemodels"]
        options = parser.parse_args(arguments[2:])
    assert options.preset == "fsvae-streetdigits" and options.data == "svhn"


@pytest.mark.parametrize(("show", "shown"), [("mean", "Means of x ~"), ("draw", "Draws x ~")])
def test_the_grids_in_grey_and_colour_are_means_or_draws_as_is_chosen_on_top(visit, show, shown):
    at = visit(PAGE, model=MODEL, images="digits", look="colour", show=show)
    assert sum(shown in html.proto.body for html in at.get("html")) == 2
