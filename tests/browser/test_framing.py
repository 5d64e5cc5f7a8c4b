"""Drawings are framed in the browser as Python frames them, to the byte."""

import base64

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from tests.browser.server import ROOT
from ui.components.assets import with_needs
from vaemodels.data.framing import Ink, frame

SIDE = 112
FRAME = """async ([script, drawings]) => {
  const { frameInk } = await import(script);
  return drawings.map(([width, height, text]) => {
    const framed = frameInk(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)), width, height);
    return framed && btoa(String.fromCharCode(...framed));
  });
}"""


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def framed_by_browser(page: Page, drawings: list[Ink]) -> list[bytes | None]:
    script = with_needs(ROOT / "ui" / "images" / "pad" / "framing.js").encode()
    sent = [[drawing.shape[1], drawing.shape[0], encoded(drawing.tobytes())] for drawing in drawings]
    texts = page.evaluate(FRAME, [f"data:text/javascript;base64,{encoded(script)}", sent])
    return [None if text is None else base64.b64decode(text) for text in texts]


def stroke(random: np.random.Generator, width: float) -> Ink:
    """A crooked line, its edges as smooth as a browser's."""
    large = Image.new("L", (4 * SIDE, 4 * SIDE))
    points = [tuple(map(float, point)) for point in random.uniform(0, 4 * SIDE, (random.integers(2, 7), 2))]
    ImageDraw.Draw(large).line(points, fill=255, width=max(1, round(4 * width)), joint="curve")
    return np.asarray(large.resize((SIDE, SIDE), Image.Resampling.BOX))


def thin_line(random: np.random.Generator) -> Ink:
    image = Image.new("L", (SIDE, SIDE))
    points = [tuple(map(int, point)) for point in random.integers(0, SIDE, (2, 2))]
    ImageDraw.Draw(image).line(points, fill=int(random.integers(1, 256)))
    return np.asarray(image)


def blob(random: np.random.Generator) -> Ink:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    middle, widths = random.uniform(0, SIDE, 2), random.uniform(1, 30, 2)
    hill = np.exp(-(((rows - middle[0]) / widths[0]) ** 2) - ((columns - middle[1]) / widths[1]) ** 2)
    return (random.uniform(20, 255) * hill).astype(np.uint8)


def dot(random: np.random.Generator) -> Ink:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[tuple(random.integers(0, SIDE, 2))] = random.integers(1, 256)
    return ink


def box(random: np.random.Generator) -> Ink:
    """Noise or one level within a box of any aspect ratio."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    top, left = random.integers(0, SIDE, 2)
    height, width = random.integers(1, SIDE + 1, 2)
    level = random.integers(1, 256)
    part = ink[top : top + height, left : left + width]
    part[:] = random.integers(0, 256, part.shape) if random.random() < 0.5 else level
    return ink


def whole_field(random: np.random.Generator) -> Ink:
    """Noise over fields of other sizes, down to a single pixel, as long as a line and as small as the box."""
    shapes = [(1, 1), (1, 112), (112, 1), (20, 20), (28, 28), (41, 2), (3, 300), (112, 112)]
    return random.integers(0, 256, shapes[random.integers(len(shapes))]).astype(np.uint8)


def test_the_browser_frames_a_drawing_to_the_bytes_that_python_makes_of_it(page: Page):
    random = np.random.default_rng(0)
    makers = [
        *(lambda random, width=width: stroke(random, width) for width in (0.5, 3, 10)),
        thin_line,
        blob,
        dot,
        box,
        whole_field,
    ]
    drawings = [make(random) for _ in range(50) for make in makers]
    drawings += [np.full((SIDE, SIDE), level, np.uint8) for level in (1, 128, 255)]
    drawings = [drawing for drawing in drawings if drawing.any()]
    assert len(drawings) > 350
    for drawing, framed in zip(drawings, framed_by_browser(page, drawings), strict=True):
        assert framed == frame(drawing).tobytes(), drawing.shape


def test_the_browser_finds_nothing_to_frame_where_there_is_no_ink(page: Page):
    nothing = [np.zeros(shape, np.uint8) for shape in [(1, 1), (SIDE, SIDE)]]
    assert framed_by_browser(page, nothing) == [None, None]
