"""The Compare page in a browser: the row, the sorted table, the plane, two explorers that move together."""

import re
from collections.abc import Callable, Iterator

import pytest
import torch
from playwright.sync_api import Page, expect

from tests.browser.component_page import websocket_frames
from tests.browser.streamlit_page import centre, shown, wait_until_idle
from tests.browser.visits import watched
from ui.address.url_state import z_to_text
from ui.charts import COLOURS
from ui.images.choice import image_named, told
from vaemodels import checkpoints
from vaemodels.evaluation import image_terms

ROW = ["vae-digits", "gmvae-10-digits", "fsvae-digits"]
QUERY = f"model=vae-digits&images=digits&with={'_'.join(ROW)}&beside=gmvae-10-digits"


@pytest.fixture
def visit(page: Page, app_url: str) -> Iterator[Callable[[str], Page]]:
    with watched(page):

        def go(query: str = "") -> Page:
            page.goto(f"{app_url}/compare?{QUERY}{query}")
            wait_until_idle(page)
            return page

        yield go


def names_in_table(page: Page) -> list[str]:
    texts = page.locator(".lab-sortable tbody th").all_inner_texts()
    return [text.split(" · ")[0] for text in texts]


def expect_row(page: Page, image: str) -> None:
    for name in ROW:
        model = checkpoints.load(name).model
        chosen = image_named(image, model)
        terms = image_terms(model, chosen.x, told(model, chosen))
        cell = page.locator(".lab-cell", has=page.get_by_alt_text(f"The image as {name} gives it back"))
        expect(cell).to_contain_text(f"−ELBO {terms.nelbo:.1f}")
        expect(cell).to_contain_text(f"= {terms.reconstruction:.1f} + KL {terms.kl_total:.1f}")


def test_another_image_goes_through_every_model_and_its_link_opens_it(visit, page):
    visit()
    expect_row(page, "digits-0")
    before = page.locator(".lab-through img").evaluate_all("images => images.map(image => image.src)")
    page.get_by_role("listbox", name="Choose an image").get_by_role("option").nth(3).click()
    expect_row(page, "digits-3")
    after = page.locator(".lab-through img").evaluate_all("images => images.map(image => image.src)")
    assert len(before) == len(after) == 1 + len(ROW)
    assert not set(before) & set(after)
    page.wait_for_url("**image=digits-3**")
    wait_until_idle(page)
    page.goto(page.url)
    wait_until_idle(page)
    expect_row(page, "digits-3")


# What stands in the row: each model's picture, where it is one of what is drawn, and its numbers.
ROW_NOW = """() => Array.from(document.querySelectorAll(".lab-through .lab-cell"), cell =>
  (cell.querySelector("canvas")?.toDataURL() ?? "") + cell.querySelector("p").innerText)"""


def test_the_row_follows_the_pen(visit, page):
    frames = websocket_frames(page)
    visit("&images=draw")
    x, y, side = centre(page.get_by_role("application", name=re.compile("^Draw a digit")))
    page.mouse.move(x - 0.2 * side, y - 0.3 * side)
    page.mouse.down()
    page.mouse.move(x, y - 0.3 * side)
    page.wait_for_function(
        "n => document.querySelectorAll('.lab-through canvas').length === n", arg=1 + len(ROW)
    )
    wait_until_idle(page)
    frames.clear()
    before = page.evaluate(ROW_NOW)
    assert before[0].endswith("your drawing")
    page.mouse.move(x - 0.05 * side, y + 0.3 * side, steps=5)
    page.wait_for_function(
        f"before => ({ROW_NOW})().slice(1).every((cell, i) => cell !== before[i + 1])", arg=before
    )
    assert frames == []
    page.mouse.up()
    page.wait_for_url(re.compile("image=pixels-"))
    wait_until_idle(page)
    [image] = re.findall("image=([^&]+)", page.url)
    expect_row(page, image)


def test_the_table_is_sorted_by_its_headers_without_waiting_and_its_link_opens_it(visit, page):
    visit()
    by_nelbo = names_in_table(page)
    assert by_nelbo[0] == "hvae" and len(by_nelbo) > 10
    rate = page.get_by_role("columnheader", name="Rate")
    rate.get_by_role("button").click()
    expect(rate).to_have_attribute("aria-sort", "ascending")
    assert names_in_table(page)[0] == "vae-2d-kl"
    page.keyboard.press("Enter")
    expect(rate).to_have_attribute("aria-sort", "descending")
    assert names_in_table(page)[0] == "vae-2d-rec"
    assert page.locator(".lab-sortable [aria-sort]").count() == 1
    page.wait_for_url("**sort=-rate**")
    wait_until_idle(page)
    page.goto(page.url)
    wait_until_idle(page)
    expect(page.get_by_role("columnheader", name="Rate")).to_have_attribute("aria-sort", "descending")
    assert names_in_table(page)[0] == "vae-2d-rec"


def test_a_point_of_the_plane_shows_its_samples(visit, page):
    visit()
    expect(page.get_by_alt_text("20 samples of hvae")).to_be_visible()
    points = page.locator(".st-key-compare-plane .scatterlayer .trace").last.locator(".point")
    points.first.scroll_into_view_if_needed()
    box = points.first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**point=**")
    [name] = re.findall(r"point=([^&]+)", page.url)
    expect(page.get_by_alt_text(f"20 samples of {name}")).to_be_visible()
    expect(page.locator(".lab-sortable tr.lab-here th")).to_have_text(
        re.compile(f"^{re.escape(name)}( ·.*)?$")
    )
    wait_until_idle(page)
    follows_the_theme(page)


def follows_the_theme(page: Page) -> None:
    """A chart that Python has drawn is in the colours of the theme, also once that changes on the open page."""
    tick = page.locator(".st-key-compare-plane .xtick text").first
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        red, green, blue = (int(COLOURS[scheme]["ink"][at : at + 2], 16) for at in (1, 3, 5))
        expect(tick).to_have_css("fill", f"rgb({red}, {green}, {blue})")
    wait_until_idle(page)


def test_two_explorers_move_together_without_a_byte(visit, page):
    frames = websocket_frames(page)
    visit()
    keys = ("compare-explorer", "compare-beside")
    for i, (moved, follower) in enumerate([keys, keys[::-1]]):
        plane = page.locator(f".st-key-{moved}").get_by_role("slider", name="Latent plane")
        x, y, side = centre(plane)
        page.mouse.move(x, y)
        page.wait_for_timeout(500)
        frames.clear()
        page.mouse.down()
        page.mouse.move(x + (0.1 + 0.1 * i) * side, y - 0.2 * side, steps=10)
        page.wait_for_timeout(300)
        one, other = shown(page, moved), shown(page, follower)
        assert frames == []
        assert one["z"] == other["z"]
        assert one["pixels"] != other["pixels"]
        page.mouse.up()
        page.wait_for_url(re.compile(f"z={re.escape(z_to_text(one['z']))}(&|$)"))
        wait_until_idle(page)
        assert shown(page, follower)["z"] == one["z"]
    model = checkpoints.load("gmvae-10-digits").model
    with torch.no_grad():
        expected = model.decode(torch.tensor(one["z"])).mean
    torch.testing.assert_close(torch.tensor(shown(page, keys[1])["pixels"]), expected, atol=1e-3, rtol=0)
    across = page.locator(f".st-key-{keys[1]}").get_by_label("Horizontal dimension")
    across.select_option(label="z₃")
    page.wait_for_url("**beside_axes=3_**")
    chosen = across.input_value()
    wait_until_idle(page)
    page.goto(page.url)
    wait_until_idle(page)
    expect(across).to_have_value(chosen)
    for key in keys:
        torch.testing.assert_close(
            torch.tensor(shown(page, key)["z"]), torch.tensor(one["z"]), atol=1e-4, rtol=0
        )
