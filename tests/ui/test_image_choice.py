"""The choice of an image as Python runs it: sources, links, uploads; the browser's part is played by session state."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from ui.images.choice import for_model, image_named, is_of_other_images
from ui.images.name import Place, image_name
from ui.images.pad import SIDE
from ui.images.splits import model_input
from vaemodels import checkpoints, data
from vaemodels.data import binarize
from vaemodels.data.framing import frame
from vaemodels.models import build
from vaemodels.picture_by_hand import ink_by_hand, offered
from vaemodels.picture_files import read_picture

SMALL = {"z_dim": 2, "hidden": (4,)}
NEW_ADDRESS = "_address_is_new_next_run"  # as a prepared state leaves it for the run that reads it


def app(own_first: bool = False) -> None:
    """A page of nothing but the choice, for a model of built-in digits."""
    import streamlit as st
    import torch

    from ui.address import url_state
    from ui.images.choice import pick_image
    from vaemodels.checkpoints import Checkpoint
    from vaemodels.models import build

    url_state.begin_run()
    model = build("vae", {"z_dim": 2, "hidden": (4,)})
    checkpoint = Checkpoint(model=model, card={"dataset": "digits"}, resume=None, dtype=torch.float32)
    st.session_state["chosen"] = pick_image(checkpoint, own_first=own_first)
    url_state.write()


@pytest.fixture(autouse=True)
def _no_mnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    data.load.cache_clear()


@pytest.fixture
def visit() -> Callable[..., AppTest]:
    def go(**query: str) -> AppTest:
        at = AppTest.from_function(app, default_timeout=60)
        at.query_params.update(query)
        return at.run()

    return go


def drawn(at: AppTest, bitmap: np.ndarray, token: int = 0) -> AppTest:
    """The browser's report of a drawing."""
    report = {"strokes": [[1, 1]], "bitmap": base64.b64encode(bitmap.tobytes()).decode(), "occasion": token}
    at.session_state["pad"] = {"drawing": report}
    return at.run()


def bar() -> np.ndarray:
    bitmap = np.zeros((SIDE, SIDE), np.uint8)
    bitmap[10:90, 50:64] = 255
    return bitmap


def picture(ground: int = 255, ink: int = 0) -> bytes:
    image = Image.new("L", (90, 90), ground)
    ImageDraw.Draw(image).line([(20, 20), (70, 20), (40, 75)], fill=ink, width=9)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def key(at: AppTest) -> str:
    assert not at.exception
    return str(at.session_state["chosen"].key)


def pad_data(at: AppTest) -> dict[str, Any]:
    """What the browser's pad is given."""
    [pad] = [element for element in at.get("bidi_component") if element.proto.component_name == "vaelab_pad"]
    given: dict[str, Any] = json.loads(pad.proto.json)
    return given


def notes(at: AppTest) -> list[str]:
    return [toast.value for toast in at.toast]


def test_the_first_test_image_is_shown_and_leaves_the_address_alone(visit):
    at = visit()
    assert key(at) == "digits-0"
    assert at.query_params == {}
    assert at.segmented_control(key="images").options == ["Built-in", "Draw", "Upload"]


def test_a_pick_is_in_the_address_and_is_what_torch_binarises(visit):
    at = visit()
    report = at.session_state["_picker-digits_memory"]["stamp"]
    at.session_state["picker-digits"] = {"choice": {"index": 12, "occasion": report}}
    at.run()
    assert key(at) == "digits-12"
    assert at.query_params["image"] == "digits-12"
    chosen = at.session_state["chosen"]
    split = data.load("digits", "test")
    assert torch.equal(chosen.x, binarize(split.images, "static")[12])
    assert torch.equal(chosen.grey, split.images[12] / 255)
    assert chosen.label == split.labels[12]


@pytest.mark.parametrize("index", [-1, 300, 2.5, "7", None, [1]])
def test_a_pick_of_what_is_not_there_picks_nothing(visit, index):
    at = visit()
    report = at.session_state["_picker-digits_memory"]["stamp"]
    at.session_state["picker-digits"] = {"choice": {"index": index, "occasion": report}}
    assert key(at.run()) == "digits-0"


def test_a_link_opens_its_place(visit):
    at = visit(image="digits-299")
    assert key(at) == "digits-299"
    assert notes(at) == []


def test_a_link_opens_its_pixels(visit):
    token = image_name(frame(bar()))
    at = visit(image=token)
    assert key(at) == token
    assert at.segmented_control(key="images").value == "draw"
    assert torch.equal(at.session_state["chosen"].x, torch.tensor(frame(bar()).flatten() > 127).float())
    assert at.session_state["chosen"].label is None
    at = visit(image=token, images="upload")
    assert key(at) == token
    assert at.segmented_control(key="images").value == "upload"


OWN = image_name(frame(bar()))
ADDRESSES = [
    {name: value for name, value in (("images", source), ("image", image)) if value}
    for source in (None, "digits", "draw", "upload")
    for image in (None, "digits-0", "digits-5", OWN)
]


@pytest.mark.parametrize("own_first", [False, True])
def test_whatever_the_address_says_a_link_taken_there_opens_what_its_sender_saw(own_first):
    receiver = opened(own_first, {"image": "digits-9"})
    for address in ADDRESSES:
        sender = opened(own_first, address)
        assert key(sender) == address.get("image", "digits-0"), address
        link = dict(sender.query_params)
        asked = address.get("images", "draw" if own_first else "digits")
        if (asked, key(sender)) != ("digits", OWN):  # a dataset does not have that
            assert sender.segmented_control(key="images").value == asked, address
        # Someone who had another image open follows it, and then takes a link in turn.
        receiver.query_params.clear()
        receiver.query_params.update(link)
        receiver.session_state[NEW_ADDRESS] = True
        receiver.run()
        assert key(receiver) == key(sender), address
        assert receiver.segmented_control(key="images").value == sender.segmented_control(key="images").value
        assert dict(receiver.query_params) == link, address
        assert notes(sender) == notes(receiver) == []


def opened(own_first: bool, address: dict[str, str]) -> AppTest:
    """The page as a new visitor finds it."""
    at = AppTest.from_function(app, default_timeout=60, kwargs={"own_first": own_first})
    at.query_params.update(address)
    return at.run()


@pytest.mark.parametrize("text", ["digits-300", "pixels-AAAA", "<script>", "mine-1", "x" * 1_500])
def test_a_link_of_rubbish_opens_the_usual_image_and_says_so(visit, text):
    at = visit(image=text)
    assert key(at) == "digits-0"
    [sentence] = notes(at)
    assert sentence == "The link names an image that does not exist; showing the usual one instead."
    assert "image" not in at.query_params
    assert notes(at.run()) == []


def test_a_link_to_mnist_without_mnist_says_so(visit):
    at = visit(image="mnist-7")
    assert key(at) == "digits-0"
    [sentence] = notes(at)
    assert "fetch MNIST" in sentence


def test_a_drawing_is_framed_and_kept_when_it_is_wiped_out(visit):
    at = visit()
    at.segmented_control(key="images").set_value("draw").run()
    assert key(at) == "digits-0"
    label = int(data.load("digits", "test").labels[0])
    before = f"Until there is one of yours, the page shows a {label}, digits test image 0."
    assert pad_data(at) | {"before": before, "framed": None} == pad_data(at)
    at = drawn(at, bar())
    assert key(at) == image_name(frame(bar()))
    token = key(at)
    at = drawn(at, np.zeros_like(bar()))
    assert key(at) == token
    assert base64.b64decode(pad_data(at)["framed"]) == frame(bar()).tobytes()
    assert pad_data(at)["caption"].endswith(
        "centred by mass in 28×28, as in MNIST; binarised at the threshold ½."
    )


@pytest.mark.parametrize("bitmap", ["", "AAAA", "é", "====", base64.b64encode(bytes(10**5)).decode()])
def test_a_report_that_is_no_bitmap_changes_nothing(visit, bitmap):
    at = visit(images="draw")
    at.session_state["pad"] = {"drawing": {"strokes": [], "bitmap": bitmap, "occasion": 0}}
    assert key(at.run()) == "digits-0"


def test_each_source_keeps_its_image(visit):
    at = visit(image="digits-5")
    at.segmented_control(key="images").set_value("draw").run()
    assert key(at) == "digits-5"
    at = drawn(at, bar(), token=1)
    token = key(at)
    assert token.startswith("pixels-")
    at.segmented_control(key="images").set_value("digits").run()
    assert key(at) == "digits-5"
    at.segmented_control(key="images").set_value("draw").run()
    assert key(at) == token


def crop_data(at: AppTest) -> dict[str, Any]:
    """What the browser's frame over an uploaded picture is given; nothing where there is none."""
    crops = [each for each in at.get("bidi_component") if each.proto.component_name == "vaelab_crop"]
    given: dict[str, Any] = json.loads(crops[0].proto.mixed.json) if crops else {}
    return given


def cropped(at: AppTest, **asked: Any) -> AppTest:
    """The browser's report of how the picture is to be read."""
    given = crop_data(at)
    at.session_state["crop"] = {
        "by_hand": {"occasion": given["occasion"], "asked": {**given["offered"], **asked} if asked else None}
    }
    return at.run()


def test_an_upload_is_read_framed_and_explained(visit):
    at = visit(images="upload")
    at.file_uploader[0].upload("seven.png", picture(), "image/png").run()
    token = key(at)
    assert token.startswith("pixels-")
    assert at.query_params["image"] == token
    given = crop_data(at)
    assert "inverted, as it was dark on light" in given["caption"]
    assert "threshold ½" in given["caption"]
    # What is no picture leaves the good one where it is, but not as what the model sees of the bad one.
    at.file_uploader[0].upload("eight.png", b"<svg></svg>", "image/png").run()
    assert key(at) == token
    [error] = at.error
    assert error.value.startswith("This file is not a picture")
    assert [caption.value for caption in at.caption] == [
        "It was not taken: the rest of the page goes on with your picture before it."
    ]
    assert not crop_data(at)
    at.file_uploader[0].upload("7.png", picture(), "image/png").run()
    assert not at.error
    assert crop_data(at)


def test_a_picture_is_read_as_its_frame_says_until_that_is_taken_back(visit):
    at = visit(images="upload")
    at.file_uploader[0].upload("seven.png", picture(), "image/png").run()
    automatic = key(at)
    read = read_picture(picture())
    by_hand = offered(read)._replace(turns=1, angle=-9, threshold=77)
    token = key(cropped(at, turns=1, angle=-9, threshold=77))
    assert token == image_name(frame(ink_by_hand(read.levels, by_hand))) != automatic
    assert at.query_params["image"] == token
    assert "cropped by hand" in crop_data(at)["caption"]
    # A frame around nothing keeps the image, what cannot be done and what is of another picture change nothing.
    assert key(cropped(at, left=1, top=1, right=5, bottom=5)) == token
    for asked in (
        {"right": 91},
        {"left": 0.5},
        {"turns": 4},
        {"threshold": "7"},
        {"more": 1},
        {"angle": True},
    ):
        assert key(cropped(at, **asked)) == token
    at.session_state["crop"] = {"by_hand": {"occasion": "another", "asked": None}}
    assert key(at.run()) == token
    # Who leaves and comes back finds it as it was.
    del at.session_state["crop"]
    at.segmented_control(key="images").set_value("digits").run()
    at.segmented_control(key="images").set_value("upload").run()
    assert key(at) == token
    assert crop_data(at)["by_hand"]["left"] == 1
    assert key(cropped(at)) == automatic
    # Another picture is read automatically.
    cropped(at, turns=2)
    at.file_uploader[0].upload("light.png", picture(0, 255), "image/png").run()
    assert key(at) == image_name(frame(read_picture(picture(0, 255)).ink))


def test_a_picture_whose_ink_may_not_be_ink_is_read_with_a_warning(visit):
    at = visit(images="upload")
    half = Image.new("L", (90, 90), 255)
    half.paste(0, (0, 0, 45, 90))
    buffer = io.BytesIO()
    half.save(buffer, "PNG")
    at.file_uploader[0].upload("half.png", buffer.getvalue(), "image/png").run()
    assert key(at).startswith("pixels-")
    [warning] = at.warning
    assert "crop the picture to the digit" in warning.value
    at.file_uploader[0].upload("seven.png", picture(), "image/png").run()
    assert not at.warning


def test_a_first_picture_that_is_refused_leaves_a_drawing_where_it_is_and_says_so(visit):
    at = visit(images="draw")
    token = key(drawn(at, bar()))
    at.segmented_control(key="images").set_value("upload").run()
    at.file_uploader[0].upload("seven.jpg", b"\0\0\0\x18ftypheic" + bytes(90), "image/jpeg").run()
    assert key(at) == token
    assert "export it as JPEG" in at.error[0].value
    assert "the image before it" in at.caption[0].value
    assert not crop_data(at)


def test_another_model_takes_the_image_in_its_own_way():
    binary = build("vae", SMALL)
    grey = build("vae", {**SMALL, "likelihood": "gaussian"})
    own = image_named(image_name(frame(bar())), grey)
    assert torch.equal(own.x, own.grey)
    assert torch.equal(for_model(own, binary), (own.grey > 0.5).float())
    picked = image_named(image_name(Place("digits", 9)), binary)
    assert torch.equal(for_model(picked, grey), picked.grey)
    assert torch.equal(picked.x, model_input("digits", binary, 9))


def test_only_a_test_image_of_another_dataset_is_one_the_model_did_not_learn_the_like_of():
    one_of_ones_own = image_name(np.full((28, 28), 255, np.uint8))
    for name, key, other in [
        ("vae", "digits-3", True),
        ("vae-digits", "digits-3", False),
        ("vae", one_of_ones_own, False),
    ]:
        checkpoint = checkpoints.load(name)
        assert is_of_other_images(image_named(key, checkpoint.model), checkpoint) == other
