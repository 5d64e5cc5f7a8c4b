"""What tests need to know about the page of component_app.py."""

import re

import torch
from playwright.sync_api import Locator, Page, WebSocket, expect

from tests.browser.streamlit_page import shown, wait_until_idle


def websocket_frames(page: Page) -> list[str | bytes]:
    """A list that grows with each frame to or from the server from now on; call before `goto`."""
    frames: list[str | bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: frames.append(frame))
        socket.on("framereceived", lambda frame: frames.append(frame))

    page.on("websocket", listen)
    return frames


RED = """(canvas, at, columns) => {
  const width = canvas.width / columns;
  const { data } = canvas.getContext("2d").getImageData(at * width, 0, width, canvas.height);
  return Array.from(data.filter((_, i) => i % 4 === 0));
}"""


def ink_of(canvas: Locator, at: int = 0, columns: int = 1) -> list[int]:
    """The red of each pixel of image `at` of the `columns` on a canvas: 11 where nothing is, 255 where all is ink."""
    red: list[int] = canvas.evaluate(
        f"(canvas, [at, columns]) => ({RED})(canvas, at, columns)", [at, columns]
    )
    return red


def expect_ink(canvas: Locator, ink: list[int], at: int = 0, columns: int = 1) -> None:
    """Waits until image `at` of the `columns` on a canvas is the given one, but for the rounding of the last bit."""
    canvas.page.wait_for_function(
        f"""([canvas, ink, at, columns]) =>
          ({RED})(canvas, at, columns).every((red, i) => Math.abs(red - ink[i]) <= 1)""",
        arg=[canvas.element_handle(), ink, at, columns],
    )


def z_of(page: Page) -> list[float]:
    """Where the explorer is."""
    z: list[float] = shown(page)["z"]
    return z


def type_number(page: Page, label: str, value: int) -> None:
    """Give one of the page's number inputs another value."""
    page.get_by_label(label, exact=True).fill(str(value))
    page.get_by_label(label, exact=True).press("Enter")
    wait_until_idle(page)


def expect_released(page: Page, z: list[float] | None) -> None:
    """Waits until z is what the explorer has told Python."""
    if z is None:
        expect(page.get_by_text(re.compile("^released"))).to_have_text("released null")
        return
    page.wait_for_function(
        """z => {
          const texts = Array.from(document.querySelectorAll('[data-testid="stText"]'), (text) => text.innerText);
          const released = JSON.parse(texts.find((text) => text.startsWith("released ")).slice("released ".length));
          return released?.length === z.length && released.every((value, i) => Math.abs(value - z[i]) < 1e-6);
        }""",
        arg=z,
    )


def noise_of(seed: int, n: int) -> torch.Tensor:
    """The uniform numbers that the browser makes of a seed (mulberry32)."""
    values, state = [], seed
    for _ in range(n):
        state = (state + 0x6D2B79F5) % 2**32
        t = (state ^ (state >> 15)) * (state | 1) % 2**32
        t ^= (t + (t ^ (t >> 7)) * (t | 61)) % 2**32
        values.append((t ^ (t >> 14)) / 2**32)
    return torch.tensor(values)
