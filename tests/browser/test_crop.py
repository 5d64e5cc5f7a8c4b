"""A picture framed by hand: in the browser as in Python, to the byte; and by mouse and keyboard on a page."""

import base64

import numpy as np
from playwright.sync_api import Page

from tests.browser.server import ROOT
from ui.components.assets import with_needs
from vaemodels.data.framing import Ink, frame
from vaemodels.picture_by_hand import ByHand, fits, ink_by_hand

CROP = """async ([script, cases]) => {
  const { framedByHand, turnedOnce } = await import(script);
  return cases.map(([width, height, text, byHand]) => {
    const levels = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const { ink, threshold } = framedByHand({ levels, width, height }, byHand);
    const turned = turnedOnce({ levels, width, height }, byHand);
    return [ink && btoa(String.fromCharCode(...ink)), threshold, turned];
  });
}"""


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def picture(random: np.random.Generator) -> Ink:
    """A dark or light stroke on a ground that is lit from one side, with noise."""
    height, width = random.integers(20, 257, 2)
    rows, columns = np.mgrid[:height, :width]
    along = random.normal(size=2)
    away = np.abs((rows - height / 2) * along[0] + (columns - width / 2) * along[1]) / np.hypot(*along)
    ground = random.uniform(60, 230) + random.uniform(-40, 40) * columns / width
    levels = (
        ground + random.uniform(-200, 200) * (away < random.uniform(1, 9)) + random.normal(0, 4, ground.shape)
    )
    return levels.clip(0, 255).astype(np.uint8)


def asked(random: np.random.Generator, levels: Ink) -> ByHand:
    turns = int(random.integers(4))
    height, width = levels.shape if turns % 2 == 0 else levels.shape[::-1]
    left, right = sorted(random.choice(width + 1, 2, replace=False).tolist())
    top, bottom = sorted(random.choice(height + 1, 2, replace=False).tolist())
    angle = int(random.integers(-45, 46)) * int(random.integers(2))
    threshold = None if random.random() < 0.6 else int(random.integers(255))
    return ByHand(left, top, right, bottom, turns, angle, bool(random.integers(2)), threshold)


def test_the_browser_frames_a_picture_to_the_bytes_that_python_makes_of_it(page: Page):
    random = np.random.default_rng(0)
    pictures = [picture(random) for _ in range(150)]
    pictures += [np.full((30, 40), level, np.uint8) for level in (0, 7, 255)]
    cases = [(levels, asked(random, levels)) for levels in pictures for _ in range(2)]
    script = with_needs(ROOT / "ui" / "images" / "crop" / "by_hand.js").encode()
    sent = [
        [levels.shape[1], levels.shape[0], encoded(levels.tobytes()), by_hand._asdict()]
        for levels, by_hand in cases
    ]
    found = page.evaluate(CROP, [f"data:text/javascript;base64,{encoded(script)}", sent])
    empty = 0
    for (levels, by_hand), (text, threshold, turned) in zip(cases, found, strict=True):
        ink = ink_by_hand(levels, by_hand)
        empty += not ink.any()
        assert text == (encoded(frame(ink).tobytes()) if ink.any() else None), (levels.shape, by_hand)
        assert by_hand.threshold in {None, threshold}
        # One more quarter turn shows the same pixels, turned.
        once = ByHand(**turned)
        assert fits(once, levels.shape)
        if by_hand.angle == 0:
            assert np.array_equal(ink_by_hand(levels, once), np.rot90(ink, -1))
    assert 5 < empty < len(cases) / 2
