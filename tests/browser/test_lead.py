"""What links, experiments and buttons speak of comes into view, and the focus with it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.streamlit_page import wait_until_idle
from tests.browser.visits import watched
from vaemodels import checkpoints

SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"


@pytest.fixture(autouse=True)
def _watched(page: Page) -> Iterator[None]:
    with watched(page):
        yield


def expect_led_to(page: Page, part: str, seen: str) -> None:
    """Waits until the focus is on a part, and what is `seen` there stands in the upper half of the window."""
    expect(page.locator(f".st-key-{part}")).to_be_focused()
    page.wait_for_function(
        """selector => {
          const box = document.querySelector(selector)?.getBoundingClientRect();
          return box && box.top >= 0 && box.bottom < innerHeight / 2;
        }""",
        arg=seen,
    )


def test_a_link_on_home_leads_to_the_look_it_speaks_of(page: Page, app_url: str):
    page.goto(app_url)
    wait_until_idle(page)
    page.get_by_role("link", name="Walk from one digit to another").click()
    expect_led_to(page, "looks", ".st-key-look")
    expect(page.get_by_role("radio", name="Interpolation")).to_be_checked()
    expect(page).not_to_have_url(re.compile("at="))
    scrolled = page.evaluate(SCROLLED)
    seed = page.get_by_role("spinbutton", name="Seed").first
    seed.fill("3")
    seed.press("Enter")
    wait_until_idle(page)
    assert page.evaluate(SCROLLED) < scrolled - 100  # nobody is led there a second time

    page.get_by_role("button", name="Set it up: An autoencoder has no prior").click()
    expect_led_to(page, "looks", ".st-key-trying")
    expect(page.get_by_role("radio", name="Autoencoder", exact=True)).to_be_checked()
    page.get_by_role("button", name="Set it up: Draw instead of mean").click()
    expect_led_to(page, "head", ".st-key-trying")


def test_a_model_that_is_put_to_use_leads_to_where_it_shows(page: Page, app_url: str):
    page.goto(f"{app_url}/vae?model=vae-digits&look=decoders")
    wait_until_idle(page)
    page.get_by_text("Bring back a model you downloaded").click()
    path = checkpoints.pretrained_folder() / "vae-2d-digits.safetensors"
    page.locator('input[type="file"]').set_input_files(path)
    page.get_by_role("button", name="Use this model on this page").click()
    expect_led_to(page, "head", "h1")
    expect(page).to_have_url(re.compile("model=mine-1"))
    wait_until_idle(page)
    page.get_by_role("button", name="Use it").first.click()
    expect(page.get_by_role("combobox", name="Model", exact=True).first).to_have_value(re.compile("^vae · "))
    expect_led_to(page, "head", "h1")
