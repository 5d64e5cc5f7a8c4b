"""The pages for those who use a keyboard, a screen reader, a small window or large text."""

import re
from collections.abc import Sequence
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.streamlit_page import patient_page, shown, wait_until_idle
from tests.browser.visits import TRAINING, choose_look, watched
from tests.small import saved, seven
from ui.all_pages import PAGES
from ui.kinds import KINDS
from ui.looks import Look
from ui.page import Page as Described

Theme = Literal["light", "dark"]

CONTRAST = ["color-contrast", "link-in-text-block"]  # the rules of axe that look at colours
LAPTOP = ViewportSize(width=1366, height=768)
NARROW = [
    ViewportSize(width=360, height=780),
    ViewportSize(width=683, height=384),
]  # a phone; the laptop at 200 %
NARROW_MODEL = "vae-2d-digits"
PAGE = f"/vae?model={NARROW_MODEL}"
LOOK = ".st-key-closer-look"
FRAMES = 60
TABS = 80  # more than a page has places for the tab key to stop at

# Rule and element of what Streamlit draws and takes no setting for.
STREAMLITS = {
    # Its blocks of code scroll and cannot be given a tabindex; browsers let the tab key stop at them by themselves.
    ("scrollable-region-focusable", "pre"),
}

NO_SIDEWAYS_SCROLLING = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  return main.clientWidth <= innerWidth && main.scrollWidth <= main.clientWidth;
}"""

CHART = ".js-plotly-plot"

# The lowest contrast of a text of the charts with the page; axe leaves text in SVG out.
CHART_CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const page = parts(getComputedStyle(document.querySelector(".stApp")).backgroundColor).slice(0, 3);
  const contrasts = Array.from(document.querySelectorAll(
    ".js-plotly-plot :is(.xtick, .ytick, .annotation, .legend) text, .js-plotly-plot :is(.xtitle, .ytitle)"
  ), (text) => {
    const [r, g, b, opacity = 1] = parts(getComputedStyle(text).fill);
    const seen = [r, g, b].map((value, i) => opacity * value + (1 - opacity) * page[i]);
    const [light, dark] = [luminance(seen), luminance(page)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  });
  return Math.min(21, ...contrasts);
}"""

# What the focus is on, within components too: its name, and how it, what holds it and what follows it look.
FOCUSED = """() => {
  let element = document.activeElement;
  while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  globalThis.focused = element;
  if (element === document.body) return null;
  const label = element.getAttribute("aria-label") || element.labels?.[0]?.textContent || element.alt;
  return (label || (element.matches("a, button, summary") && element.textContent) || element.tagName).trim();
}"""
LOOKS_LIKE = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const element = globalThis.focused;
  const around = [element, element.nextElementSibling];
  for (let i = 0, parent = element; i < 3 && (parent = parent.parentElement); i++) around.push(parent);
  return around.filter(Boolean).map((node) => {
    const { outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor } = getComputedStyle(node);
    return [outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor].join(" ");
  });
}"""


def barriers(page: Page, part: str = "body", rules: Sequence[str] = ()) -> list[str]:
    """What axe finds in a part of the page that is serious or worse, but for what is Streamlit's own.

    By all of its rules, or by those named.
    """
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    found = Axe().run(page, context=part, options=options).response["violations"]
    return [
        f"{page.url}: {rule['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
        if (rule["id"], re.findall(r"\w+", node["html"])[0]) not in STREAMLITS
    ]


def look_at(page: Page, part: str, sizes: Sequence[ViewportSize]) -> list[str]:
    """What is a barrier there; at each of the sizes, in the order given, for every change of it is dear."""
    assert page.evaluate(CHART_CONTRAST) >= 4.5, page.url
    found: list[str] = []
    for size in sizes:
        if page.viewport_size != size:
            page.set_viewport_size(size)
        if size == LAPTOP:
            found += barriers(page, part)
        else:
            page.wait_for_function(NO_SIDEWAYS_SCROLLING)
    return found


def expect_no_sideways_scrolling(page: Page) -> None:
    for size in NARROW:
        page.set_viewport_size(size)
        page.wait_for_function(NO_SIDEWAYS_SCROLLING)
    page.set_viewport_size(LAPTOP)


def open_in(page: Page, theme: Theme, url: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(url)
    wait_until_idle(page)


def expect_a_model_on_screen(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(
        page.locator(":is(.explorer, .push, .estimators, .history)[data-state=ready]").first
    ).to_be_visible()
    if not page.locator(".explorer").count():
        return  # all of this page's images are Python's
    for key in page.evaluate("Object.keys(globalThis.__vaelab_explorers)"):
        pixels = shown(page, key)["pixels"]
        assert max(pixels) > 0.5 > min(pixels), key
    expect(page.get_by_role("img", name=re.compile("^Decoded image")).first).to_be_visible()


def own_looks(described: Described) -> dict[str, Look]:
    """The page's looks but for the first, which it opens with, and those that an earlier page has as well."""
    earlier = PAGES[: PAGES.index(described)]
    seen = {look.render for page in earlier for look in page.looks.values()}
    return {name: look for name, look in list(described.looks.items())[1:] if look.render not in seen}


@pytest.mark.parametrize("described", PAGES, ids=lambda page: page.slot)
def test_nothing_on_a_page_is_a_barrier(page: Page, app_url: str, described: Described):
    """Contrasts in both themes; other rules and sizes, which no theme changes, in one. In the other theme the page is
    opened by its bare address, too, and has a model on the screen."""
    url, query = f"{app_url}/", ""
    if described is not PAGES[0]:
        url += described.slot
        query = f"?model={KINDS[described.kinds[0]].preset}&images=digits"
    looks = own_looks(described)
    sizes = [LAPTOP, *NARROW]
    with watched(page):
        open_in(page, "light", url + query)
        found = look_at(page, "body", sizes)
        charted: list[str] = []
        for name, look in looks.items():
            sizes.reverse()
            choose_look(page, look.title, name)
            found += look_at(page, LOOK, sizes)
            if page.locator(CHART).count():
                charted.append(name)

        page.set_viewport_size(LAPTOP)
        open_in(page, "dark", url)
        expect_a_model_on_screen(page)
        found += barriers(page, rules=CONTRAST)
        assert page.evaluate(CHART_CONTRAST) >= 4.5, page.url
        for name in charted:
            if name == charted[0]:  # not every look fits the model of the bare address
                open_in(page, "dark", f"{url}{query}&look={name}")
            else:
                choose_look(page, looks[name].title, name)
            assert page.evaluate(CHART_CONTRAST) >= 4.5, page.url
    assert found == []


@pytest.mark.parametrize(("theme", "rules"), [("light", []), ("dark", CONTRAST)])
def test_nothing_that_opens_on_a_page_is_a_barrier(page: Page, app_url: str, theme: Theme, rules: list[str]):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    with watched(page):
        page.goto(f"{app_url}{PAGE}&images=draw")
        wait_until_idle(page)
        page.get_by_text("The ELBO in numbers").click()
        expect(page.locator(".st-key-in-numbers").get_by_text("Objective", exact=True)).to_be_visible()
        wait_until_idle(page)  # until then what comes moves the page, perhaps between press and release
        page.get_by_text("The model's own code").click()
        expect(page.get_by_text("as it runs here")).to_be_visible()
        page.get_by_role("button", name="Link").click()
        expect(page.get_by_text("A link to what you see")).to_be_visible()
        wait_until_idle(page)
        found = barriers(page, rules=rules)
        page.keyboard.press("Escape")
        page.get_by_test_id("stMain").get_by_role("radio", name="Upload", exact=True).click()
        page.locator("input[type=file]").first.set_input_files(
            {"name": "seven.png", "mimeType": "image/png", "buffer": saved(seven(), "PNG")}
        )
        page.get_by_text("Crop, turn or invert it").click()
        expect(page.get_by_role("slider", name=re.compile("^threshold"))).to_be_visible()
        wait_until_idle(page)
        found += barriers(page, rules=rules)
        expect_no_sideways_scrolling(page)
    assert found == []


@pytest.mark.parametrize(("theme", "rules"), [("light", []), ("dark", CONTRAST)])
def test_the_tours_bar_and_the_lesson_are_no_barrier(
    page: Page, app_url: str, theme: Theme, rules: list[str]
):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    with watched(page):
        page.goto(f"{app_url}/?tour=1")
        wait_until_idle(page)
        expect_no_sideways_scrolling(page)
        found = barriers(page, ".st-key-tour", rules)
        page.get_by_role("button", name=re.compile("^For a class")).click()
        expect(page.get_by_role("dialog").get_by_text("Ten questions for the app")).to_be_attached()
        wait_until_idle(page)
        found += barriers(page, "[role=dialog]", rules)
    assert found == []


# Streamlit's header has a "Stop" of its own for as long as a script runs.
ON_THE_PAGE = "document.activeElement.closest('[data-testid=stMain]') !== null"


def tab_to(page: Page, name: str) -> None:
    """Presses the tab key until the focus is on what is called `name` on the page, a regular expression."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now is not None and re.search(name, now) and page.evaluate(ON_THE_PAGE):
            return
    raise AssertionError(f"the tab key does not come to {name}")


def test_the_tab_key_goes_through_the_page_and_shows_where_it_is(chromium: Browser, app_url: str):
    context = chromium.new_context(viewport=LAPTOP, reduced_motion="reduce")
    with watched(patient_page(context)) as page:
        page.goto(f"{app_url}{PAGE}&images=digits")
        wait_until_idle(page)
        page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
        stops: list[str] = []
        unseen: list[str] = []
        page.keyboard.press("Tab")
        while (name := page.evaluate(FOCUSED)) is not None:
            assert len(stops) < TABS, "the focus does not leave the page"
            stops.append(name)
            focused = page.evaluate(LOOKS_LIKE)
            page.keyboard.press("Tab")
            # On a busy machine the page may take some frames to show where the focus went.
            if all(page.evaluate(LOOKS_LIKE) == focused for _ in range(FRAMES)):
                unseen.append(name)
        order = [
            "Model",
            "Link",
            "mean",
            "digit 6, image 0",
            "Latent plane",
            "Samples",
            "Start training",
            "Set it up",
        ]
        places = [next(i for i, name in enumerate(stops) if wanted in name) for wanted in order]
        assert places == sorted(places)
        assert unseen == []
    context.close()


def test_the_page_by_keyboard_alone(page: Page, app_url: str):
    press = page.keyboard.press
    with watched(page):
        page.goto(f"{app_url}/vae?images=digits")
        wait_until_idle(page)
        tab_to(page, "^Model$")
        press("ControlOrMeta+a")
        page.keyboard.type("vae-2d-digits")
        press("Enter")
        expect(page).to_have_url(re.compile("model=vae-2d-digits"))
        tab_to(page, "Link")
        press("Enter")
        expect(page.get_by_text("A link to what you see")).to_be_visible()
        press("Escape")
        expect(page.get_by_text("A link to what you see")).to_have_count(0)
        tab_to(page, "^mean")
        press("ArrowRight")
        press("Enter")
        expect(page).to_have_url(re.compile("show=draw"))

        tab_to(page, "^any$")
        press("ArrowRight")  # zeros alone
        tab_to(page, "^digit 0")
        press("ArrowRight")
        expect(page.get_by_alt_text(re.compile("^The image: a 0, digits test image"))).to_be_visible()
        wait_until_idle(page)
        tab_to(page, "^Latent plane$")
        before = shown(page)["z"]
        press("ArrowRight")
        press("ArrowUp")
        expect(page.get_by_text("Your z reconstructs the chosen image")).to_be_visible()
        assert shown(page)["z"] == pytest.approx([before[0] + 0.1, before[1] + 0.1], abs=1e-4)
        tab_to(page, "^z₂")
        press("Home")
        assert shown(page)["z"][1] == pytest.approx(-3.5)

        tab_to(page, "^Samples$")
        press("ArrowRight")
        press("Enter")
        expect(page).to_have_url(re.compile("look=pairs"))
        expect(page.get_by_alt_text(re.compile("reconstruction", re.IGNORECASE)).first).to_be_visible()

        tab_to(page, "^Epochs$")
        press("ControlOrMeta+a")
        page.keyboard.type("50000")
        tab_to(page, "^Start training$")
        press("Enter")
        main = page.get_by_test_id("stMain")  # the header has a "Stop" of its own
        main.get_by_role("button", name="Stop", exact=True).wait_for(timeout=TRAINING)
        tab_to(page, "^Stop$")
        press("Enter")
        page.get_by_role("button", name="Use this model on this page").wait_for(timeout=TRAINING)

        tab_to(page, "^Built-in$")
        press("ArrowRight")
        press("Enter")
        tab_to(page, "^Draw a digit")
        press("Space")
        for _ in range(4):
            press("Shift+ArrowDown")
        press("Space")
        expect(page.get_by_role("img", name="The image as it was framed")).to_be_visible()
