from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import chromium as chromium_program
from tests.browser.server import ROOT, serve
from tests.browser.streamlit_page import PATIENCE, console_errors, exceptions, patient_page, wait_until_idle

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for the whole run; open a context of your own in it (or use `page`)."""
    executable = chromium_program.find()
    if executable is None:
        if chromium_program.required():
            pytest.fail(chromium_program.MISSING)
        pytest.skip(chromium_program.MISSING)
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = chromium_program.launch(playwright, executable, chromium_program.ONE_PROCESS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def laptop(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser at laptop size that has Streamlit's own files in its cache after the first page."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    context.new_page()  # stays open, and with it the process of all that come
    yield context
    context.close()


@pytest.fixture
def page(laptop: BrowserContext) -> Iterator[Page]:
    """A fresh page: a visit of its own to the server, and nothing of an earlier test but the browser's cache."""
    page = patient_page(laptop)
    yield page
    page.close()


@pytest.fixture(scope="session", name="serve")
def serve_fixture() -> Iterator[Callable[..., str]]:
    """`serve(script, env=None) -> base_url`: a Streamlit server that lives until the run ends."""
    with ExitStack() as servers:

        def start(script: Path | str, env: Mapping[str, str] | None = None) -> str:
            return servers.enter_context(serve(script, env)).url

        yield start


@pytest.fixture(scope="session")
def app_url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app as a visitor without any downloaded dataset finds it."""
    return serve(ROOT / "app.py", {"VAELAB_DATA": str(tmp_path_factory.mktemp("no-data"))})


@pytest.fixture(scope="session")
def components_url(serve: Callable[..., str]) -> str:
    return serve(HERE / "component_app.py")


@pytest.fixture
def components(page: Page, components_url: str) -> Iterator[Callable[[str], Page]]:
    """`components(part)` opens one part of the page of nothing but components, which leaves no error behind."""
    errors = console_errors(page)

    def go(part: str) -> Page:
        page.goto(f"{components_url}/?show={part}")
        wait_until_idle(page)
        return page

    yield go
    assert exceptions(page) == []
    assert errors == []
