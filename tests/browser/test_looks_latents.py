"""The looks that draw latents: what a click on a chart sends to the explorer, what a keyboard does instead."""

import re
from collections.abc import Callable, Iterator

import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from torch import Tensor

from tests.browser.streamlit_page import console_errors, exceptions, shown, wait_until_idle
from ui.looks.cloud import draws_of_z
from vaemodels import checkpoints, data
from vaemodels.analysis.latent_space import principal_plane
from vaemodels.data import binarize
from vaemodels.models import Model

# The place on screen of a point of a plotly chart.
PLACE = """(chart, [x, y]) => {
  const { xaxis, yaxis } = chart._fullLayout;
  const box = chart.querySelector(".nsewdrag").getBoundingClientRect();
  return [box.left + xaxis.l2p(x), box.top + yaxis.l2p(y)];
}"""


@pytest.fixture
def open_look(page: Page, app_url: str) -> Iterator[Callable[[str], Page]]:
    """`open_look(query)` opens the VAE page; in the end it shows no error."""
    errors = console_errors(page)

    def go(query: str) -> Page:
        page.goto(f"{app_url}/vae?{query}")
        wait_until_idle(page)
        return page

    yield go
    assert exceptions(page) == []
    assert [error for error in errors if "404 (Not Found)" not in error] == []


def digits() -> Tensor:
    return binarize(data.load("digits", "test").images, "static")


def click(chart: Locator, at: Tensor, label: str) -> None:
    """Clicks a point of a chart, once the chart has answered to the pointer with the point's label."""
    chart.scroll_into_view_if_needed()
    x, y = chart.evaluate(PLACE, at.tolist())
    chart.page.mouse.move(x - 1, y)
    chart.page.mouse.move(x, y)
    expect(chart.locator(".hovertext")).to_contain_text(label)
    chart.page.mouse.click(x, y)


def loneliest(points: Tensor) -> int:
    """The one of `points: [n, 2]` that is farthest from its nearest neighbour, so that a click can mean no other."""
    distance = torch.cdist(points, points) + torch.eye(len(points)) * 1e9
    return int(distance.amin(1).argmax())


@torch.no_grad()
def expect_in_explorer(page: Page, model: Model, z: Tensor) -> None:
    page.wait_for_function(
        "z => Math.abs(globalThis.__vaelab_explorers.explorer.z[0] - z) < 1e-4", arg=z[0].item()
    )
    now = shown(page)
    torch.testing.assert_close(torch.tensor(now["z"]), z, atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.tensor(now["pixels"]), model.decode(z).mean, atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", ["vae-2d-digits", "vae-digits"])
def test_a_click_on_a_latent_takes_the_explorer_there(open_look, name):
    model = checkpoints.load(name).model
    with torch.no_grad():
        means = model.embed(digits())
    points = principal_plane(means).coordinates(means)
    place = loneliest(points)
    page = open_look(f"model={name}&look=latents")
    chart = page.locator(".js-plotly-plot")
    click(chart, points[place], f"test image {place}")
    expect_in_explorer(page, model, means[place])
    field = page.get_by_label("Test image", exact=True)
    expect(field).to_have_value(str(place))
    expect(page.get_by_alt_text(re.compile(rf"^Test image {place}, a \d$"))).to_be_visible()
    expect(page).to_have_url(re.compile(f"latent={place}"))

    field.fill("5")
    field.press("Enter")
    expect_in_explorer(page, model, means[5])


def test_one_image_fifty_times(open_look):
    model = checkpoints.load("vae-digits").model
    page = open_look("model=vae-digits&look=cloud&seed=3")
    images = page.get_by_alt_text(re.compile("^50 decoded images of"))
    size = images.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [10 * 30 - 2, 5 * 30 - 2]  # 28 pixels and a gap of 2

    with torch.no_grad():
        means = model.embed(digits())
    z = draws_of_z(model, digits()[0], seed=3)
    points = principal_plane(means).coordinates(z)
    number = loneliest(points)
    click(page.locator(".js-plotly-plot"), points[number], f"draw {number + 1}")
    expect_in_explorer(page, model, z[number])
    expect(page.get_by_alt_text(f"Decoded draw {number + 1}")).to_be_visible()
    expect(page).to_have_url(re.compile(f"drawn={number + 1}"))


def test_charts_have_a_text_alternative_and_no_pointer_is_needed(open_look):
    page = open_look("model=vae-digits&look=units")
    expect(page.get_by_label(re.compile("^Mean KL of each dimension in nats"))).to_be_visible()
    expect(page.get_by_label(re.compile("^The aggregate posterior of each dimension"))).to_be_visible()
    page.get_by_role("switch", name="Largest KL first").or_(
        page.get_by_role("checkbox", name="Largest KL first")
    ).press("Space")
    expect(page).to_have_url(re.compile("sorted=false"))
