"""All pages of the app alike: how soon one opens, how soon a control's effect is painted, what visitors cost."""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice

import psutil
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from playwright.sync_api import Page as Tab

from benchmarks.browser import BARE, Control, bare_control, open_page, repaint_times
from benchmarks.report import Row, show
from benchmarks.visitors import process_memory
from tests.browser import chromium
from tests.browser.server import ROOT, serve
from tests.browser.streamlit_page import patient_page, wait_until_idle
from ui.all_pages import PAGES
from ui.page import Page

OPEN, RATIO = 1.5, 1.6  # the bars: s, and times the bare page's
SERVER, VISITOR = 450, 3  # MB
LOOK, MODEL = ".st-key-look [aria-checked='true']", ".st-key-t_model input"
SETTLE = 2  # s in which a page that is drawn comes to rest


def address(url: str, page: Page) -> str:
    """A page, with the built-in digits, which are there without a download."""
    return url if page is PAGES[0] else f"{url}/{page.slot}?images=digits"


def opening_times(context: BrowserContext, url: str, repeats: int) -> list[float]:
    """Seconds from the address to the page drawn and at rest, each time in a new tab: a visitor of its own.

    The browser has Streamlit's files in its cache, and one visitor has opened the page before.
    """
    times = []
    for _ in range(repeats + 1):
        tab = patient_page(context)
        begin = time.perf_counter()
        tab.goto(url)
        wait_until_idle(tab)
        times.append(time.perf_counter() - begin)
        tab.close()
    return times[1:]


def keyed(tab: Tab) -> Control:
    """What the keyboard changes on a page: the image, where there are none z, then the look, then a run's model."""
    main = tab.get_by_test_id("stMain")
    choices = [
        ("the image", main.locator(".picker [tabindex='0']").first, ["ArrowLeft"], ["ArrowRight"]),
        ("a latent's slider", main.locator(".explorer .sliders input").first, ["PageDown"], ["PageUp"]),
        ("the look", main.locator(LOOK), ["ArrowLeft", "Enter"], ["ArrowRight", "Enter"]),
        ("a run's model", main.locator(MODEL), ["ArrowUp", "Enter"], ["ArrowDown", "Enter"]),
    ]
    name, control, back, on = next(choice for choice in choices if choice[1].count())

    def change(i: int) -> None:
        control.focus()
        for key in back if i % 2 else on:
            tab.keyboard.press(key)

    return Control(name, change)


def repainted(
    browser: Browser, url: str, control: Callable[[Tab], Control], repeats: int
) -> tuple[str, float, float]:
    """What was changed by the keyboard, and medians of ms until the first and the last of its effect is painted."""
    tab = open_page(browser, url, "control.js")
    tab.wait_for_timeout(1000 * SETTLE)
    pressed = control(tab)
    first, last = zip(*repaint_times(tab, pressed, repeats), strict=True)
    tab.context.close()
    return pressed.name, statistics.median(first), statistics.median(last)


def page_rows(
    context: BrowserContext, page: Page, url: str, bare: str, opens: int, repeats: int
) -> list[Row]:
    """A page's rows: opened; its control beside that of the bare page, which is measured right before it."""
    browser = context.browser
    assert browser is not None
    opened = opening_times(context, address(url, page), opens)
    _, _, least = repainted(browser, bare, bare_control, repeats)
    name, first, last = repainted(browser, address(url, page), keyed, repeats)
    key = f"{page.title}: key on {name}"
    return [
        Row(f"{page.title}: opened, median", statistics.median(opened), "s", "at most", OPEN),
        Row(f"{key}: first change, median", first, "ms"),
        Row(f"{key}: all repainted, median", last, "ms"),
        Row(f"{key}: against the bare page's {least:.0f} ms", last / least, "times", "at most", RATIO),
    ]


def memory_rows(browser: Browser, url: str, pid: int, visitors: int) -> list[Row]:
    """The server's memory when one visitor has been on every page, and what each of many more on all pages adds."""
    first = open_page(browser, url)
    for page in PAGES[1:]:  # by the menu: who comes by an address is another visitor
        first.get_by_test_id("stTopNavLink").get_by_text(page.title, exact=True).click()
        first.wait_for_url(f"**/{page.slot}*")
        wait_until_idle(first, timeout=60)
    time.sleep(SETTLE)
    before = process_memory(pid)
    tabs = [open_page(browser, address(url, page)) for page in islice(cycle(PAGES), visitors)]
    time.sleep(SETTLE)
    grown = process_memory(pid) - before
    for tab in (first, *tabs):
        tab.context.close()
    return [
        Row("memory: a visitor has opened every page", before, "MB", "at most", SERVER),
        Row(f"memory: each of {visitors} more, spread over all", grown / visitors, "MB", "at most", VISITOR),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opens", type=int, default=5, help="of each page, after one that warms the server")
    parser.add_argument("--repeats", type=int, default=20, help="of each control")
    parser.add_argument("--sessions", type=int, default=20, help="of visitors beside the first")
    parser.add_argument("--quick", action="store_true", help="two openings and four keys of each page")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.opens, options.repeats = 2, 4
    executable = chromium.find()
    if executable is None:
        print(chromium.MISSING, file=sys.stderr)
        return 1
    load = round(os.getloadavg()[0], 1)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, executable)
        with serve(ROOT / "app.py") as server:
            rows = memory_rows(browser, server.url, server.pid, options.sessions)
            with serve(BARE) as bare:
                context = browser.new_context(viewport={"width": 1366, "height": 768})
                for page in PAGES:
                    rows += page_rows(context, page, server.url, bare.url, options.opens, options.repeats)
        conditions = {
            "chromium": browser.version,
            "cores": psutil.cpu_count() or 0,
            "repeats": options.repeats,
            "load before": load,
        }
        browser.close()
    show("Pages", conditions, rows, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
