"""What the tests of visits share: a page that is watched, a look chosen and a training run begun on it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Request, expect

from tests.browser.streamlit_page import console_errors, exceptions, wait_until_idle

# ms, for what a worker has to do: it gives way to everything else on the machine, and torch alone takes it seconds of
# processor time to import.
TRAINING = 900_000

# Streamlit's own: on opening a page it looks for its server below the page's path first, then at the root.
KNOWN_404 = re.compile(r"404 \(Not Found\) \(\S+/_stcore/(health|host-config)\)$")

OUTSIDE = re.compile(r"(https?|wss?)://(?!127\.0\.0\.1[:/])")


@contextmanager
def watched(page: Page) -> Iterator[Page]:
    """In the end the page has asked for nothing from outside this machine, and shows no error.

    What the page asks for is listened to, not routed: with a route Chromium does without its cache, and a visit takes
    it half as much time again.
    """
    outside: list[str] = []

    def note(request: Request) -> None:
        if OUTSIDE.match(request.url):
            outside.append(request.url)

    page.on("request", note)
    errors = console_errors(page)
    yield page
    assert exceptions(page) == []
    assert [error for error in errors if not KNOWN_404.search(error)] == []
    assert outside == []


def choose_look(page: Page, title: str, name: str) -> None:
    """Open a closer look by its title; the address comes to have its name."""
    page.get_by_test_id("stMain").get_by_role("radio", name=title, exact=True).click()
    expect(page).to_have_url(re.compile(rf"look={name}\b"))
    wait_until_idle(page)


def start_training(page: Page, epochs: int) -> None:
    page.get_by_label("Epochs", exact=True).fill(str(epochs))
    page.get_by_role("button", name="Start training").click()


def stop_training(page: Page) -> None:
    # Not Streamlit's own "Stop", which its header shows for as long as a script runs.
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
