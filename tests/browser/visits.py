"""What the tests of visits share: a page that is watched, a look chosen and a training run begun on it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, expect

from tests.browser.streamlit_page import console_errors, exceptions, wait_until_idle

# ms, for what a worker has to do: it gives way to everything else on the machine, and torch alone takes it seconds of
# processor time to import.
TRAINING = 900_000

# Streamlit's own: on opening a page it looks for its server below the page's path first, then at the root.
KNOWN_404 = re.compile(r"404 \(Not Found\) \(\S+/_stcore/(health|host-config)\)$")


@contextmanager
def watched(page: Page) -> Iterator[Page]:
    """Lets the page reach nothing but this machine; in the end it has tried nothing else and shows no error."""
    outside: list[str] = []

    def refuse(route: Route) -> None:
        outside.append(route.request.url)
        route.abort()

    page.route(re.compile(r"^https?://(?!127\.0\.0\.1[:/])"), refuse)
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
