"""The look at the β family: a click on the curve, or its keyboard equivalent, shows that β's own traversals."""

import base64
import io
import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.streamlit_page import exceptions, wait_until_idle
from ui.images.decoded import decoded
from ui.vae.beta import FAMILY
from vaemodels import checkpoints, data
from vaemodels.analysis.comparisons import rate_distortion, traversals
from vaemodels.data import binarize
from vaemodels.pictures import Picture, grid

# The place on screen of a point of a plotly chart.
PLACE = """(chart, [x, y]) => {
  const { xaxis, yaxis } = chart._fullLayout;
  const box = chart.querySelector(".nsewdrag").getBoundingClientRect();
  return [box.left + xaxis.l2p(x), box.top + yaxis.l2p(y)];
}"""


@pytest.fixture(autouse=True)
def _patient(page: Page) -> Iterator[None]:
    yield
    assert exceptions(page) == []


@torch.no_grad()
def strips(name: str, place: int) -> Picture:
    """The traversals around a built-in test image as the package makes them."""
    model = checkpoints.load(name).model
    x = binarize(data.load("digits", "test").images, "static")
    kl = model.kl_by_dimension(model.encode(x))["z"].mean(0)
    base = model.embed(x[place].unsqueeze(0))[0]
    z = traversals(base, kl.argsort(descending=True).tolist(), torch.linspace(-3, 3, 11))
    return grid(decoded(model, z, "mean", 0), (1, 28, 28), 11)


def expect_strips(page: Page, beta: str, place: int) -> None:
    picture = page.get_by_alt_text(re.compile(rf"^Traversals at β = {re.escape(beta)} around "))
    expect(picture).to_be_visible()
    source = picture.get_attribute("src")
    assert source is not None
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1])))).astype(int)
    name = "vae" if beta == "1" else f"vae-beta{beta}"
    assert np.abs(pixels - strips(name, place).astype(int)).max() <= 1  # one grey level of rounding


def test_choosing_a_beta_shows_its_traversals(page, app_url):
    page.goto(f"{app_url}/vae?model=vae&look=beta&images=digits&image=digits-3")
    wait_until_idle(page)
    expect_strips(page, "1", 3)

    [point] = [point for point in rate_distortion(map(checkpoints.read_card, FAMILY)) if point.beta == 4]
    chart = page.locator(".js-plotly-plot").first
    chart.scroll_into_view_if_needed()
    page.mouse.click(*chart.evaluate(PLACE, [point.rate.mean, point.distortion.mean]))
    expect_strips(page, "4", 3)
    expect(page).to_have_url(re.compile(r"[?&]model=vae-beta4(&|$)"))
    expect(page.get_by_role("radio", name="β = 4")).to_be_checked()

    page.get_by_role("radio", name="β = 4").press("ArrowRight")
    page.keyboard.press("Enter")
    expect_strips(page, "10", 3)
