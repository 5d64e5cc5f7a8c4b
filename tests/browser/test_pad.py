"""The drawing pad by itself: with every move of the pen it frames what is drawn, shows that and tells who follows."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.streamlit_page import centre, console_errors, exceptions, wait_until_idle

# What those who follow the slot are told, and when something is sent to the server.
LISTEN = """slot => {
  globalThis.heard = [];
  globalThis.__vaelab.events.addEventListener(`drawing ${slot}`, ({ detail: { ink, down } }) =>
    heard.push({ ink: ink && btoa(String.fromCharCode(...ink)), down }));
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (...content) {
    heard.push("sent");
    return send.apply(this, content);
  };
}"""
RED = """canvas => btoa(String.fromCharCode(
  ...canvas.getContext("2d").getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 0)))"""
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def pad_url(serve: Callable[..., str]) -> str:
    return serve(Path(__file__).with_name("pad_app.py"))


def surface(page: Page) -> Locator:
    return page.get_by_role("application", name=re.compile("^Draw a digit"))


def figure(page: Page) -> Locator:
    return page.get_by_role("img", name="The image as it was framed")


def heard(page: Page) -> list[Any]:
    """What has been heard since the last time."""
    found: list[Any] = page.evaluate("heard.splice(0)")
    return found


def told_until_sent(page: Page) -> list[dict[str, Any]]:
    """What those who follow were told until something was sent to the server."""
    page.wait_for_function("heard.includes('sent')")
    return [drawing for drawing in heard(page) if drawing != "sent"]


def expect_framed_by_python(page: Page, ink: str) -> None:
    expect(page.get_by_test_id("stText")).to_have_text(f"framed {ink}".strip())


def top_of_what_follows(page: Page) -> float:
    box = page.get_by_test_id("stText").bounding_box()
    assert box is not None
    return box["y"]


def move(page: Page, right: float, down: float) -> None:
    """The mouse to a place on the pad, in parts of its side from its middle, and the frame that follows."""
    x, y, side = centre(surface(page))
    page.mouse.move(x + right * side, y + down * side)
    page.evaluate(FRAME)


def visit(page: Page, url: str, slot: str) -> None:
    page.goto(f"{url}/?slot={slot}")
    wait_until_idle(page)
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    page.evaluate(LISTEN, slot)


def test_whoever_follows_the_pad_is_told_every_move_and_python_the_end_of_a_stroke(page: Page, pad_url: str):
    errors = console_errors(page)
    visit(page, pad_url, "page")
    below = top_of_what_follows(page)
    expect(figure(page)).to_be_hidden()

    move(page, -0.25, -0.3)
    assert heard(page) == []
    page.mouse.down()
    page.evaluate(FRAME)
    told = heard(page)
    for right, down in [(0, -0.3), (0.25, -0.3), (0.1, 0), (-0.1, 0.35)]:
        move(page, right, down)
        [now] = heard(page)
        assert figure(page).evaluate(RED) == now["ink"]
        told.append(now)
    assert [drawing["down"] for drawing in told] == [True] * 5
    assert len({drawing["ink"] for drawing in told}) == 5
    expect(page.get_by_text("What the model sees.")).to_be_visible()

    page.mouse.up()
    page.wait_for_function("heard.includes('sent')")
    last, *sent = heard(page)
    assert last == {"ink": told[-1]["ink"], "down": False}
    assert set(sent) == {"sent"}
    expect_framed_by_python(page, last["ink"])
    wait_until_idle(page)
    assert figure(page).evaluate(RED) == last["ink"]
    assert top_of_what_follows(page) == below
    assert len(base64.b64decode(last["ink"])) == 784

    # A second stroke, taken back, and then the first: the figure stays, and says so.
    heard(page)
    move(page, 0.3, 0.3)
    page.mouse.down()
    page.mouse.up()
    second = told_until_sent(page)[-1]["ink"]
    assert second != last["ink"]
    expect_framed_by_python(page, second)
    for button, ink in [("undo", last["ink"]), ("clear", None)]:
        page.get_by_role("button", name=button, exact=True).click()
        assert told_until_sent(page) == [{"ink": ink, "down": False}]
        expect_framed_by_python(page, ink or "")
        assert figure(page).evaluate(RED) == last["ink"]
    expect(page.get_by_text("Until you draw again, the page shows your last drawing.")).to_be_visible()
    assert exceptions(page) == []
    assert errors == []


def test_without_a_slot_nobody_is_told(page: Page, pad_url: str):
    visit(page, pad_url, "")
    page.evaluate("() => { globalThis.__vaelab.events.dispatchEvent = ({ type }) => heard.push(type); }")
    move(page, 0, 0)
    page.mouse.down()
    move(page, 0.2, 0.2)
    expect(figure(page)).to_be_visible()
    page.mouse.up()
    page.wait_for_function("heard.includes('sent')")
    assert set(heard(page)) == {"sent"}
