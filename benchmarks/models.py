"""What opening every model of pretrained/ costs the server in memory: one visitor, one model after the other."""

import argparse
import os
import sys

import psutil
from playwright.sync_api import Browser, expect, sync_playwright

from benchmarks.browser import HERE, open_page
from benchmarks.report import Row, show
from benchmarks.visitors import process_memory
from tests.browser import chromium
from tests.browser.server import serve
from tests.browser.streamlit_page import exceptions, wait_until_idle
from vaemodels import checkpoints, data

SCRIPT = HERE / "every_model.py"
MEMORY = 520  # MB
ROUNDS = 2  # what grows without bound grows in the second as well


def memory(browser: Browser) -> list[Row]:
    """The server's memory with its first model, and after each round through all of them.

    Raises:
        RuntimeError: where a model can't be opened.
    """
    names = checkpoints.pretrained_names()
    with serve(SCRIPT) as server:
        page = open_page(browser, server.url)
        rows = [Row("memory: the first model opened", process_memory(server.pid), "MB")]
        for turn in range(1, ROUNDS * len(names) + 1):
            page.get_by_role("button", name="Next").click()
            name = names[turn % len(names)]
            expect(page.get_by_text(f"{turn}: {name}", exact=True)).to_be_visible(timeout=60_000)
            wait_until_idle(page, timeout=60)
            if broken := exceptions(page):
                raise RuntimeError(f"{name}: {broken[0]}")
            if turn % len(names) == 0:
                label = f"memory: all {len(names)} opened, round {turn // len(names)}"
                rows.append(Row(label, process_memory(server.pid), "MB", "at most", MEMORY))
        page.context.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    executable = chromium.find()
    if executable is None:
        print(chromium.MISSING, file=sys.stderr)
        return 1
    load = round(os.getloadavg()[0], 1)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, executable)
        rows = memory(browser)
        conditions = {
            "chromium": browser.version,
            "cores": psutil.cpu_count() or 0,
            "MNIST at hand": data.is_available("mnist"),
            "load before": load,
        }
        browser.close()
    show("Models", conditions, rows, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
