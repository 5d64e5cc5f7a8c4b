"""The SSVAE page in a browser: ten labels that follow the pen, one z as ten digits, cells that open their images."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, expect
from torch import Tensor

from tests.browser.component_page import expect_ink, websocket_frames, z_of
from tests.browser.streamlit_page import centre, wait_until_idle
from tests.browser.visits import watched
from ui.images.splits import model_inputs
from vaemodels import checkpoints
from vaemodels.analysis.classification import confusion_matrix, predict
from vaemodels.models import SSVAE

NAME = "ssvae-digits"
NUMBER = r"−?\d+\.\d+"

FRAMED = """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, 28, 28).data)
  .filter((_, i) => i % 4 === 0).map((red) => (255 * (red - 11)) / 244)"""


@pytest.fixture
def visit(page: Page, app_url: str) -> Iterator[Callable[[str], Page]]:
    with watched(page):

        def go(query: str = "") -> Page:
            page.goto(f"{app_url}/ssvae?model={NAME}{query}")
            wait_until_idle(page)
            page.wait_for_function(
                "globalThis.__vaelab_labels?.elbos && globalThis.__vaelab_explorers?.explorer"
            )
            return page

        yield go


@pytest.fixture(scope="module")
def model() -> SSVAE:
    model = checkpoints.load(NAME).model
    assert isinstance(model, SSVAE)
    return model


def labels_shown(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("({ ...globalThis.__vaelab_labels })")
    return found


@torch.no_grad()
def elbos_of(model: SSVAE, x: Tensor, draws: int) -> Tensor:
    """ELBO(x, y) of `x: [784]` from the first draws of the page's noise, `[10]`."""
    noise = torch.randn((10, 64, model.config.z_dim), generator=torch.Generator().manual_seed(0))[:, :draws]
    found = []
    for label in range(10):
        y = torch.full((draws,), label)
        q = model.encode(x.expand(draws, -1), y)["z"]
        log_p = model.decode(q.mean + q.stddev * noise[label], y).log_prob(x)
        kl = model.kl_by_dimension({"z": q})["z"].sum(1)
        found.append((log_p - kl).mean() - torch.tensor(10.0).log())
    return torch.stack(found)


def in_text(text: str) -> list[float]:
    return [float(number.replace("−", "-")) for number in re.findall(NUMBER, text)]


def test_ten_bars_follow_the_pen_and_their_terms_add_up(page: Page, visit, model):
    frames = websocket_frames(page)
    visit("&images=draw")
    x, y, side = centre(page.get_by_role("application").first)
    page.mouse.move(x - 0.2 * side, y - 0.3 * side)
    page.wait_for_timeout(800)
    page.mouse.down()
    frames.clear()
    seen = []
    for right, down in [(0.2, -0.3), (0.0, 0.0), (-0.1, 0.35)]:
        page.mouse.move(x + right * side, y + down * side, steps=4)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        ink = torch.tensor(page.get_by_role("img", name="The image as it was framed").evaluate(FRAMED))
        drawn = (ink > 127.5).float()
        found = labels_shown(page)
        with torch.no_grad():
            q = model.classify(drawn.unsqueeze(0))[0].softmax(0)
        torch.testing.assert_close(torch.tensor(found["q"]), q, atol=1e-3, rtol=0)
        elbos = elbos_of(model, drawn, 1)
        torch.testing.assert_close(torch.tensor(found["elbos"]), elbos, atol=0.05, rtol=0)
        torch.testing.assert_close(torch.tensor(found["posterior"]), elbos.softmax(0), atol=0.01, rtol=0)
        seen.append(tuple(found["q"]))
    assert len(set(seen)) == 3
    assert frames == []
    page.mouse.up()
    wait_until_idle(page)
    page.wait_for_timeout(500)
    expected, entropy, elbo = in_text(page.locator(".sums .sum").inner_text())
    assert expected + entropy == pytest.approx(elbo, abs=0.05)
    reconstruction, kl_z, kl_y = in_text(page.locator(".sums .same").inner_text())
    assert reconstruction + kl_z + kl_y == pytest.approx(-elbo, abs=0.05)
    products = [in_text(row)[-2] for row in page.locator(".sums tbody tr").all_inner_texts()]
    assert sum(products) == pytest.approx(expected, abs=0.06)  # ten roundings
    assert len(page.locator(".labels .rows li").all()) == 10


def test_one_z_is_dragged_as_ten_digits_without_a_byte(page: Page, visit, model):
    frames = websocket_frames(page)
    visit("&images=digits")
    x, y, side = centre(page.locator(".explorer .plane"))
    page.mouse.move(x, y)
    page.wait_for_timeout(800)
    before = z_of(page)
    page.mouse.down()
    frames.clear()
    for step in range(1, 16):
        page.mouse.move(x + 0.02 * step * side, y - 0.01 * step * side)
    page.wait_for_timeout(300)
    z = z_of(page)
    assert z != before
    assert frames == []
    with torch.no_grad():
        written = model.decode(torch.tensor(z).expand(10, -1), torch.arange(10)).mean
    row = page.locator(".explorer .written canvas").first
    for label in (0, 4, 9):
        expect_ink(row, (11 + 244 * written[label]).int().tolist(), label, 10)
    page.mouse.up()
    page.wait_for_url("**z=**")
    link = page.url
    visit("&" + link.split("?")[1])
    assert z_of(page) == pytest.approx(z, abs=1e-3)


def test_a_cell_opens_the_images_it_counts_by_pointer_and_by_keyboard(page: Page, visit, model):
    visit("&images=digits&look=confusion")
    x, y = model_inputs("digits", model, 300)
    counts = confusion_matrix(predict(model, x), y, 10)
    page.get_by_role("button", name=f"{counts[9, 4]} of the 9s read as 4").click()
    expect(page).to_have_url(re.compile("cell=9_4"))
    expect(page.get_by_text(f"{counts[9, 4]} images: 9s read as 4.")).to_be_visible()
    wait_until_idle(page)
    cell = page.locator(".confusion button[aria-pressed=true]")
    cell.focus()
    cell.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("cell=9_5"))
    wait_until_idle(page)
    page.reload()
    wait_until_idle(page)
    expect(page.locator(".confusion button[aria-pressed=true]")).to_have_accessible_name(
        f"{counts[9, 5]} of the 9s read as 5"
    )


def test_a_way_and_its_labels_are_in_the_link_and_set_the_form(page: Page, visit):
    visit("&images=digits")
    page.get_by_role("radio", name="Enumerating y", exact=True).click()
    expect(page).to_have_url(re.compile("way=summed"))
    wait_until_idle(page)
    page.locator(".st-key-labels").get_by_role("slider").press("ArrowRight")
    expect(page).to_have_url(re.compile("labels=1000"))
    expect(page.get_by_text("Enumerating y, 1,000 labels:")).to_be_visible()
    wait_until_idle(page)
    page.reload()
    wait_until_idle(page)
    expect(page.get_by_text("Enumerating y, 1,000 labels:")).to_be_visible()
    page.get_by_role("button", name="Train this one here").click()
    expect(page.get_by_role("textbox", name="Labelled images")).to_have_value("1000")
    expect(page.get_by_role("textbox", name="α, the weight of the labels")).to_have_value("0")
    expect(page.get_by_role("checkbox", name="ELBO(x, y) of known labels")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Draw unknown labels")).not_to_be_checked()
    expect(page.get_by_role("button", name="Start training")).to_be_in_viewport()
    expect(page).to_have_url(re.compile("t_labelled=1000"))
