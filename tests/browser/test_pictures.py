"""Pictures that can be read and seen: the value of a pixel, an edge on a dark ground, choices in even rows."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.component_page import type_number, websocket_frames
from tests.browser.streamlit_page import patient_page, wait_until_idle
from tests.browser.visits import choose_look, watched
from ui.images.choice import image_named
from ui.vae.page import LOOKS
from vaemodels import checkpoints
from vaemodels.evaluation import image_terms

ROWS = """elements => {
  const count = new Map();
  for (const element of elements) {
    const { top } = element.getBoundingClientRect();
    count.set(top, (count.get(top) ?? 0) + 1);
  }
  return Array.from(count.values());
}"""

# Pictures without a line around them: by their own edge, or their buttons'.
EDGELESS = """pictures => pictures
  .filter((picture) => {
    const { borderTopWidth, borderTopStyle, outlineWidth, outlineStyle } = getComputedStyle(picture);
    const drawn = (width, style) => style !== "none" && parseFloat(width) >= 1;
    const edge = drawn(borderTopWidth, borderTopStyle) || drawn(outlineWidth, outlineStyle);
    return picture.getClientRects().length && !edge;
  })
  .map((picture) => picture.alt || picture.ariaLabel || picture.className || picture.parentElement.className)"""


def test_every_pixel_of_the_heat_map_can_be_read(page: Page, app_url: str):
    model = checkpoints.load("vae-digits").model
    nats = image_terms(model, image_named("digits-3", model).x).per_pixel

    def text(row: int, column: int) -> str:
        at = 28 * (row - 1) + column - 1
        largest = ", the largest" if at == int(nats.argmax()) else ""
        return f"row {row}, column {column}: {nats[at]:.2f} nats{largest}"

    frames = websocket_frames(page)
    with watched(page):
        page.goto(f"{app_url}/vae?model=vae-digits&images=digits&image=digits-3")
        wait_until_idle(page)
        map_ = page.get_by_role("slider", name="Nats at each pixel")
        box = map_.bounding_box()
        assert box is not None and 180 <= box["width"] <= 260
        output = page.locator(".lab-readable output")
        dearest = int(nats.argmax())
        expect(output).to_have_text(text(dearest // 28 + 1, dearest % 28 + 1))
        frames.clear()
        map_.hover(position={"x": box["width"] * 14.5 / 28, "y": box["height"] * 9.5 / 28})
        expect(output).to_have_text(text(10, 15))
        map_.press("ArrowLeft")
        map_.press("ArrowDown")
        expect(output).to_have_text(text(11, 14))
        expect(map_).to_have_attribute("aria-valuetext", text(11, 14))
        assert frames == []


def test_pictures_have_an_edge_in_the_dark_and_no_choice_is_alone(chromium: Browser, app_url: str):
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, color_scheme="dark")
    with watched(patient_page(context)) as page:
        page.goto(f"{app_url}/vae?model=vae-digits&images=digits&look=latents")
        wait_until_idle(page)
        assert page.locator(".st-key-only button").evaluate_all(ROWS) == [5, 5]
        [of_any, *digits] = page.locator("fieldset.digits label").evaluate_all(ROWS)
        assert sorted([of_any, *digits]) in ([5, 6], [11])
        for look in ("pairs", "interpolate", "traversal", "cloud", "beta", "decoders"):
            choose_look(page, LOOKS[look].title, look)
            pictures = page.locator(".stMain :is(img, canvas)")
            assert pictures.evaluate_all(EDGELESS) == [], look
    context.close()


@pytest.mark.parametrize("times", [1, 10_000])
def test_ticks_keep_clear_of_the_axis_title(components, times: int):
    page = components("chart")
    type_number(page, "times", times)
    for panel in page.locator("figure.chart .panel").all():
        title = panel.locator("text.title.y").bounding_box()
        ticks = panel.locator('.ticks text[text-anchor="end"]').all()
        assert title is not None and len(ticks) >= 2
        for tick in ticks:
            box = tick.bounding_box()
            assert box is not None and box["x"] >= title["x"] + title["width"]
