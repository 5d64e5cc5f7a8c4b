"""The tour from Home to its end by its buttons; a link for a class, opened fresh."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.streamlit_page import HOLD_REQUESTS, RELEASE_REQUESTS, wait_until_idle
from tests.browser.visits import watched
from ui.tour import STEPS

# What a step asks the visitor to look at or to use, by what a component or the page calls it; in the window at once.
NAMED: dict[int, tuple[Literal["button", "radio", "slider"], str]] = {
    1: ("slider", "Latent plane"),
    3: ("button", "play"),
    4: ("button", "optimise"),
    5: ("slider", "k"),
    6: ("radio", "β = 10"),
    11: ("button", "resample z1"),
    12: ("button", "−L₁₀₀"),
}


@pytest.fixture(autouse=True)
def _watched(page: Page) -> Iterator[None]:
    with watched(page):
        yield


def test_the_tour_is_walked_to_its_end_by_the_keyboard_and_taken_up_again(page: Page, app_url: str):
    page.goto(app_url)
    wait_until_idle(page)
    page.get_by_role("button", name="Take the tour").click()
    bar = page.locator(".st-key-tour")
    for number, step in enumerate(STEPS, 1):
        expect(bar).to_contain_text(f"{number} of {len(STEPS)} · {step.title}")
        expect(bar).to_be_focused()
        expect(page).to_have_url(re.compile(rf"[?&]tour={number}(&|$)"))
        wait_until_idle(page)
        expect(bar).to_be_in_viewport()
        expect(page.locator(f".st-key-{step.at}")).to_be_in_viewport()
        expect(page.get_by_test_id("stToast")).to_have_count(0)
        if number in NAMED:
            role, name = NAMED[number]
            expect(page.get_by_role(role, name=name).first).to_be_visible()
        if number < len(STEPS):
            for _ in range(min(number, 2)):  # to Back, which cannot be pressed at first, and Next
                page.keyboard.press("Tab")
            page.keyboard.press("Enter")
    page.get_by_role("button", name="Finish").click()
    expect(bar).to_have_count(0)
    expect(page).not_to_have_url(re.compile("tour="))
    page.get_by_role("link", name="Home").click()
    page.get_by_role("button", name=f"Go on with step {len(STEPS)} of {len(STEPS)}").click()
    expect(bar).to_contain_text(STEPS[-1].title)


def test_a_press_goes_along_with_what_a_component_reports_at_that_moment(page: Page, app_url: str):
    page.add_init_script(HOLD_REQUESTS)
    page.goto(f"{app_url}/?tour=1")
    wait_until_idle(page)
    page.evaluate("window.held = []")
    page.get_by_role("slider", name="Latent plane").press("ArrowRight")
    page.wait_for_function("window.held.length")
    page.get_by_role("button", name="Next").click()
    page.evaluate(RELEASE_REQUESTS)
    expect(page.locator(".st-key-tour")).to_contain_text(f"2 of {len(STEPS)}")


def test_a_link_for_a_class_opens_without_what_it_leaves_out(page: Page, app_url: str):
    page.goto(f"{app_url}/vae?model=vae-digits&hide=model,show,train,try,source")
    wait_until_idle(page)
    expect(page.get_by_role("slider", name="Latent plane")).to_be_visible()
    expect(page.get_by_role("listbox", name="Choose an image")).to_be_visible()
    expect(page.get_by_role("radio", name="Interpolation")).to_be_visible()
    for absent in ("Train one yourself", "Try this", "Where next"):
        expect(page.get_by_role("heading", name=absent)).to_have_count(0)
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_be_hidden()
    expect(page.get_by_role("spinbutton", name="Seed")).to_be_hidden()
    page.get_by_role("button", name="Show all controls").click()
    expect(page.get_by_role("heading", name="Try this")).to_be_visible()
    expect(page.get_by_role("spinbutton", name="Seed").first).to_be_visible()
    expect(page).not_to_have_url(re.compile("hide="))
