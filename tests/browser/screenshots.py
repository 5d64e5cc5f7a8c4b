"""Pictures of every page for the eye to judge: desktop and phone, light and dark (`make screenshots`)."""

import argparse
import sys
from pathlib import Path
from urllib.parse import urlparse

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.server import ROOT, serve
from tests.browser.streamlit_page import navigation, wait_until_idle

SETTLE = 700  # ms for charts and canvases to finish their first animation


def full_height(page: Page) -> int:
    """Height in pixels at which the page's own scroll area has nothing left to scroll."""
    return int(
        page.evaluate(
            """() => {
              const main = document.querySelector('[data-testid="stMain"]');
              return Math.ceil(innerHeight - main.clientHeight + main.scrollHeight);
            }"""
        )
    )


def pictures(browser: Browser, url: str, folder: Path) -> list[Path]:
    """Visits every page in the app's navigation and returns the files written."""
    written = []
    pages = navigation(browser, url)
    sizes = {"desktop": (1366, 768), "phone": (390, 844)}
    for theme in ("light", "dark"):
        for device, (width, height) in sizes.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="light" if theme == "light" else "dark",
                is_mobile=device == "phone",
                has_touch=device == "phone",
            )
            page = context.new_page()
            for _, address in pages:
                stem = f"{urlparse(address).path.strip('/') or 'home'}-{device}-{theme}"
                page.set_viewport_size({"width": width, "height": height})
                page.goto(address)
                wait_until_idle(page)
                page.wait_for_timeout(SETTLE)
                if device == "desktop":
                    written.append(folder / f"{stem}-first-screen.png")
                    page.screenshot(path=written[-1])
                # The app scrolls inside an element: a full-page picture takes a window as tall as the page.
                page.set_viewport_size({"width": width, "height": max(height, full_height(page))})
                page.wait_for_timeout(SETTLE)
                page.set_viewport_size({"width": width, "height": max(height, full_height(page))})
                wait_until_idle(page)
                written.append(folder / f"{stem}.png")
                page.screenshot(path=written[-1])
            context.close()
    return written


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots", help="folder for the PNG files")
    folder: Path = parser.parse_args().out
    executable = chromium.find()
    if executable is None:
        print(chromium.MISSING, file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with serve(ROOT / "app.py") as server, sync_playwright() as playwright:
        browser = chromium.launch(playwright, executable)
        for path in pictures(browser, server.url, folder):
            print(path)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
