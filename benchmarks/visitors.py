"""Several visitors on one server: two train while a third explores, and what each further session costs in memory."""

import argparse
import os
import re
import statistics
import sys
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.browser import PAGE, control_rows, controls, drag, open_page, page_address, percentile
from benchmarks.report import Row, show
from tests.browser import chromium
from tests.browser.server import ROOT, serve
from tests.browser.streamlit_page import navigation, wait_until_idle
from ui.all_pages import PAGES
from vaemodels import data

TRAINERS = 2
MEMORY = {"digits": 450, "mnist": 470}  # MB, of a server whose pages have all been opened
EPOCHS = 50_000  # more than there is time for


def train(browser: Browser, url: str) -> Page:
    """A visitor whose run on the built-in digits is under way."""
    page = open_page(browser, url)
    start_training(page)
    return page


def start_training(page: Page) -> None:
    """Begin a run and wait for its first record."""
    page.get_by_label("Epochs", exact=True).fill(str(EPOCHS))
    page.get_by_role("button", name="Start training").click()
    expect(page.locator("figure.chart")).to_have_attribute("aria-label", re.compile("epoch"), timeout=120_000)


def epoch(page: Page) -> float:
    """Where a visitor's run is."""
    label = page.locator("figure.chart").get_attribute("aria-label") or ""
    return float(re.findall(r"epoch ([\d.]+)", label)[0])


def company(browser: Browser, script: Path, repeats: int, seconds: float) -> list[Row]:
    """A third visitor's drag and controls while two others train and watch their charts."""
    with serve(script, {"VAELAB_MAX_JOBS": str(TRAINERS)}) as server:
        address = page_address(browser, server.url)
        trainers = [train(browser, address) for _ in range(TRAINERS)]
        begin, before = time.perf_counter(), [epoch(page) for page in trainers]
        measured = drag(browser, address, seconds)
        times = controls(browser, address, repeats)
        spent, after = time.perf_counter() - begin, [epoch(page) for page in trainers]
        for page in trainers:
            page.context.close()
    epochs = min(late - early for early, late in zip(before, after, strict=True)) / spent
    prefix = f"{TRAINERS} train, a third: "
    return [
        Row("each of two runs meanwhile", epochs, "epochs/s"),
        Row(
            f"{prefix}between frames of a drag, median",
            statistics.median(measured.frames),
            "ms",
            "at most",
            20,
        ),
        Row(f"{prefix}between frames of a drag, p95", percentile(measured.frames, 0.95), "ms"),
        *control_rows(times, 120, prefix),
    ]


def resident(pid: int) -> float:
    """Resident memory of a process and its children, in MB."""
    process = psutil.Process(pid)
    return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 1e6


def everything_seen(browser: Browser, script: Path) -> list[Row]:
    """The server's memory once every page and every look has been open, and what a run adds; MNIST's where it is."""
    dataset = "mnist" if data.is_available("mnist") else "digits"
    with serve(script) as server:
        page = open_page(browser, server.url)
        for address in dict(navigation(browser, server.url)).values():
            page.goto(address)
            wait_until_idle(page, timeout=60)
        time.sleep(2)
        opened = process_memory(server.pid)
        for described in PAGES:
            path = "" if described is PAGES[0] else described.slot
            for look in described.looks or [""]:
                page.goto(f"{server.url}/{path}?look={look}")
                wait_until_idle(page, timeout=60)
        time.sleep(2)
        seen = process_memory(server.pid)
        page.context.close()
    with serve(script) as server:
        page = open_page(browser, f"{page_address(browser, server.url)}?t_images={dataset}")
        time.sleep(2)
        before = process_memory(server.pid)
        start_training(page)
        time.sleep(5)
        added = process_memory(server.pid) - before
        page.context.close()
    return [
        Row(f"memory: every page opened, {dataset}", opened, "MB", "at most", MEMORY[dataset]),
        Row(f"memory: and every look, by sessions just left, {dataset}", seen, "MB"),
        Row(f"memory: pressing Start adds, {dataset}", added, "MB", "at most", 30),
    ]


def process_memory(pid: int) -> float:
    """Resident memory of one process, in MB."""
    return float(psutil.Process(pid).memory_info().rss / 1e6)


def idle(browser: Browser, script: Path, seconds: float = 20) -> list[Row]:
    """What the server does while its one visitor does nothing."""
    with serve(script) as server:
        page = open_page(browser, page_address(browser, server.url))
        time.sleep(2)
        before = processor_seconds(server.pid)
        time.sleep(seconds)
        spent = processor_seconds(server.pid) - before
        page.context.close()
    return [Row("idle server with one visitor", 100 * spent / seconds, "% of a core", "at most", 2)]


def processor_seconds(pid: int) -> float:
    """Processor time of a process and its children so far."""
    process = psutil.Process(pid)
    times = [p.cpu_times() for p in [process, *process.children(recursive=True)]]
    return float(sum(each.user + each.system for each in times))


def memory(browser: Browser, script: Path, sessions: int) -> list[Row]:
    """The server's memory after one visit, and how it grows with sessions that stay open."""
    with serve(script) as server:
        pages = [open_page(browser, page_address(browser, server.url))]
        time.sleep(2)
        idle = resident(server.pid)
        for _ in range(sessions):
            pages.append(open_page(browser, pages[0].url))
        time.sleep(2)
        grown = resident(server.pid) - idle
        for page in pages:
            page.context.close()
    return [
        Row("memory: server with one visitor", idle, "MB", "at most", 450),
        Row(f"memory: each of {sessions} further sessions", grown / sessions, "MB", "at most", 3),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30, help="of each control")
    parser.add_argument("--seconds", type=float, default=5.0, help="of dragging")
    parser.add_argument("--sessions", type=int, default=20, help="opened beside the first")
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
        rows = everything_seen(browser, script)
        rows += idle(browser, script)
        rows += memory(browser, script, options.sessions)
        rows += company(browser, script, options.repeats, options.seconds)
        conditions = {
            "page": PAGE,
            "chromium": browser.version,
            "cores": psutil.cpu_count() or 0,
            "repeats": options.repeats,
            "load before": load,
        }
        browser.close()
    show("Visitors", conditions, rows, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
