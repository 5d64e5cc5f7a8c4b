"""An address copied from one visitor opens what they saw for another."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.component_page import expect_ink
from tests.browser.streamlit_page import (
    HOLD_REQUESTS,
    RELEASE_REQUESTS,
    exceptions,
    patient_page,
    shown,
    wait_until_idle,
)
from ui.explorer import decoder_data
from ui.images.choice import image_named
from ui.images.decoded import decoded
from vaemodels import checkpoints
from vaemodels.evaluation import image_terms

Open = Callable[[str], Page]

MODEL, PLACE = "vae-digits", 3
TOASTS = "stToast"


@pytest.fixture
def fresh(laptop: BrowserContext, app_url: str) -> Iterator[Open]:
    """`fresh(address)`: the page as a tab finds it that was never here before; no traceback on it in the end."""
    pages = []

    def go(address: str) -> Page:
        page = patient_page(laptop)
        page.goto(address if address.startswith("http") else app_url + address)
        wait_until_idle(page)
        pages.append(page)
        return page

    yield go
    for page in pages:
        assert exceptions(page) == []
        page.close()


def state(page: Page) -> dict[str, Any]:
    """What a visitor sees the page set to, and the numbers it shows for it."""
    terms = page.locator("[data-term]").evaluate_all("all => all.map(e => [e.dataset.term, e.innerText])")
    buttons = page.locator('[data-testid="stButtonGroup"] button')
    return {
        "model": page.get_by_role("combobox", name="Model", exact=True).first.input_value().split(" · ")[0],
        "seed": page.get_by_label("Seed", exact=True).first.input_value(),
        "pressed": buttons.evaluate_all(
            "all => all.filter(b => [b.ariaChecked, b.ariaPressed].includes('true')).map(b => b.innerText)"
        ),
        "image": page.get_by_alt_text("The image:").get_attribute("alt"),
        "terms": dict(terms),
        "version": shown(page)["version"],
    }


def test_an_address_opens_what_its_sender_saw(fresh):
    sender = fresh(f"/vae?model={MODEL}")
    sender.get_by_role("option", name=f"image {PLACE}", exact=False).nth(0).click()
    expect(sender.get_by_alt_text(f"test image {PLACE}")).to_be_visible()
    sender.get_by_text("draw x ~ p(x|z)").click()
    wait_until_idle(sender)
    sender.get_by_label("Seed", exact=True).first.fill("5")
    sender.get_by_label("Seed", exact=True).first.press("Enter")
    wait_until_idle(sender)
    sender.get_by_text("Traversals", exact=True).click()
    wait_until_idle(sender)
    plane = sender.get_by_role("slider", name="Latent plane")
    plane.focus()
    for _ in range(3):
        plane.press("ArrowRight")
    expect(sender.get_by_text("Your z reconstructs")).to_be_visible()
    wait_until_idle(sender)
    sender.wait_for_function(
        """() => {
          const told = new URL(location).searchParams.get("z")?.split("_").map(Number);
          return told && globalThis.__vaelab_explorers.explorer.z.every((v, i) => Math.abs(v - told[i]) < 0.006);
        }"""
    )

    receiver = fresh(sender.url)
    expect(receiver.get_by_text("Your z reconstructs")).to_be_visible()
    assert state(receiver) == state(sender)
    assert shown(receiver)["z"] == pytest.approx(shown(sender)["z"], abs=0.0051)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(receiver.url).query).items()}
    assert asked.pop("z").count("_") == 9
    assert asked == {
        "model": MODEL,
        "image": f"digits-{PLACE}",
        "show": "draw",
        "seed": "5",
        "look": "traversal",
    }
    model = checkpoints.load(MODEL).model
    expected = image_terms(model, image_named(f"digits-{PLACE}", model).x)
    assert state(receiver)["terms"]["nelbo"] == f"{expected.nelbo:.1f}"

    # Back undoes one step, and the page follows.
    before = shown(receiver)["z"]
    plane = receiver.get_by_role("slider", name="Latent plane")
    plane.focus()
    plane.press("ArrowUp")
    link = receiver.url
    receiver.wait_for_function("old => location.href !== old", arg=link)
    wait_until_idle(receiver)
    assert shown(receiver)["z"] != before
    receiver.go_back()
    receiver.wait_for_function(
        "z => globalThis.__vaelab_explorers.explorer.z.every((v, i) => Math.abs(v - z[i]) < 0.006)",
        arg=before,
    )
    assert receiver.url == link


def test_a_seed_typed_as_the_address_is_to_be_written_is_in_it(page, app_url):
    page.add_init_script(HOLD_REQUESTS)
    page.goto(f"{app_url}/vae?model={MODEL}")
    wait_until_idle(page)
    seed = page.get_by_label("Seed", exact=True).first
    page.get_by_role("slider", name="Latent plane").press("ArrowRight")
    page.evaluate("window.held = []")
    seed.fill("7")
    page.wait_for_function("window.rested")
    seed.press("Enter")
    page.evaluate(RELEASE_REQUESTS)
    page.wait_for_url(re.compile("seed=7"))
    assert exceptions(page) == []


def test_the_link_button_leaves_parts_out_for_a_class(fresh):
    page = fresh(f"/vae?model={MODEL}&seed=5")
    page.get_by_role("button", name="Link").focus()
    page.keyboard.press("Enter")
    box = page.get_by_test_id("stPopoverBody")
    for part in ("training", "closer looks"):
        box.get_by_role("button", name=part, exact=True).focus()
        page.keyboard.press("Space")
        wait_until_idle(page)
    expect(box.locator("code")).to_contain_text("hide=train,looks")
    link = box.locator("code").inner_text()
    assert parse_qs(urlsplit(link).query) == {"model": [MODEL], "seed": ["5"], "hide": ["train,looks"]}

    pupil = fresh(link)
    expect(pupil.get_by_role("slider", name="Latent plane")).to_be_visible()
    expect(pupil.get_by_role("button", name="Start training")).to_have_count(0)
    expect(pupil.get_by_text("Traversals", exact=True)).to_have_count(0)
    pupil.get_by_role("button", name="Show all controls").click()
    expect(pupil.get_by_role("button", name="Start training")).to_be_visible()
    expect(pupil.get_by_text("Traversals", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/vae?model=mine-1", "The model mine-1 belongs to whoever trained it"),
        ("/vae?model=%3Cscript%3E&t_epochs=1e999", "a model that is not on this page"),
        ("/vae?z=NaN_1&image=pixels-AAAA&look=%F0%9F%98%80", "The link's z is not 10 numbers"),
        ("/?z=1_2_3", "The link's z is not 2 numbers"),
    ],
)
def test_a_link_to_what_is_not_there_says_so_on_a_page_that_works(fresh, address, sentence):
    page = fresh(address)
    expect(page.get_by_test_id(TOASTS).filter(has_text=sentence)).to_be_visible()
    key = "explorer" if address.startswith("/vae") else "home-explorer"
    before = shown(page, key)
    plane = page.get_by_role("slider", name="Latent plane")
    plane.focus()
    plane.press("ArrowRight")
    page.wait_for_function("location.search.includes('z=')")
    assert shown(page, key)["z"] != before["z"]


def test_an_experiment_s_button_leads_back_to_the_top(fresh):
    page = fresh("/vae?model=vae-2d-digits")
    button = page.get_by_role("button", name="Set it up: Draw instead of mean")
    button.scroll_into_view_if_needed()
    card = page.get_by_role("listitem").filter(has=button)
    expect(card.get_by_role("heading", name="Draw instead of mean")).to_be_visible()
    expect(card).to_contain_text("watch the reconstruction. Look for: the stroke stays where it is")
    button.click()
    expect(page.get_by_text("Draw instead of mean. Change the seed")).to_be_in_viewport()
    wait_until_idle(page)
    assert state(page)["model"] == MODEL
    assert "draw x ~ p(x|z)" in state(page)["pressed"]


def choose_model(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Model", exact=True).first.fill(f"{name} ·")
    page.get_by_role("option", name=re.compile(rf"^{name} ·")).click()
    expect_model(page, name)


def expect_model(page: Page, name: str) -> None:
    """The address, the choice and the explorer come to be of that model."""
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("model", ["vae"]) == [name])
    expect(page.get_by_role("combobox", name="Model", exact=True).first).to_have_value(
        re.compile(rf"^{name} ·")
    )
    page.wait_for_function(
        "version => globalThis.__vaelab_explorers?.explorer?.version === version",
        arg=decoder_data(checkpoints.load(name).model)["meta"]["version"],
    )
    wait_until_idle(page)


def test_choosing_a_model_is_one_step_of_the_history(fresh):
    page = fresh("/vae")
    for name in (MODEL, "vae-beta4"):
        before = page.evaluate("history.length")
        choose_model(page, name)
        assert page.evaluate("history.length") == before + 1
    for name in (MODEL, "vae"):
        page.go_back()
        expect_model(page, name)
    page.go_forward()
    expect_model(page, MODEL)
    assert page.evaluate("history.length") == before + 1


def axes(page: Page) -> list[str]:
    return page.locator(".axis:not(.means)").all_inner_texts()


def test_the_plane_is_in_the_link_and_is_another_model_s_own(fresh):
    page = fresh(f"/vae?model={MODEL}")
    own = axes(page)
    page.get_by_label("Horizontal dimension").select_option(label="z₃")
    page.locator(".st-key-explorer").get_by_text("digits", exact=True).click()
    page.wait_for_url("**&background=digits")
    receiver = fresh(page.url)
    assert axes(receiver) == axes(page) == ["z₃ →", own[1]]
    expect(receiver.locator(".st-key-explorer").get_by_role("radio", name="digits")).to_be_checked()
    choose_model(receiver, "vae-beta4")
    assert axes(receiver) == axes(fresh("/vae?model=vae-beta4"))
    expect(receiver.locator(".st-key-explorer").get_by_role("radio", name="digits")).to_be_checked()


def test_the_explorer_s_draw_is_that_of_python_and_the_plane_says_what_it_shows(fresh):
    page = fresh(f"/vae?model={MODEL}&images=digits&show=draw&seed=5")
    model = checkpoints.load(MODEL).model
    code = model.embed(image_named("digits-0", model).x.unsqueeze(0))
    expected = decoded(model, code, "draw", 5)[0]
    expect_ink(page.locator(".st-key-explorer .image"), [255 if on else 11 for on in expected])
    expect(page.get_by_text("plane: means E[x|z]")).to_be_visible()
    page.locator(".st-key-explorer").get_by_text("plain", exact=True).click()
    expect(page.get_by_text("plane: means E[x|z]")).to_be_hidden()


def pick(page: Page, place: int) -> None:
    """Pick an image and wait for its ELBO."""
    page.get_by_role("option", name=f"image {place}", exact=False).nth(0).click()
    expect(page.get_by_alt_text(f"test image {place}")).to_be_visible()
    wait_until_idle(page)


@contextmanager
def busy(page: Page) -> Iterator[None]:
    """A visitor whose keys do not come to rest meanwhile."""
    press = "() => (globalThis.pressing = setInterval(() => dispatchEvent(new Event('keydown')), 50))"
    page.evaluate(press)
    yield
    page.evaluate("() => (clearInterval(pressing), dispatchEvent(new Event('keyup')))")


def test_the_address_waits_until_the_visitor_rests(fresh):
    page = fresh(f"/vae?model={MODEL}")
    start = page.url
    entries = page.evaluate("history.length")
    with busy(page):
        pick(page, PLACE)
        page.wait_for_timeout(1000)
        assert page.url == start
        pick(page, PLACE + 1)
        assert page.url == start
    page.wait_for_url(f"**/vae?model={MODEL}&image=digits-{PLACE + 1}")
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    expect(page.get_by_alt_text("test image 0")).to_be_visible()
    assert page.url == start


def test_the_address_is_written_at_once_where_the_pointer_leaves_the_page(fresh):
    page = fresh(f"/vae?model={MODEL}")
    with busy(page):
        pick(page, PLACE)
        page.evaluate("document.documentElement.dispatchEvent(new Event('mouseleave'))")
        page.wait_for_url(f"**image=digits-{PLACE}*")


def test_who_leaves_a_page_before_its_address_was_written_finds_it_as_they_left_it(fresh):
    page = fresh(f"/vae?model={MODEL}")
    start = page.url
    links = page.get_by_test_id("stTopNavLink")
    with busy(page):
        pick(page, PLACE)
        assert page.url == start
        links.filter(has_text="Home").click()
        expect(page.get_by_role("heading", name="VAE Lab")).to_be_visible()
        wait_until_idle(page)
    page.wait_for_timeout(1000)
    assert parse_qs(urlsplit(page.url).query) == {}
    links.filter(has_text="VAE and β-VAE").click()
    expect(page.get_by_alt_text(f"test image {PLACE}")).to_be_visible()
    page.wait_for_url(f"**image=digits-{PLACE}*")
