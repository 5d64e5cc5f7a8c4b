"""The hierarchical VAE page in a browser: a z2 that is dragged, z1 drawn anew, the keyboard, links."""

import base64
import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Locator, Page
from torch import Tensor

from tests.browser.component_page import websocket_frames
from tests.browser.streamlit_page import centre, wait_until_idle
from tests.browser.visits import watched
from ui.hvae.levels import COLUMNS, COUNT, column_noise, drawn_rows
from vaemodels import checkpoints
from vaemodels.models import HVAE

NAME = "hvae-digits"


@pytest.fixture
def visit(page: Page, app_url: str) -> Iterator[Callable[[str], Page]]:
    with watched(page):

        def go(query: str = "") -> Page:
            page.goto(f"{app_url}/hvae?model={NAME}{query}")
            ready(page)
            return page

        yield go


@pytest.fixture(scope="module")
def model() -> HVAE:
    model = checkpoints.load(NAME).model
    assert isinstance(model, HVAE)
    return model


def ready(page: Page) -> None:
    wait_until_idle(page)
    page.locator(".levels[data-state=ready]").wait_for()


def plane(page: Page) -> Locator:
    return page.get_by_role("slider", name="Plane of z2")


def rows_shown(page: Page) -> Tensor:
    return torch.tensor(page.evaluate("__vaelab_levels.rows.map((z) => Array.from(z))"))


def expect_grid(page: Page, model: HVAE, rows: Tensor, seed: int = 0, resampled: int = 0) -> None:
    """The grid is, to the rounding of a pixel's byte, what torch decodes of those z2 and the same noise."""
    address = page.locator(".levels .cells").evaluate("canvas => canvas.toDataURL('image/png')")
    with Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))) as image:
        found = np.asarray(image.convert("RGB"))
    noise = torch.cat([torch.zeros(1, 20), column_noise(seed, resampled, 20)])
    with torch.no_grad():
        p = model.conditional_prior(rows)
        z1 = p.mean.unsqueeze(1) + p.stddev.unsqueeze(1) * noise
        cells = (
            model.decode(z1)
            .mean.view(COUNT, COLUMNS, 28, 28)
            .transpose(1, 2)
            .reshape(COUNT * 28, COLUMNS * 28, 1)
        )
    wanted = np.array([11, 13, 18]) + np.array([244, 242, 237]) * cells.numpy()
    assert np.abs(found - wanted).max() <= 1.5


def test_a_z2_is_dragged_without_a_byte_its_row_follows_and_the_link_opens_it(visit, page, model):
    frames = websocket_frames(page)
    visit()
    drawn = drawn_rows(0, 2)
    torch.testing.assert_close(rows_shown(page), drawn)
    expect_grid(page, model, drawn)
    x, y, side = centre(plane(page))
    start = (x + drawn[2, 0].item() / 7 * side, y - drawn[2, 1].item() / 7 * side)
    page.mouse.move(*start)
    page.wait_for_timeout(300)
    frames.clear()
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(start[0] + 0.01 * step * side, start[1] - 0.005 * step * side)
    page.wait_for_timeout(200)
    assert frames == []
    moved = rows_shown(page)
    assert ((moved - drawn).abs().amax(1) > 1e-4).tolist() == [False, False, True, False]
    torch.testing.assert_close(moved[2], drawn[2] + torch.tensor([1.4, 0.7]), atol=0.05, rtol=0)
    expect_grid(page, model, moved)
    page.mouse.up()
    page.wait_for_url("**rows=**")
    wait_until_idle(page)

    page.goto(page.url)
    ready(page)
    torch.testing.assert_close(rows_shown(page), moved, atol=1e-4, rtol=0)
    expect_grid(page, model, rows_shown(page))
    assert page.locator(".levels .moved").all_inner_texts() == ["C"]
    page.get_by_role("button", name="restore row").click()
    page.wait_for_url(lambda url: "rows=" not in url)
    torch.testing.assert_close(rows_shown(page), drawn, atol=1e-4, rtol=0)


def test_drawing_z1_anew_leaves_every_z2_alone(visit, page, model):
    visit("&seed=3")
    rows = rows_shown(page)
    for times in (1, 2):
        page.get_by_role("button", name="resample z1").click()
        page.wait_for_url(f"**resampled={times}**")
        wait_until_idle(page)
        assert torch.equal(rows_shown(page), rows)
        expect_grid(page, model, rows, 3, times)
    page.goto(page.url)
    ready(page)
    expect_grid(page, model, rows, 3, 2)


def test_a_row_is_chosen_and_moved_by_keyboard(visit, page, model):
    visit()
    page.get_by_role("slider", name="z1₂₀ =").wait_for()  # the explorer's z, by the name of its level
    drawn = drawn_rows(0, 2)
    page.get_by_role("button", name="Row A", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**row=b**")
    wait_until_idle(page)
    plane(page).press("ArrowLeft")
    plane(page).press("Shift+ArrowDown")
    page.wait_for_url("**rows=**")
    wait_until_idle(page)
    moved = drawn.clone()
    moved[1] += torch.tensor([-0.1, -0.5])
    torch.testing.assert_close(rows_shown(page), moved, atol=1e-4, rtol=0)
    expect_grid(page, model, moved)
    assert "row B: z2₁" in str(plane(page).get_attribute("aria-valuetext"))
