"""Interpolations and traversals: what they decode, where they lead the explorer, and that no server is asked."""

import re

import pytest
import torch
from playwright.sync_api import Page, expect
from torch import Tensor

from tests.browser.component_models import FIRST, SECOND, image_of, model_of, points
from tests.browser.component_page import (
    expect_ink,
    expect_released,
    ink_of,
    noise_of,
    type_number,
    websocket_frames,
    z_of,
)
from tests.browser.streamlit_page import centre, exceptions, shown, wait_until_idle
from vaemodels import checkpoints, data
from vaemodels.data import binarize

HERE_AND_THERE = "t, from the first image to the second"


def on_the_line(t: float) -> Tensor:
    return (1 - t) * torch.tensor(FIRST) + t * torch.tensor(SECOND)


def mean_at(z: Tensor) -> Tensor:
    with torch.no_grad():
        return model_of("elu").decode(z).mean


def ink(pixels: Tensor) -> list[int]:
    """The red of pixels in [0, 1] on a canvas."""
    return [int(11 + 244 * value + 0.5) for value in pixels.tolist()]


def test_the_slider_leads_the_explorer_along_the_line(components):
    page = components("between")
    slider = page.get_by_role("slider", name=HERE_AND_THERE)
    strip = page.locator("canvas.strip")
    for key, t in {"End": 1.0, "PageDown": 0.9, "Home": 0.0, "PageUp": 0.1}.items():
        slider.press(key)
        assert z_of(page) == pytest.approx(on_the_line(t).tolist(), abs=1e-6)
        pixels = torch.tensor(shown(page)["pixels"])
        torch.testing.assert_close(pixels, mean_at(on_the_line(t)), atol=1e-3, rtol=0)
        assert slider.get_attribute("aria-valuetext") == f"t = {t:.2f}"
        expect_released(page, z_of(page))
    strip.click()  # in the middle
    torch.testing.assert_close(
        torch.tensor(shown(page)["pixels"]), mean_at(on_the_line(0.5)), atol=1e-3, rtol=0
    )
    expect_released(page, on_the_line(0.5).tolist())
    expect(page.get_by_text("z(0.50) = 0.50 · μ(first) + 0.50 · μ(second)")).to_be_visible()
    for step in (0, 5, 10):
        expect_ink(strip, ink(mean_at(on_the_line(step / 10))), step, 11)
    moving = page.get_by_role("img", name="The image decoded at z(t)")
    expect(moving).to_be_visible()  # beside the line, wherever the explorer is
    expect_ink(moving, ink(mean_at(on_the_line(0.5))))
    for name, z in (("here", FIRST), ("there", SECOND)):
        assert ink_of(page.get_by_role("img", name=name, exact=True)) == ink(image_of(z))


def test_playing_and_sliding_ask_no_server(page: Page, components):
    frames = websocket_frames(page)
    components("between")
    slider = page.get_by_role("slider", name=HERE_AND_THERE)
    play = page.get_by_role("button", name="play")
    play.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert frames
    frames.clear()
    play.click()
    handle = slider.element_handle()
    page.wait_for_function("slider => Number(slider.value) > 0.9", arg=handle)
    page.wait_for_function("slider => Number(slider.value) < 0.5", arg=handle)
    t = float(slider.input_value())
    assert frames == []
    page.get_by_role("button", name="pause").click()
    assert 0 < float(slider.input_value()) <= t
    z = z_of(page)
    expect_released(page, z)
    t = (z[0] - FIRST[0]) / (SECOND[0] - FIRST[0])
    assert z == pytest.approx(on_the_line(t).tolist(), abs=1e-6)

    page.wait_for_timeout(300)
    wait_until_idle(page)
    frames.clear()
    x, y, side = centre(slider)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(x + step * side / 60, y)
    page.wait_for_timeout(300)
    assert frames == []
    z = z_of(page)
    assert z == pytest.approx(on_the_line(float(slider.input_value())).tolist(), abs=1e-6)
    page.mouse.up()
    expect_released(page, z)


def test_whoever_moves_the_explorer_ends_the_animation(components):
    page = components("between")
    page.get_by_role("button", name="play").click()
    plane = page.get_by_role("slider", name="Latent plane")
    plane.press("Home")
    expect(page.get_by_role("button", name="play")).to_be_visible()
    expect(page.get_by_text("z is beside the line")).to_be_visible()
    assert (z_of(page)[0], z_of(page)[2]) == (0, 0)
    slider = page.get_by_role("slider", name=HERE_AND_THERE)
    for _ in range(2):  # the second time the slider is there already
        slider.press("Home")
        assert z_of(page) == FIRST
        plane.press("Home")
        expect(page.get_by_text("z is beside the line")).to_be_visible()


def test_rows_of_the_traversals_follow_the_explorer(components):
    page = components("between")
    cells = page.get_by_role("group", name=re.compile("^Traversals")).get_by_role("button")
    expect(cells).to_have_count(21)
    variances = points().var(dim=0)
    order = variances.argsort(descending=True).tolist()
    assert order == [2, 0, 1]
    for row, variance in zip(page.locator(".row small").all(), variances[order], strict=True):
        expect(row).to_have_text("inactive" if variance < 0.01 else f"Var {variance:.2f}")

    rows = page.locator(".strip canvas")

    def expect_cells() -> None:
        for i in (0, 6, 9, 17, 20):
            z = torch.tensor(z_of(page), dtype=torch.float)
            z[order[i // 7]] = i % 7 - 3
            expect_ink(rows.nth(i // 7), ink(mean_at(z)), i % 7, 7)

    expect_cells()
    page.get_by_role("slider", name="Latent plane").press("Shift+ArrowRight")
    expect_cells()
    page.get_by_role("slider", name="z₂").press("PageUp")
    expect_cells()

    z = z_of(page)
    page.get_by_role("button", name="z₁ = −2.00").click()
    assert z_of(page) == [-2, *z[1:]]
    torch.testing.assert_close(
        torch.tensor(shown(page)["pixels"]), mean_at(torch.tensor([-2.0, *z[1:]])), atol=1e-3, rtol=0
    )
    expect_released(page, [-2, *z[1:]])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert z_of(page) == [-2, -1, z[2]]
    expect_cells()


def test_every_decoded_image_is_a_draw_of_the_same_seed(components):
    page = components("between")
    type_number(page, "noise", 4)
    page.get_by_text("draw", exact=True).click()
    noise = noise_of(4, 63)
    at_first = torch.tensor([FIRST[0], FIRST[1], -3.0])
    for canvas, z, at, columns in (
        (page.locator(".image"), on_the_line(0), 0, 1),
        (page.locator("canvas.strip"), on_the_line(1), 10, 11),
        (page.locator(".strip canvas").first, at_first, 0, 7),
    ):
        expect_ink(canvas, [255 if on else 11 for on in noise < mean_at(z)], at, columns)


def digit_code(place: int) -> list[float]:
    model = checkpoints.load("vae-digits").model
    x = binarize(data.load("digits", "test").images, "static")[place]
    with torch.no_grad():
        code: list[float] = model.embed(x.unsqueeze(0))[0].tolist()
    return code


def test_a_link_opens_the_second_image(page: Page, app_url: str):
    page.set_default_timeout(30_000)
    page.goto(f"{app_url}/vae?model=vae-digits&look=interpolate&image=digits-3&to=digits-200")
    wait_until_idle(page)
    slider = page.get_by_role("slider", name=HERE_AND_THERE)
    for key, place in {"End": 200, "Home": 3}.items():
        slider.press(key)
        assert z_of(page) == pytest.approx(digit_code(place), abs=1e-4)
    wait_until_idle(page)

    labels = data.load("digits", "test").labels
    second_four = int((labels == 4).nonzero().flatten()[1])
    choices = page.get_by_role("listbox", name="Choose the second image").get_by_role("option")
    expect(choices).to_have_count(21)
    choices.nth(14).click()
    expect(page).to_have_url(re.compile(rf"to=digits-{second_four}(&|$)"))
    expect(page.get_by_role("img", name=f"a 4, digits test image {second_four}", exact=True)).to_be_visible()
    slider.press("End")
    assert z_of(page) == pytest.approx(digit_code(second_four), abs=1e-4)


def test_a_link_to_no_image_says_so(page: Page, app_url: str):
    page.goto(f"{app_url}/vae?model=vae-digits&look=interpolate&to=svhn-7")
    expect(page.get_by_text("The link's second image is not a test image that is here")).to_be_visible(
        timeout=30_000
    )
    zero = int((data.load("digits", "test").labels == 0).nonzero()[0])
    expect(page.get_by_role("img", name=f"a 0, digits test image {zero}", exact=True)).to_be_visible()
    assert exceptions(page) == []
