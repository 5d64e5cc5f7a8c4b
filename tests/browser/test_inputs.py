"""Images that a visitor gives: drawn by mouse and by keyboard, uploaded, picked, opened by a link."""

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.component_page import websocket_frames
from tests.browser.streamlit_page import (
    HOLD_REQUESTS,
    RELEASE_REQUESTS,
    centre,
    exceptions,
    patient_page,
    shown,
    wait_until_idle,
)
from tests.small import saved, seven
from ui.images.name import image_name
from ui.images.pad import SIDE
from vaemodels import checkpoints, data
from vaemodels.data.framing import Ink, frame
from vaemodels.evaluation import image_terms
from vaemodels.models import Model
from vaemodels.picture_by_hand import ink_by_hand, offered
from vaemodels.picture_files import read_picture

PAGE = "/vae?model=vae-digits"

# The bitmap that the browser makes of the strokes is drawn over the pad's own pixels, at the pad's own resolution.
BITMAP = """pad => {
  const small = new OffscreenCanvas(SIDE, SIDE).getContext("2d");
  small.drawImage(pad, 0, 0, SIDE, SIDE);
  return Array.from(small.getImageData(0, 0, SIDE, SIDE).data.filter((_, i) => i % 4 === 0));
}""".replace("SIDE", str(SIDE))


@pytest.fixture
def visit(page: Page, app_url: str) -> Iterator[Callable[[str], Page]]:
    def go(address: str) -> Page:
        page.goto(app_url + address)
        wait_until_idle(page)
        return page

    yield go
    assert exceptions(page) == []


@pytest.fixture(scope="module")
def model() -> Model:
    return checkpoints.load("vae-digits").model


def pad(page: Page) -> Locator:
    return page.get_by_role("application", name=re.compile("^Draw a digit"))


def choose_source(page: Page, name: str) -> None:
    page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=True).click()
    wait_until_idle(page)


def framed(page: Page) -> Ink:
    """The pixels that the page shows as what the model sees."""
    image = page.get_by_role("img", name="The image as it was framed")
    expect(image).to_be_visible()
    levels = image.evaluate(
        """async image => {
          await image.decode?.();
          const context = new OffscreenCanvas(28, 28).getContext("2d");
          context.drawImage(image, 0, 0);
          return Array.from(context.getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 0));
        }"""
    )
    return np.array(levels, np.uint8).reshape(28, 28)


def expect_elbo(page: Page, model: Model, ink: Ink) -> None:
    """The page shows the ELBO of the framed ink, black and white by threshold."""
    terms = image_terms(model, torch.tensor(ink.flatten() > 127).float())
    for name, value in {
        "nelbo": terms.nelbo,
        "reconstruction": terms.reconstruction,
        "kl": terms.kl_total,
    }.items():
        expect(page.locator(f'.lab-sum [data-term="{name}"]')).to_have_text(f"{value:.1f}")


def image_in(address: str) -> str | None:
    """The image that the address names."""
    return parse_qs(urlsplit(address).query).get("image", [None])[0]


def expect_in_address(page: Page, image: str) -> None:
    """The address comes to name the image, once the visitor rests."""
    page.wait_for_url(lambda url: image_in(url) == image)


def expect_own_in_address(page: Page) -> None:
    """The address comes to name an image of the visitor's own, once Python has answered and they rest."""
    page.wait_for_url(lambda url: (image_in(url) or "").startswith("pixels-"))


def draw_seven(page: Page) -> None:
    x, y, side = centre(pad(page))
    corners = [(-0.25, -0.3), (0.25, -0.3), (-0.1, 0.35)]
    page.mouse.move(x + corners[0][0] * side, y + corners[0][1] * side)
    page.mouse.down()
    for right, down in corners[1:]:
        page.mouse.move(x + right * side, y + down * side, steps=20)
    page.mouse.up()


@contextmanager
def reports(page: Page) -> Iterator[list[Ink]]:
    """The bitmaps that the pad gives the server meanwhile; every request repeats the last one."""
    bitmaps: list[Ink] = []
    sent = websocket_frames(page)
    yield bitmaps
    for content in sent:
        text = content.decode(errors="ignore") if isinstance(content, bytes) else content
        for found in re.findall(r'"bitmap": ?"([A-Za-z0-9+/=]+)"', text):
            bitmap = np.frombuffer(base64.b64decode(found), np.uint8).reshape(SIDE, SIDE)
            if not bitmaps or not np.array_equal(bitmap, bitmaps[-1]):
                bitmaps.append(bitmap)


def test_a_drawing_is_framed_measured_and_opened_by_its_link(
    page, visit, model, chromium: Browser, app_url: str
):
    with reports(page) as bitmaps:
        visit(f"{PAGE}&images=draw")
        expect(page.get_by_text("Until there is one of yours")).to_be_visible()
        draw_seven(page)
        expect_own_in_address(page)
        wait_until_idle(page)
    ink = frame(bitmaps[-1])
    # What was reported is what is on the pad, but for the pad's finer pixels and its near-black ground.
    on_pad = np.array(pad(page).evaluate(BITMAP)).reshape(SIDE, SIDE)
    assert np.abs(on_pad - bitmaps[-1].astype(int)).mean() < 14
    assert np.array_equal(framed(page), ink)
    assert 40 < ink.sum() / 255 < 160  # MNIST's digits have 95 pixels of ink, half of them 60 to 120
    expect_elbo(page, model, ink)
    expect_in_address(page, image_name(ink))

    other = chromium.new_context()
    stranger = patient_page(other)
    stranger.goto(page.url)
    wait_until_idle(stranger)
    expect(pad(stranger)).to_be_visible()
    assert np.array_equal(framed(stranger), ink)
    expect_elbo(stranger, model, ink)
    assert stranger.url == page.url
    other.close()

    # The drawing is there on coming back from another page, and its strokes can still be undone.
    page.get_by_test_id("stTopNavLink").filter(has_text="Home").click()
    expect(page.get_by_role("heading", name="VAE Lab")).to_be_visible()
    page.get_by_test_id("stTopNavLink").filter(has_text="VAE and β-VAE").click()
    pad(page).wait_for()
    wait_until_idle(page)
    assert np.array_equal(framed(page), ink)
    assert np.array(pad(page).evaluate(BITMAP)).max() > 200
    page.get_by_role("button", name="undo", exact=True).click()
    expect(page.get_by_text("Until you draw again, the page shows your last drawing")).to_be_visible()
    assert np.array_equal(framed(page), ink)


# What the browser infers while somebody draws, and what of it shows after each move.
WATCH = """slot => {
  window.inferred = [];
  globalThis.__vaelab.events.addEventListener(`inference ${slot}`, ({ detail }) => {
    const { reconstruction, kl, code, draws, down } = detail;
    window.inferred.push({ reconstruction, kl: kl.z, code: Array.from(code), draws, down });
  });
}"""
SHOWN = """() => ({
  terms: Array.from(document.querySelectorAll(".lab-sum [data-term]"), (node) => node.textContent).join(),
  reconstruction: document.querySelector('[data-picture="mean"] canvas')?.toDataURL(),
  nats: document.querySelector('[data-picture="per-pixel"] canvas')?.toDataURL(),
  z: Array.from(globalThis.__vaelab_explorers.explorer.z).join(),
})"""


def test_all_that_the_model_makes_of_a_drawing_follows_the_pen(page, visit, model):
    frames = websocket_frames(page)
    with reports(page) as bitmaps:
        visit(f"{PAGE}&images=draw")
        plane = page.locator(".explorer .plane")
        page.evaluate(WATCH, "vae")
        x, y, side = centre(pad(page))
        page.mouse.move(x - 0.2 * side, y - 0.3 * side)
        page.mouse.down()
        page.wait_for_function("window.inferred.length")
        wait_until_idle(page)
        frames.clear()
        seen, planes = [], [plane.screenshot()]
        for step in range(1, 6):
            count = page.evaluate("window.inferred.length")
            page.mouse.move(x + (0.09 * step - 0.2) * side, y + (0.12 * step - 0.3) * side)
            page.wait_for_function("count => window.inferred.length > count", arg=count)
            seen.append(page.evaluate(SHOWN))
        planes.append(plane.screenshot())
        assert frames == []
        for part in seen[0]:
            assert len({state[part] for state in seen}) == len(seen), part
        assert planes[0] != planes[1]
        page.mouse.up()
        page.wait_for_url(lambda url: image_in(url) is not None)
        wait_until_idle(page)
    lifted = page.evaluate("window.inferred.at(-1)")
    ink = frame(bitmaps[-1])
    terms = image_terms(model, torch.tensor(ink.flatten() > 127).float())
    assert not lifted["down"]
    assert lifted["draws"] == terms.draws
    assert lifted["reconstruction"] == pytest.approx(terms.reconstruction, abs=0.05)
    assert lifted["kl"] == pytest.approx(terms.kl_total, abs=0.05)
    assert lifted["code"] == pytest.approx(terms.code.tolist(), abs=1e-3)
    expect_elbo(page, model, ink)
    assert shown(page)["z"] == pytest.approx(terms.code.tolist(), abs=1e-3)


def test_on_a_phone_the_terms_stand_below_the_pad(chromium: Browser, app_url: str):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = patient_page(context)
    page.goto(f"{app_url}{PAGE}&images=draw")
    wait_until_idle(page)
    draw_seven(page)
    expect_own_in_address(page)
    wait_until_idle(page)
    line = page.locator(".st-key-elbo-line")
    nelbo, reconstruction, kl = page.locator(".lab-sum b[data-term]").all_inner_texts()
    expect(line).to_have_text(f"−ELBO {nelbo} = reconstruction {reconstruction} + KL {kl} nats")
    below, explorer = line.bounding_box(), page.locator(".st-key-explorer").bounding_box()
    assert below is not None and explorer is not None
    assert below["y"] + below["height"] <= explorer["y"]
    assert below["height"] < 30  # one line
    page.set_viewport_size({"width": 1366, "height": 768})
    expect(line).to_be_hidden()
    context.close()


def test_a_digit_can_be_drawn_without_a_pointer(page, visit, model):
    with reports(page) as bitmaps:
        visit(f"{PAGE}&images=draw")
        pad(page).focus()
        for key in ["Shift+ArrowUp"] * 3 + ["Space"] + ["Shift+ArrowDown"] * 5 + ["ArrowDown", "Space"]:
            page.keyboard.press(key)
        expect_own_in_address(page)
        wait_until_idle(page)
        one = framed(page)
        expect_in_address(page, image_name(one))
        # A bar across, undone by the keyboard, leaves the one.
        for key in ["ArrowLeft"] * 4 + ["Space"] + ["Shift+ArrowRight"] * 2 + ["Space"]:
            page.keyboard.press(key)
        page.wait_for_url(lambda url: image_in(url) != image_name(one))
        wait_until_idle(page)
        assert not np.array_equal(framed(page), one)
        page.keyboard.press("Control+z")
        expect_elbo(page, model, one)
        wait_until_idle(page)
        assert np.array_equal(framed(page), one)
    assert len(bitmaps) == 3
    assert np.array_equal(bitmaps[0], bitmaps[2])
    assert np.array_equal(one, frame(bitmaps[0]))
    # By hand: a stroke of 63 down from the middle's 36 above, 10 wide: upright, in the middle, 20 high.
    rows, columns = np.flatnonzero(bitmaps[0].any(1)), np.flatnonzero(bitmaps[0].any(0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (15, 87, 51, 60)

    page.get_by_role("button", name="clear", exact=True).click()
    expect(page.get_by_text("Until you draw again, the page shows your last drawing")).to_be_visible()
    expect_elbo(page, model, one)


def test_an_uploaded_picture_is_framed_and_a_bad_one_changes_nothing(page, visit, model):
    visit(f"{PAGE}&images=upload")
    chooser = page.locator("input[type=file]").first
    # Safari turns a HEIC photograph into the first format that is accepted, if HEIC is not; others are told to.
    accepted = re.split(r"\W+", chooser.get_attribute("accept") or "")
    assert "heic" not in accepted and {"jpg", "jpeg"} & {*accepted[: accepted.index("png")]}
    chooser.set_input_files({"name": "seven.heic", "mimeType": "image/heic", "buffer": b"\0\0\0\x18ftypheic"})
    expect(page.get_by_text("A HEIC photograph is not read: export it as JPEG first.")).to_be_visible()
    content = saved(seven(), "PNG")
    page.locator("input[type=file]").first.set_input_files(
        {"name": "seven.png", "mimeType": "image/png", "buffer": content}
    )
    expect(page.get_by_text("inverted, as it was dark on light")).to_be_visible()
    ink = frame(read_picture(content).ink)
    assert np.array_equal(framed(page), ink)
    expect_elbo(page, model, ink)
    wait_until_idle(page)
    page.locator("input[type=file]").first.set_input_files(
        {"name": "eight.png", "mimeType": "image/png", "buffer": b"<svg onload='alert(1)'/>"}
    )
    expect(page.get_by_text("This file is not a picture that can be read")).to_be_visible()
    expect_elbo(page, model, ink)
    expect_in_address(page, image_name(ink))


def test_a_picture_is_cropped_by_hand_live_and_by_keys(page, visit):
    """Two digits on one sheet: one is framed by the mouse, then turned, moved and taken back by keys alone."""
    both = Image.new("L", (240, 200), 230)
    pen = ImageDraw.Draw(both)
    pen.line([(20, 30), (80, 30), (40, 110)], fill=30, width=10)
    pen.line([(180, 90), (180, 180)], fill=30, width=12)
    frames = websocket_frames(page)
    visit(f"{PAGE}&images=upload")
    content = saved(both, "PNG")
    picture = read_picture(content)
    page.locator("input[type=file]").first.set_input_files(
        {"name": "two.png", "mimeType": "image/png", "buffer": content}
    )
    automatic = image_name(frame(picture.ink))
    expect_in_address(page, automatic)
    wait_until_idle(page)
    page.get_by_text("Crop, turn or invert it").click()
    canvas = page.get_by_role("application", name=re.compile("^Frame the digit"))
    box = canvas.bounding_box()
    assert box is not None
    scale = box["width"] / 240
    frames.clear()
    # From outside the frame that is offered a new one is spanned.
    page.mouse.move(box["x"] + 237 * scale, box["y"] + 198 * scale)
    page.mouse.down()
    seen = set()
    for x, y in ((170, 120), (150, 100), (140, 80)):
        page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
        seen.add(framed(page).tobytes())
    assert len(seen) >= 2
    assert frames == []
    page.mouse.up()
    page.wait_for_url(lambda url: image_in(url) not in {None, automatic})
    wait_until_idle(page)
    by_hand = offered(picture)._replace(left=140, top=80, right=237, bottom=198)
    one = frame(ink_by_hand(picture.levels, by_hand))
    assert np.array_equal(framed(page), one)
    expect_in_address(page, image_name(one))
    expect(page.get_by_text("cropped by hand")).to_be_visible()

    canvas.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="turn right").press("Enter")
    threshold = page.get_by_role("slider", name=re.compile("^threshold"))
    threshold.press("Home")
    threshold.press("ArrowRight")
    # A quarter turn of 240 x 200: rows become columns from the right.
    turned = by_hand._replace(left=200 - 194, top=140, right=200 - 76, bottom=233, turns=1, threshold=1)
    expect_in_address(page, image_name(frame(ink_by_hand(picture.levels, turned))))
    wait_until_idle(page)
    page.get_by_role("checkbox", name="ink is darker").press("Space")
    inverted = turned._replace(dark_on_light=False, threshold=None)
    expect_in_address(page, image_name(frame(ink_by_hand(picture.levels, inverted))))
    # Who goes elsewhere and comes back finds the picture as they left it.
    choose_source(page, "Draw")
    choose_source(page, "Upload")
    assert np.array_equal(framed(page), frame(ink_by_hand(picture.levels, inverted)))
    page.get_by_role("button", name="back to automatic").press("Enter")
    expect_in_address(page, automatic)
    wait_until_idle(page)
    assert np.array_equal(framed(page), frame(picture.ink))


def test_a_file_that_arrives_as_the_address_is_to_be_written_is_read(page, visit):
    page.add_init_script(HOLD_REQUESTS)
    visit(f"{PAGE}&images=upload")
    chooser = page.locator("input[type=file]").first
    chooser.set_input_files({"name": "7.png", "mimeType": "image/png", "buffer": saved(seven(), "PNG")})
    expect(page.get_by_text("inverted, as it was dark on light")).to_be_visible()
    uploads: list[Route] = []
    page.route(re.compile("/upload_file/"), lambda route: uploads.append(route))
    with page.expect_request(lambda request: request.method == "PUT"):
        chooser.set_input_files({"name": "8.png", "mimeType": "image/png", "buffer": b"<svg/>"})
    page.evaluate("window.held = []")
    page.wait_for_function("window.rested")
    for upload in uploads:
        upload.continue_()
    expect(page.get_by_role("button", name="Remove 8.png")).to_be_visible()
    page.evaluate(RELEASE_REQUESTS)
    expect(page.get_by_text("This file is not a picture that can be read")).to_be_visible()


def test_digits_are_narrowed_in_the_browser_alone(page, visit):
    frames = websocket_frames(page)
    visit(PAGE)
    labels = data.load("digits", "test").labels
    grid = page.get_by_role("listbox", name="Choose an image")
    options, selected = grid.get_by_role("option"), grid.get_by_role("option", selected=True)
    expect(options).to_have_count(300)
    assert frames
    frames.clear()
    page.get_by_role("radio", name="7", exact=True).check()
    sevens = (labels == 7).nonzero().flatten().tolist()
    expect(options).to_have_count(len(sevens))
    assert options.evaluate_all("images => images.map(image => image.alt)") == [
        f"digit 7, image {place}" for place in sevens
    ]
    # The chosen image, a digit of another kind, stays chosen though it is out of sight.
    expect(selected).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(options).to_have_count(int((labels == 6).sum()))
    page.get_by_role("radio", name="any", exact=True).check()
    expect(selected).to_have_accessible_name(f"digit {labels[0]}, image 0")
    page.get_by_role("radio", name="7", exact=True).check()
    page.wait_for_timeout(300)
    assert frames == []

    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_alt_text(f"The image: a 7, digits test image {sevens[1]}")).to_be_visible()
    wait_until_idle(page)
    expect_in_address(page, f"digits-{sevens[1]}")
    # A pick says where it is and gets what depends on it, with the components' scripts; the images, of 235,200 bytes,
    # are not sent again.
    assert sum(map(len, frames)) < 120_000

    # Who comes back to them finds all of them, and the chosen one.
    sources = page.locator(".st-key-images").get_by_role("radio")
    sources.filter(has_text="Draw").click()
    expect(grid).to_have_count(0)
    sources.filter(has_text="Built-in").click()
    expect(options).to_have_count(300)
    expect(selected).to_have_count(1)
    expect(selected).to_have_accessible_name(f"digit 7, image {sevens[1]}")


def test_the_inputs_fit_a_phone(page, visit):
    page.set_viewport_size({"width": 360, "height": 780})
    visit(f"{PAGE}&images=digits")
    for source in ("Built-in", "Upload", "Draw"):
        choose_source(page, source)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            wait_until_idle(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
    box = pad(page).bounding_box()
    assert box is not None
    assert 200 <= box["width"] <= 330


def test_a_finger_draws_and_does_not_scroll(chromium: Browser, app_url: str):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = patient_page(context)
    page.goto(f"{app_url}{PAGE}&images=draw")
    wait_until_idle(page)
    x, y, side = centre(pad(page))
    touch = context.new_cdp_session(page)
    before = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")

    def send(kind: str, points: list[dict[str, float]]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", [{"x": x, "y": y - 0.3 * side}])
    for step in range(1, 11):
        send("touchMove", [{"x": x, "y": y + (0.06 * step - 0.3) * side}])
    send("touchEnd", [])
    ink = framed(page)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    assert rows[-1] - rows[0] == 19
    assert columns[-1] - columns[0] < 5
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == before
    context.close()


def test_other_peoples_pictures_stay_theirs(page, visit, tmp_path: Path):
    """A file name is text, whatever it says."""
    visit(f"{PAGE}&images=upload")
    name = '<img src=x onerror="document.title=1">.png'
    page.locator("input[type=file]").first.set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": saved(seven(), "PNG")}
    )
    expect(page.get_by_text("inverted, as it was dark on light")).to_be_visible()
    assert page.title() != "1"
