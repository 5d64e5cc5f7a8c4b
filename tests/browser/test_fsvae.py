"""The FSVAE page in a browser: the grid, a style that is dragged, a drawing's style, a model of one's own."""

import base64
import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from torch import Tensor

from tests.browser.component_page import expect_ink, ink_of, websocket_frames
from tests.browser.streamlit_page import PATIENCE, centre, shown, wait_until_idle
from tests.browser.visits import TRAINING, start_training, stop_training, watched
from ui.explorer import decoder_data
from ui.fsvae.legible import styles_of
from ui.images.label import guess
from ui.images.name import parse_image_name
from vaemodels import checkpoints
from vaemodels.analysis.styles import written
from vaemodels.models import SSVAE, Model

NAME = "fsvae-digits"


@pytest.fixture
def visit(page: Page, app_url: str) -> Iterator[Callable[[str], Page]]:
    with watched(page):

        def go(query: str = "") -> Page:
            page.goto(f"{app_url}/fsvae?model={NAME}{query}")
            wait_until_idle(page)
            page.locator(".styles[data-state=ready]").wait_for()
            return page

        yield go


@pytest.fixture(scope="module")
def model() -> Model:
    return checkpoints.load(NAME).model


def grid_of(page: Page) -> np.ndarray:
    """The grid's pixels, `[height, width, 3]`."""
    blocks = []
    for canvas in page.locator(".sheet canvas").all():
        # As a picture: half a million numbers would take seconds.
        address = canvas.evaluate("canvas => canvas.toDataURL('image/png')")
        with Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))) as image:
            blocks.append(np.asarray(image.convert("RGB")))
    return np.concatenate(blocks, axis=1)


def pictured(model: Model, z: Tensor) -> np.ndarray:
    """The grid of styles `z: [20, z_dim]` as torch decodes it, in the ink scale of grey images."""
    images = written(model, z)
    channels, height, width = model.config.image_shape
    cells = images.view(10, len(z), channels, height, width).permute(0, 3, 1, 4, 2)
    pixels = cells.reshape(10 * height, len(z) * width, channels).clamp(0, 1).numpy()
    if channels == 3:
        return 255 * pixels
    return np.array([11, 13, 18]) + np.array([244, 242, 237]) * pixels


def expect_grid(page: Page, model: Model, z: Tensor) -> None:
    assert np.abs(grid_of(page) - pictured(model, z)).max() <= 1.5


def styles_shown(page: Page) -> Tensor:
    found: list[list[float]] = page.evaluate("__vaelab_styles.styles.map((z) => Array.from(z))")
    return torch.tensor(found)


def plane(page: Page) -> Locator:
    return page.get_by_role("slider", name="Plane of styles")


def test_the_grid_is_what_torch_decodes_and_a_seed_is_a_grid(visit, page, model):
    visit()
    expect_grid(page, model, styles_of(model, 0))
    seed = page.locator(".st-key-seed input")
    for value in (3, 0):
        seed.fill(str(value))
        seed.press("Enter")
        page.wait_for_function("seed => __vaelab_styles.seed === seed", arg=value)
        wait_until_idle(page)
        expect_grid(page, model, styles_of(model, value))


def test_colour_is_decoded_as_in_torch(page, app_url):
    colour = checkpoints.load("fsvae-streetdigits").model
    with watched(page):
        page.goto(f"{app_url}/fsvae?model=fsvae-streetdigits")
        wait_until_idle(page)
        page.locator(".styles[data-state=ready]").wait_for()
        expect_grid(page, colour, styles_of(colour, 0))


def test_a_style_is_dragged_without_a_byte_and_its_link_opens_it(visit, page, model):
    frames = websocket_frames(page)
    visit()
    page.get_by_role("button", name="Style 14", exact=True).click()
    page.wait_for_url("**column=14**")
    wait_until_idle(page)
    x, y, side = centre(plane(page))
    drawn = styles_of(model, 0)
    page.mouse.move(x + 0.3 * side, y + 0.3 * side)
    page.wait_for_timeout(300)
    frames.clear()
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(x + (0.3 - 0.01 * step) * side, y + 0.3 * side)
    page.wait_for_timeout(200)
    assert frames == []
    moved = styles_shown(page)
    changed = (moved - drawn).abs().amax(1) > 1e-4
    assert changed.nonzero().flatten().tolist() == [page.evaluate("__vaelab_styles.column")]
    expect_grid(page, model, moved)
    page.mouse.up()
    page.wait_for_url("**styles=**")
    wait_until_idle(page)

    page.goto(page.url)
    wait_until_idle(page)
    page.locator(".styles[data-state=ready]").wait_for()
    torch.testing.assert_close(styles_shown(page), moved, atol=1e-4, rtol=0)
    expect_grid(page, model, styles_shown(page))
    page.get_by_role("button", name="restore").click()
    page.wait_for_url(lambda url: "styles=" not in url)
    torch.testing.assert_close(styles_shown(page), drawn, atol=1e-5, rtol=0)


def test_what_is_restored_leaves_an_address_without_anything(page, app_url):
    with watched(page):
        page.goto(f"{app_url}/fsvae")
        wait_until_idle(page)
        page.locator(".styles[data-state=ready]").wait_for()
        plane(page).press("ArrowRight")
        page.wait_for_url("**/fsvae?styles=1~**")
        wait_until_idle(page)
        page.get_by_role("button", name="restore").click()
        page.wait_for_url(f"{app_url}/fsvae")


def test_the_planes_axes_are_in_the_link_arrow_keys_move_along_them_and_the_grid_can_be_downloaded(
    visit, page, model
):
    visit("&seed=2&plane=5_1")
    horizontal, vertical = (page.locator(f".hand select.{axis}") for axis in ("horizontal", "vertical"))
    expect(horizontal).to_have_value("4")
    expect(vertical).to_have_value("0")
    vertical.select_option("7")
    page.wait_for_url("**plane=5_8**")
    wait_until_idle(page)

    drawn = styles_of(model, 2)
    plane(page).press("ArrowRight")
    page.wait_for_url("**styles=1~**")
    difference = styles_shown(page) - drawn
    assert (difference.abs() > 1e-4).nonzero().tolist() == [[0, 4]]
    assert difference[0, 4].item() == pytest.approx(0.1, abs=1e-4)
    wait_until_idle(page)
    with page.expect_download() as download:
        page.locator(".hand .download").click()
    assert download.value.suggested_filename == f"{NAME}-styles-seed-2.png"
    with Image.open(io.BytesIO(Path(download.value.path()).read_bytes())) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape == (280, 560, 3)
    assert np.array_equal(pixels, grid_of(page))


def test_a_style_stays_while_another_digit_is_written(visit, page, model):
    visit("&images=digits&image=digits-3")
    before = shown(page)["z"]
    page.get_by_role("button", name="Write 8").click()
    page.wait_for_url("**digit=8**")
    assert shown(page)["z"] == before
    with torch.no_grad():
        expected = model.decode(torch.tensor(before), torch.tensor(8)).mean
    torch.testing.assert_close(torch.tensor(shown(page)["pixels"]), expected, atol=1e-3, rtol=0)
    wait_until_idle(page)
    # The steps between two styles are written as that digit, too.
    page.get_by_role("radio", name="Between two styles").click()
    with torch.no_grad():
        first = model.decode(torch.tensor(before), torch.tensor(8)).mean
    strip = page.locator(".interpolation .strip")
    expect_ink(strip, (11 + 244 * first).round().int().tolist(), 0, 11)
    page.get_by_role("button", name="Write 4").click()
    with torch.no_grad():
        first = model.decode(torch.tensor(before), torch.tensor(4)).mean
    expect_ink(strip, (11 + 244 * first).round().int().tolist(), 0, 11)
    wait_until_idle(page)


def test_a_drawings_label_follows_the_pen_and_can_be_corrected(visit, page, model):
    frames = websocket_frames(page)
    visit()
    pad = page.get_by_role("application", name=re.compile("^Draw a digit"))
    x, y, side = centre(pad)
    status = page.locator(".told [role=status]")
    page.mouse.move(x - 0.2 * side, y - 0.3 * side)
    page.mouse.down()
    page.mouse.move(x + 0.2 * side, y - 0.3 * side, steps=8)
    move_until_guessed(page, status, x + 0.2 * side, y - 0.3 * side)
    page.wait_for_timeout(300)
    frames.clear()
    guessed = status.inner_text()
    page.mouse.move(x - 0.05 * side, y + 0.35 * side, steps=8)
    expect(status).not_to_have_text(guessed)
    expect(status).to_contain_text("Guessed:")
    assert frames == []
    page.mouse.up()
    page.wait_for_url("**image=pixels-**")
    wait_until_idle(page)

    ink = parse_image_name(re.findall(r"image=(pixels-[^&]+)", page.url)[0])
    x_drawn = (torch.tensor(np.asarray(ink)).flatten() / 255 > 0.5).float()
    reader = checkpoints.load("ssvae-digits").model
    assert isinstance(reader, SSVAE)
    likely = guess(reader, x_drawn)
    best = likely.index(max(likely))
    expect(status).to_contain_text(f"Guessed: {best} ({round(100 * max(likely))}% sure)")
    expect_told(page, model, x_drawn, best)

    other = (best + 3) % 10
    page.locator(".told .segmented span").nth(other).click()
    page.wait_for_url(f"**label={other}**")
    wait_until_idle(page)
    expect_told(page, model, x_drawn, other)
    page.goto(page.url)
    wait_until_idle(page)
    expect_told(page, model, x_drawn, other)
    expect(page.locator(".told [role=status]")).to_contain_text(f"You say {other}")


def move_until_guessed(page: Page, status: Locator, x: float, y: float) -> None:
    """Keeps the pen on the move about a place until the networks that guess, still on their way, have come."""
    end = time.monotonic() + PATIENCE / 1000
    while "Guessed:" not in status.inner_text():
        assert time.monotonic() < end, "nothing guesses what is drawn"
        page.mouse.move(x + 2, y)
        page.mouse.move(x, y)
        page.wait_for_timeout(50)


def expect_told(page: Page, model: Model, x: Tensor, label: int) -> None:
    """The explorer stands at the style of x under that label, and writes it as all ten digits."""
    with torch.no_grad():
        z = model.embed(x.unsqueeze(0), torch.tensor([label]))
    page.wait_for_function(
        "globalThis.__vaelab_explorers?.explorer"
    )  # a page at rest may still fetch its parts
    page.wait_for_function(
        "z => z.every((value, i) => Math.abs(__vaelab_explorers.explorer.z[i] - value) < 1e-3)",
        arg=z[0].tolist(),
    )
    strip = page.locator(".explorer .written canvas")
    for digit, image in enumerate(written(model, z)[:, 0]):
        expect_ink(strip, (11 + 244 * image).round().int().tolist(), digit, 10)
    assert max(ink_of(strip, 0, 10)) > 100


def test_a_run_begins_and_a_finished_model_is_used(visit, page):
    visit("&images=digits")
    start_training(page, epochs=50_000)
    chart = page.locator("figure.chart")
    expect(chart).to_have_attribute("aria-label", re.compile(r"epoch [\d.]+"), timeout=TRAINING)
    before = page.evaluate("__vaelab_styles.version")
    page.wait_for_function("before => __vaelab_styles.version !== before", arg=before, timeout=TRAINING)
    stop_training(page)
    use = page.get_by_role("button", name="Use this model on this page")
    use.wait_for(timeout=TRAINING)
    use.click()
    page.wait_for_url("**model=mine-1**")
    wait_until_idle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    own = checkpoints.loads(Path(download.value.path()).read_bytes()).model
    page.wait_for_function(
        "version => __vaelab_styles.version === version", arg=decoder_data(own)["meta"]["version"]
    )
    expect_grid(page, own, styles_of(own, 0))
