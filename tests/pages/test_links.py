"""Links as a property: whatever state of a page a link names, whoever opens what the page makes of it sees the same."""

import os
import string
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT
from tests.pages.test_every_page import html_of, sentences
from tests.rubbish import RUBBISH
from ui import models
from ui.address.url_state import axes_to_text, z_to_text
from ui.all_pages import PAGES
from ui.images.name import Pixels, Place, image_name
from ui.page import Page
from vaemodels import checkpoints
from vaemodels.data.framing import FIELD, Ink

EXAMPLES = int(os.environ.get("VAELAB_LINKS", "2"))  # of each page, each of two visits; a hunt takes more
QUICKLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 2,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
TEXT = st.text(string.printable + "é٣😀½", max_size=40) | st.sampled_from(RUBBISH)


@st.composite
def ink(draw: Any) -> Ink:
    """A drawing: a few strokes of ink on the field."""
    field = np.zeros((FIELD, FIELD), np.uint8)
    for _ in range(draw(st.integers(1, 3))):
        row, column = draw(st.integers(2, 24)), draw(st.integers(2, 20))
        field[row : row + 3, column : column + 6] = draw(st.integers(1, 255))
    return field


@st.composite
def colours(draw: Any) -> Pixels:
    """A picture in colours: a bar on a ground."""
    pixels = np.zeros((3, 32, 32), np.uint8)
    left = draw(st.integers(2, 20))
    for columns in (slice(None), slice(left, left + 8)):
        pixels[..., columns] = np.array(draw(st.tuples(*[st.integers(1, 255)] * 3)))[:, None, None]
    return pixels


# By the shape of images: the built-in dataset, images of one's own, and where those come from.
OWN: dict[tuple[int, ...], tuple[str, st.SearchStrategy[Pixels], list[str]]] = {
    (1, FIELD, FIELD): ("digits", ink(), ["draw", "upload"]),
    (3, 32, 32): ("streetdigits", colours(), ["upload"]),
}


@st.composite
def states(draw: Any, page: Page) -> dict[str, str]:
    """An address of the page whose values are all of a kind that the page writes there."""
    state: dict[str, str] = {
        "seed": str(draw(st.integers(0, 9_999))),
        "show": draw(st.sampled_from(["mean", "draw"])),
    }
    if page.experiments:
        experiment = draw(st.sampled_from(page.experiments)).state
        state |= {name: str(value) for name, value in experiment.items()}
    names = models.names(page.kinds, page.image_shape, page.z_dim)
    if "model" in page.parts:
        state.setdefault("model", draw(st.sampled_from(names)))
        config = checkpoints.load(state["model"]).model.config
        if "image" not in state and (shape := tuple(config.image_shape)) in OWN:
            dataset, own, sources = OWN[shape]
            digit = st.integers(0, 299).map(lambda place: image_name(Place(dataset, place)))
            state["image"] = draw(digit | own.map(image_name))
            # A pad or an upload may be chosen and still be empty.
            if source := draw(st.sampled_from(["", dataset, *sources])):
                state["images"] = source
        dims = next(iter(checkpoints.load(state["model"]).model.latent_dims.values()))
        if "z" in page.parameters | {"z"}:
            state["z"] = z_to_text(draw(st.lists(st.floats(-3, 3), min_size=dims, max_size=dims)))
        if dims > 2:
            state["axes"] = axes_to_text(draw(st.permutations(range(dims)))[:2])
    if page.looks:
        state.setdefault("look", draw(st.sampled_from(sorted(page.looks))))
    return state


def address(at: AppTest) -> dict[str, str]:
    return dict(at.query_params)


def words(at: AppTest) -> list[str]:
    """All that the page says and shows in HTML."""
    return [html_of(at), *(str(each.value) for each in (*at.caption, *at.markdown, *at.metric))]


def opened_at(page: Page, query: dict[str, str]) -> AppTest:
    """The page after its first run, without a run of the first page before it."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.query_params.update(query)
    at.switch_page(page.file)
    return at.run()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slot)
@QUICKLY
@given(data=st.data())
def test_whoever_opens_a_link_sees_what_its_sender_saw(page: Page, data: st.DataObject):
    """Of any state; where one value of it is rubbish that is told in sentences, and the rest of the link holds."""
    state = data.draw(states(page))
    spoiled = data.draw(st.none() | st.sampled_from(sorted(state)))
    sender = opened_at(page, state if spoiled is None else state | {spoiled: data.draw(TEXT)})
    sentences(sender)
    assert spoiled == "seed" or sender.number_input(key="seed").value == int(state["seed"])
    if page.parts and page.decoding and spoiled != "show":
        assert sender.session_state["show"] == state["show"]
    opened = opened_at(page, address(sender))
    assert sentences(opened) == []
    assert address(opened) == address(sender)
    assert words(opened) == words(sender)
