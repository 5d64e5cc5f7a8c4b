"""What a visitor waits for, in a real Chromium: the start, a drag, a control."""

import argparse
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil
from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

from benchmarks.report import Row, show
from tests.browser import chromium
from tests.browser.server import ROOT, serve
from tests.browser.streamlit_page import navigation, wait_until_idle

HERE = Path(__file__).parent
PAGE = "VAE and β-VAE"
# Titles of pages.
BOUND, GRADIENTS, TIGHTENING = "The bound", "Gradients", "IWAE"
DIGITS, STYLES, LEVELS = "SSVAE", "FSVAE", "Hierarchical VAE"
BARE = HERE / "bare.py"
ROUNDS = 3  # in which the bare page and ours are measured in turns
QUIET = 500  # ms without a change after which a control's effect is complete


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values don't exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def open_page(browser: Browser, url: str, *scripts: str) -> Page:
    """A fresh visitor at laptop size, with `scripts` of this folder running in the page from its start."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    for script in scripts:
        page.add_init_script(path=HERE / script)
    page.goto(url)
    wait_until_idle(page, timeout=60)
    return page


def cold_start(browser: Browser, script: Path) -> float:
    """Seconds from the start of the server's process to the first page drawn."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    begin = time.perf_counter()
    with serve(script) as server:
        page.goto(server.url)
        wait_until_idle(page, timeout=60)
        spent = time.perf_counter() - begin
    page.context.close()
    return spent


class Drag(NamedTuple):
    """What a drag was measured to be: ms from handler to draw and between frames, bytes to and from the server."""

    drawn: list[float]
    frames: list[float]
    sent: int
    received: int
    seconds: float


class Handle(NamedTuple):
    """What is dragged: a component's plane, the page's times from handler to draw, how far from the middle it goes."""

    plane: str
    times: str
    reach: float


EXPLORER = Handle(".explorer[data-state=ready] .plane", "__vaelab_timings", 0.35)
Q = Handle(".push[data-state=ready] .plane", "__vaelab_bound.drag", 0.2)
COMPONENT = Handle(".mixture[data-state=ready] .plane", "__vaelab_mixture_timings", 0.35)
COLUMN = Handle(".styles[data-state=ready] .plane", "__vaelab_timings", 0.35)
ROW = Handle(".levels[data-state=ready] .plane", "__vaelab_timings", 0.35)
DIAL = Handle(".estimators[data-state=ready] input.theta", "__vaelab_gradients", 0.35)  # 1,000 draws follow


def drag(browser: Browser, url: str, duration: float, handle: Handle = EXPLORER) -> Drag:
    """Moves a handle in circles 60 times a second for `duration` seconds."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.add_init_script(path=HERE / "drag.js")
    traffic = {"to": 0, "from": 0}

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: traffic.update(to=traffic["to"] + len(frame)))
        socket.on("framereceived", lambda frame: traffic.update({"from": traffic["from"] + len(frame)}))

    page.on("websocket", listen)
    page.goto(url)
    wait_until_idle(page, timeout=60)
    plane = page.locator(handle.plane).first
    plane.scroll_into_view_if_needed()
    page.wait_for_timeout(4000)  # what is behind the handle fills in while nobody drags
    box = plane.bounding_box()
    assert box is not None
    x, y, radius = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, handle.reach * box["width"]

    page.mouse.move(x, y)
    page.mouse.down()
    before = dict(traffic)
    seen = page.evaluate(f"{handle.times}.count")
    page.evaluate("__frames.start()")
    begin = time.perf_counter()
    moves = 0
    while (elapsed := time.perf_counter() - begin) < duration:
        angle = 2 * math.pi * elapsed / 2.5
        page.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
        moves += 1
        time.sleep(max(0.0, begin + moves / 60 - time.perf_counter()))
    frames = page.evaluate("__frames.stop()")
    drawn = page.evaluate(f"seen => Array.from({handle.times}.ms.slice(seen, {handle.times}.count))", seen)
    after = dict(traffic)
    page.mouse.up()
    context.close()
    return Drag(drawn, frames, after["to"] - before["to"], after["from"] - before["from"], elapsed)


def drag_rows(measured: Drag, what: str = "drag") -> list[Row]:
    """A drag with nobody else about, held to its bars."""
    return [
        Row(f"{what}: pointer moves drawn", len(measured.drawn) / measured.seconds, "per second"),
        Row(f"{what}: handler to draw, median", statistics.median(measured.drawn), "ms"),
        Row(f"{what}: handler to draw, p95", percentile(measured.drawn, 0.95), "ms", "at most", 4),
        Row(f"{what}: between frames, median", statistics.median(measured.frames), "ms", "at most", 17),
        Row(f"{what}: between frames, p95", percentile(measured.frames, 0.95), "ms", "at most", 25),
        Row(f"{what}: to the server", measured.sent, "bytes", "at most", 0),
        Row(f"{what}: from the server", measured.received, "bytes", "at most", 0),
    ]


def component(browser: Browser, url: str, model: str, z_dim: int, duration: float) -> Drag:
    """Drags the mean of a mixture's first component, put into the middle of the plane by the link."""
    link = f"{url}/gmvae?model={model}&images=digits&moved=1_{'_'.join(['0'] * z_dim)}"
    return drag(browser, link, duration, COMPONENT)


def grid_rows(browser: Browser, url: str, repeats: int) -> list[Row]:
    """The grid of styles: from the key that changes its seed to all of its cells drawn."""
    page = open_page(browser, url)
    page.evaluate("addEventListener('keydown', () => (globalThis.pressed = performance.now()), true)")
    seed = page.locator(".st-key-seed input")
    times = []
    for i in range(1, repeats + 1):
        seed.fill(str(i))
        seed.press("Enter")
        page.wait_for_function("i => __vaelab_styles.seed === i", arg=i)
        times.append(page.evaluate("__vaelab_styles.at - pressed"))
        wait_until_idle(page)
    page.context.close()
    return [Row("grid: key on the seed to all drawn, median", statistics.median(times), "ms", "at most", 150)]


def pen(browser: Browser, url: str, duration: float, times: str = "__vaelab_pen") -> Drag:
    """Draws on the pad for `duration` seconds, 60 moves a second, with all following that the page infers of it."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.add_init_script(path=HERE / "drag.js")
    traffic: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: traffic.append(len(frame)))
        socket.on("framereceived", lambda frame: traffic.append(len(frame)))

    page.on("websocket", listen)
    page.goto(f"{url}?images=draw")
    wait_until_idle(page, timeout=60)
    pad = page.get_by_role("application").first
    pad.scroll_into_view_if_needed()
    page.wait_for_timeout(2000)
    box = pad.bounding_box()
    assert box is not None
    x, y, radius = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, 0.3 * box["width"]
    page.mouse.move(x + radius, y)
    page.mouse.down()
    page.wait_for_timeout(500)
    traffic.clear()
    seen = page.evaluate(f"{times}.count")
    page.evaluate("__frames.start()")
    begin = time.perf_counter()
    moves = 0
    while (elapsed := time.perf_counter() - begin) < duration:
        angle = 2 * math.pi * elapsed / duration  # one round: a stroke of a digit's length
        page.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
        moves += 1
        time.sleep(max(0.0, begin + moves / 60 - time.perf_counter()))
    frames = page.evaluate("__frames.stop()")
    drawn = page.evaluate(f"seen => Array.from({times}.ms.slice(seen, {times}.count))", seen)
    measured = Drag(drawn, frames, sum(traffic), 0, elapsed)
    page.mouse.up()
    page.context.close()
    return measured


def pen_rows(measured: Drag, name: str = "pen", limit: float = 8) -> list[Row]:
    """A stroke of the pen, held to its bars: framed, encoded, decoded, scored and drawn with every move."""
    return [
        Row(f"{name}: moves drawn", len(measured.drawn) / measured.seconds, "per second"),
        Row(f"{name}: move to all drawn, median", statistics.median(measured.drawn), "ms"),
        Row(f"{name}: move to all drawn, p95", percentile(measured.drawn, 0.95), "ms", "at most", limit),
        Row(f"{name}: between frames, median", statistics.median(measured.frames), "ms", "at most", 17),
        Row(f"{name}: to and from the server", measured.sent, "bytes", "at most", 0),
    ]


def curve_times(browser: Browser, url: str, repeats: int) -> list[tuple[float, float]]:
    """(begun, complete) of an image's bound over k, in ms after a click on it, under a model of 10 dimensions."""
    page = open_page(browser, f"{url}?model=vae-digits&images=digits")
    page.evaluate("addEventListener('click', () => (globalThis.__clicked = performance.now()), true)")
    thumbnails = page.get_by_test_id("stMain").locator(".picker img")
    times = []
    for i in range(repeats + 1):
        before = page.evaluate("__vaelab_curve.stamp")
        thumbnails.nth(1 + i % 20).click()
        page.wait_for_function(
            "before => __vaelab_curve.stamp !== before && __vaelab_curve.complete", arg=before, timeout=30_000
        )
        begun, complete = page.evaluate(
            "[__vaelab_curve.began - __clicked, __vaelab_curve.complete - __clicked]"
        )
        if i:  # the first loads what the page hadn't needed yet
            times.append((begun, complete))
    page.context.close()
    return times


def curve_rows(times: Sequence[tuple[float, float]]) -> list[Row]:
    """How soon the bound of a picked image shows, and all of its draws do."""
    begun, complete = ([time[i] for time in times] for i in (0, 1))
    return [
        Row("bound of a picked image: begun, median", statistics.median(begun), "ms", "at most", 200),
        Row(
            "bound of a picked image: 5,000 draws, median",
            statistics.median(complete),
            "ms",
            "at most",
            1_500,
        ),
    ]


class Control(NamedTuple):
    """Something a visitor changes: `change(i)` is the input that is timed."""

    name: str
    change: Callable[[int], None]


def controls_of(page: Page) -> list[Control]:
    """The controls of the page that are measured; each is a run of a fragment on the server."""
    main = page.get_by_test_id("stMain")
    thumbnails = main.locator(".picker img")
    slider = main.locator(".explorer .sliders input").first
    sources = main.locator(".st-key-images").get_by_role("radio")

    def press(i: int) -> None:
        slider.press("PageUp" if i % 2 else "PageDown")  # a step that changes the numbers beside it

    return [
        Control("pick an image", lambda i: thumbnails.nth(1 + i % (thumbnails.count() - 1)).click()),
        Control("key on a latent's slider", press),
        Control("choose where images come from", lambda i: sources.nth((i + 1) % sources.count()).click()),
    ]


def repaint_times(page: Page, control: Control, repeats: int) -> list[tuple[float, float]]:
    """(first, last) change painted, in ms after the input, for each time the control was changed."""
    times = []
    for i in range(repeats + 2):
        page.evaluate("__control.arm()")
        control.change(i)
        page.wait_for_function("quiet => __control.settled(quiet)", arg=QUIET, timeout=60_000)
        wait_until_idle(page)
        if i >= 2:  # the first two load what the page hadn't needed yet
            first, last = page.evaluate("__control.times()")
            times.append((first, last))
    return times


def bare_control(page: Page) -> Control:
    """The slider of a page of nothing but a slider and an image."""
    slider = page.get_by_role("slider")
    return Control("bare", lambda i: slider.press("ArrowLeft" if i % 2 else "ArrowRight"))


def against_bare(browser: Browser, url: str, bare_url: str, repeats: int) -> list[Row]:
    """Each control's time until all is repainted as a multiple of the bare page's, measured in turns."""
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for address, controls_on in ((bare_url, lambda page: [bare_control(page)]), (url, controls_of)):
            page = open_page(browser, address, "control.js")
            page.wait_for_timeout(2000)
            for control in controls_on(page):
                repainted = repaint_times(page, control, -(-repeats // ROUNDS))
                times.setdefault(control.name, []).extend(last for _, last in repainted)
            page.context.close()
    bare = statistics.median(times.pop("bare"))
    return [
        Row("bare page, key on its slider: all repainted, median", bare, "ms"),
        *(
            Row(f"{name}: against the bare page", statistics.median(last) / bare, "times", "at most", 1.6)
            for name, last in times.items()
        ),
    ]


def controls(browser: Browser, url: str, repeats: int) -> dict[str, list[tuple[float, float]]]:
    """Of each control how soon after an input, in ms, the first and the last of what it changes were painted."""
    page = open_page(browser, url, "control.js")
    page.wait_for_timeout(2000)
    times = {control.name: repaint_times(page, control, repeats) for control in controls_of(page)}
    page.context.close()
    return times


def control_rows(measured: dict[str, list[tuple[float, float]]], limit: float, prefix: str = "") -> list[Row]:
    """The controls, each held to a median of at most `limit` ms until all has been repainted."""
    rows = []
    for name, times in measured.items():
        first, last = ([time[i] for time in times] for i in (0, 1))
        rows += [
            Row(f"{prefix}{name}: first change, median", statistics.median(first), "ms"),
            Row(f"{prefix}{name}: all repainted, median", statistics.median(last), "ms", "at most", limit),
            Row(f"{prefix}{name}: all repainted, p95", percentile(last, 0.95), "ms"),
        ]
    return rows


def page_address(browser: Browser, url: str, title: str = PAGE) -> str:
    """Address of the page of that title, by default the one with the explorer, read from the navigation."""
    pages = dict(navigation(browser, url))
    if title not in pages:
        raise SystemExit(f"The app has no page “{title}”; its pages are {', '.join(pages)}.")
    return pages[title]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30, help="of each control")
    parser.add_argument("--seconds", type=float, default=5.0, help="of dragging")
    parser.add_argument(
        "--starts", type=int, default=3, help="of the server, after one that warms the disk cache"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    executable = chromium.find()
    if executable is None:
        print(chromium.MISSING, file=sys.stderr)
        return 1

    script = ROOT / "app.py"
    load = round(os.getloadavg()[0], 1)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, executable)
        starts = [cold_start(browser, script) for _ in range(options.starts + 1)][1:]
        rows = [Row("start to first page drawn, median", statistics.median(starts), "s", "at most", 4)]
        with serve(script) as server:
            address = page_address(browser, server.url)
            rows += drag_rows(drag(browser, address, options.seconds))
            rows += pen_rows(pen(browser, address, options.seconds))
            rows += drag_rows(
                component(browser, server.url, "gmvae-2d", 2, options.seconds), "a component of ten"
            )
            rows += drag_rows(component(browser, server.url, "gmvae", 10, options.seconds), "one of 500")
            digits = page_address(browser, server.url, DIGITS)
            rows += drag_rows(drag(browser, digits, options.seconds), "one z as ten digits")
            styles = page_address(browser, server.url, STYLES)
            rows += drag_rows(drag(browser, styles, options.seconds, COLUMN), "a style's column")
            rows += grid_rows(browser, styles, options.repeats)
            levels = page_address(browser, server.url, LEVELS)
            rows += drag_rows(drag(browser, levels, options.seconds, ROW), "a row of two levels")
            gradients = page_address(browser, server.url, GRADIENTS)
            rows += drag_rows(drag(browser, gradients, options.seconds, DIAL), "a dial of the gradients")
            tightening = page_address(browser, server.url, TIGHTENING)
            rows += curve_rows(curve_times(browser, tightening, options.repeats))
            bound = page_address(browser, server.url, BOUND)
            rows += drag_rows(drag(browser, bound, options.seconds, Q), "drag q")
            rows += pen_rows(pen(browser, bound, options.seconds, "__vaelab_bound.pen"), "pen, posterior", 16)
            rows += control_rows(controls(browser, address, options.repeats), 80)
            with serve(BARE) as bare:
                rows += against_bare(browser, address, bare.url, options.repeats)
        conditions = {
            "page": PAGE,
            "chromium": browser.version,
            "cores": psutil.cpu_count() or 0,
            "repeats": options.repeats,
            "load before": load,
        }
        browser.close()
    show("Browser", conditions, rows, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
