"""The visitor's image on several pages: what they chose last is there on the next, unless a link says otherwise."""

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from tests.small import saved
from ui.images.choice import OF_ONES_OWN, SOURCES, image_named
from ui.images.name import Place, image_name, parse_image_name
from ui.images.pad import SIDE
from ui.images.splits import built_in, dataset_for
from vaemodels import data
from vaemodels.checkpoints import Checkpoint
from vaemodels.data.framing import frame
from vaemodels.models import Model, build

ENTRY = """
import streamlit as st

PAGES = ["first", "second", "colour", "plain"]
st.navigation([st.Page(f"pages/{name}.py", default=name == "first") for name in PAGES]).run()
"""
PAGE = """
import streamlit as st
import torch
from ui.address import url_state
from ui.images.choice import pick_image
from vaemodels.checkpoints import Checkpoint
from vaemodels.models import build

url_state.begin_run()
model = build("vae", {config})
checkpoint = Checkpoint(model=model, card={{"dataset": "{dataset}"}}, resume=None, dtype=torch.float32)
st.session_state["chosen"] = pick_image(checkpoint)
url_state.write()
"""
PLAIN = """
from ui.address import url_state

url_state.begin_run()
url_state.write()
"""
GREY = {"z_dim": 2, "hidden": (4,)}
COLOUR = GREY | {"image_shape": (3, 32, 32), "likelihood": "gaussian"}
FIRST, SECOND, COLOURED, WITHOUT = (f"pages/{name}.py" for name in ("first", "second", "colour", "plain"))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., AppTest]:
    """`app(**query)`: two pages of grey digits, one of colour and one without images, opened on the first."""
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    data.load.cache_clear()
    (tmp_path / "pages").mkdir()
    scripts = {
        "app.py": ENTRY,
        FIRST: PAGE.format(config=GREY, dataset="digits"),
        SECOND: PAGE.format(config=GREY, dataset="mnist"),
        COLOURED: PAGE.format(config=COLOUR, dataset="streetdigits"),
        WITHOUT: PLAIN,
    }
    for name, script in scripts.items():
        (tmp_path / name).write_text(script, encoding="utf-8")

    def go(**query: str) -> AppTest:
        at = AppTest.from_file(str(tmp_path / "app.py"), default_timeout=60)
        at.query_params.update(query)
        return at.run()

    return go


def turn_to(at: AppTest, page: str, **query: str) -> AppTest:
    """By the menu; with a query by a link."""
    at.query_params.clear()
    at.query_params.update(query)
    return at.switch_page(page).run()


def key(at: AppTest) -> str:
    assert not at.exception
    return str(at.session_state["chosen"].key)


def pick(at: AppTest, index: int, dataset: str = "digits") -> None:
    stamp = at.session_state[f"_picker-{dataset}_memory"]["stamp"]
    at.session_state[f"picker-{dataset}"] = {"choice": {"index": index, "occasion": stamp}}
    at.run()
    assert key(at) == f"{dataset}-{index}"


def draw(at: AppTest, column: int) -> str:
    """Draws a bar on the pad; the name of the image that it makes."""
    bitmap = np.zeros((SIDE, SIDE), np.uint8)
    bitmap[10:90, column : column + 14] = 255
    bitmap[10:20, :60] = 255
    at.segmented_control(key="images").set_value("draw").run()
    occasion = at.session_state["_image_choice"][1, 28, 28].links
    report = {
        "strokes": [[1, 1]],
        "bitmap": base64.b64encode(bitmap.tobytes()).decode(),
        "occasion": occasion,
    }
    at.session_state["pad"] = {"drawing": report}
    at.run()
    assert key(at) == image_name(frame(bitmap))
    return key(at)


def test_what_was_picked_is_there_on_the_next_page_and_past_pages_without_images(app):
    at = app()
    pick(at, 12)
    for page in (SECOND, WITHOUT, SECOND, FIRST):
        turn_to(at, page)
        if page != WITHOUT:
            assert key(at) == "digits-12"
            assert at.query_params["image"] == "digits-12"
            assert at.segmented_control(key="images").value == "digits"


def test_what_was_drawn_is_there_on_the_next_page_and_can_be_drawn_on(app):
    at = app()
    drawing = draw(at, 50)
    turn_to(at, SECOND)
    assert key(at) == drawing
    assert at.segmented_control(key="images").value == "draw"
    assert at.session_state["_pad_memory"]["start"] == [[1, 1]]
    assert dict(at.query_params) == {"image": drawing, "images": "draw"}


def test_the_newest_choice_wins_over_the_address_that_a_page_was_left_with(app):
    at = app(image="digits-5", z="1_2", seed="3")
    assert key(at) == "digits-5"
    turn_to(at, SECOND)
    drawing = draw(at, 30)
    turn_to(at, FIRST)
    assert key(at) == drawing
    # z was one of the old image's; what has nothing to do with images is as it was left.
    assert dict(at.query_params) == {"image": drawing, "images": "draw", "seed": "3"}
    turn_to(at, SECOND)
    at.segmented_control(key="images").set_value("digits").run()
    pick(at, 7)
    turn_to(at, FIRST)
    assert key(at) == "digits-7"
    assert dict(at.query_params) == {"image": "digits-7", "seed": "3"}


def test_a_page_come_back_to_with_the_same_image_keeps_its_z(app):
    at = app(image="digits-5", z="1_2")
    turn_to(at, WITHOUT)
    turn_to(at, FIRST)
    assert dict(at.query_params) == {"image": "digits-5", "z": "1_2"}


def test_a_link_with_an_image_decides_and_one_without_leaves_the_visitor_s(app):
    at = app()
    drawing = draw(at, 40)
    turn_to(at, SECOND, seed="3", z="1_2")
    assert key(at) == drawing
    assert dict(at.query_params) == {"image": drawing, "images": "draw", "seed": "3", "z": "1_2"}
    turn_to(at, FIRST, image="digits-9")
    assert key(at) == "digits-9"
    turn_to(at, SECOND)
    assert key(at) == "digits-9"
    turn_to(at, FIRST, images="digits")
    assert key(at) == "digits-0"


def test_going_back_in_the_history_shows_what_the_address_says(app, monkeypatch):
    at = app(image="digits-5")
    turn_to(at, SECOND)
    pick(at, 7)
    reset = ScriptRunContext.reset

    def go_back(self: ScriptRunContext, *arguments: object, **more: object) -> None:
        reset(self, *arguments, **more | {"is_history_navigation": True})  # type: ignore[arg-type]

    monkeypatch.setattr(ScriptRunContext, "reset", go_back)
    turn_to(at, FIRST)
    assert key(at) == "digits-5"
    turn_to(at, SECOND, image="digits-7")
    assert key(at) == "digits-7"


def test_the_visitor_s_image_comes_back_after_a_page_of_colour_images(app):
    at = app()
    drawing = draw(at, 20)
    turn_to(at, COLOURED)
    assert key(at) == "streetdigits-0"
    assert at.segmented_control(key="images").options == ["Street digits", "Upload"]
    [caption] = [caption.value for caption in at.caption]
    assert caption == "To draw a digit, choose a model of grey images of 28×28 pixels."
    pick(at, 11, "streetdigits")
    assert at.session_state["chosen"].x.shape == (3072,)
    turn_to(at, SECOND)
    assert key(at) == drawing
    turn_to(at, COLOURED)
    assert key(at) == "streetdigits-11"


def photograph(left: tuple[int, int, int]) -> bytes:
    """96 x 64: a square of two colours, from the 16th to the 80th column, between black stripes."""
    image = Image.new("RGB", (96, 64))
    image.paste(left, (16, 0, 48, 64))
    image.paste((0, 0, 255), (48, 0, 80, 64))
    return saved(image, "PNG")


def framed_images(at: AppTest) -> list[str]:
    """What the page shows as what the model sees."""
    return [each.proto.body for each in at.get("html") if "as it was framed" in each.proto.body]


def test_a_model_of_colours_sees_the_square_in_the_middle_of_an_uploaded_picture(app):
    at = turn_to(app(), COLOURED, images="upload")
    assert key(at) == "streetdigits-0"
    assert "Until there is one of yours" in "".join(caption.value for caption in at.caption)
    at.file_uploader[0].upload("a.png", photograph((255, 128, 0)), "image/png").run()
    expected = np.zeros((3, 32, 32), int)
    expected[:, :, :16] = np.array([255, 128, 0])[:, None, None]
    expected[2, :, 16:] = 255
    chosen, seen = at.session_state["chosen"], parse_image_name(key(at))
    assert isinstance(seen, np.ndarray)
    blurred = [0, 15, 16, 31]  # columns where colours meet
    assert np.array_equal(np.delete(seen, blurred, 2), np.delete(expected, blurred, 2))
    assert np.abs(seen - expected).max() < 128
    assert torch.equal(chosen.x, torch.tensor(seen).flatten() / 255) and chosen.label is None
    [shown] = framed_images(at)
    assert "What the model sees: the square in the middle, made 32×32." in shown
    token = key(at)
    # Whoever opens the link sees the same picture, with nothing uploaded.
    follower = turn_to(app(), COLOURED, **dict(at.query_params))
    assert key(follower) == token and follower.segmented_control(key="images").value == "upload"
    assert framed_images(follower) == [shown]
    assert token == key(turn_to(app(), COLOURED, image=token))
    # What is refused changes nothing, and no picture stands as what the model sees.
    for content, words in [
        (b"<svg/>", "not a picture that can be read"),
        (photograph((0, 0, 0))[:120], "damaged"),
        (saved(Image.new("RGB", (40, 40), (9, 9, 9)), "PNG"), "of one level all over; choose one"),
    ]:
        at.file_uploader[0].upload("b.png", content, "image/png").run()
        assert words in at.error[0].value and key(at) == token
        assert framed_images(at) == []
    turn_to(at, SECOND)
    assert key(at) == "digits-0"
    turn_to(at, COLOURED)
    assert key(at) == token


def test_a_link_to_a_picture_in_colours_says_so_where_the_model_takes_greys(app):
    at = app(image=image_name(np.full((3, 32, 32), 7, np.uint8)))
    assert key(at) == "digits-0"
    assert "of another shape than the model takes" in at.toast[0].value


@pytest.mark.parametrize("image", ["digits-3", "mnist-3", image_name(np.full((28, 28), 255, np.uint8))])
def test_a_link_to_an_image_of_another_shape_says_so(app, image):
    at = turn_to(app(), COLOURED, image=image)
    assert key(at) == "streetdigits-0"
    assert [toast.value for toast in at.toast] == [
        "The link names an image of another shape than the model takes; showing the usual one instead."
    ]
    assert dict(at.query_params) == {}


def test_a_link_to_images_that_are_not_here_says_so(app):
    at = turn_to(app(), COLOURED, image="svhn-3")
    assert key(at) == "streetdigits-0"
    [toast] = at.toast
    assert "download svhn" in toast.value


def model_of(dataset: str) -> Model:
    facts = data.get(dataset)
    return build("vae", GREY | {"image_shape": facts.image_shape, "likelihood": facts.family})


@pytest.mark.parametrize("dataset", data.DATASETS)
def test_every_dataset_s_images_are_offered_to_models_of_their_shape(dataset):
    model = model_of(dataset)
    checkpoint = Checkpoint(model=model, card={"dataset": dataset}, resume=None, dtype=torch.float32)
    assert dataset in SOURCES.keys() - OF_ONES_OWN
    usual = built_in(model.config.image_shape)
    assert dataset_for(checkpoint) == (dataset if data.is_available(dataset) else usual)
    chosen = image_named(image_name(Place(usual, 3)), model)
    assert chosen.x.shape == chosen.grey.shape == data.load(usual, "test").images[3].shape
    assert model.embed(chosen.x.unsqueeze(0)).shape == (1, 2)
