"""The server, the theme and the browser, before any page of the app is involved."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.browser.streamlit_page import console_errors, exceptions, navigation, wait_until_idle


@pytest.fixture(scope="module")
def hello_url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    script = tmp_path_factory.mktemp("script") / "hello.py"
    script.write_text("import streamlit as st\nst.title('Hello')\nst.code('x = 1')\n")
    return serve(script)


@pytest.mark.parametrize(
    ("scheme", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(15, 18, 24)")]
)
def test_theme_follows_the_system_and_nothing_leaves_the_machine(
    chromium: Browser, hello_url: str, scheme, background
):
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()
    errors = console_errors(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    page.goto(hello_url)
    wait_until_idle(page)

    app = page.get_by_test_id("stApp")
    assert app.evaluate("app => getComputedStyle(app).backgroundColor") == background
    assert [r for r in requests if not r.startswith((hello_url, "data:", "blob:"))] == []
    assert errors == []
    assert exceptions(page) == []
    context.close()


def test_a_python_exception_is_seen(page, serve, tmp_path):
    script = tmp_path / "broken.py"
    script.write_text("import streamlit as st\nst.title('Broken')\nraise ValueError('seen')\n")
    page.goto(serve(script))
    wait_until_idle(page)
    assert "seen" in exceptions(page)[0]


def test_a_script_that_is_not_there_says_so(serve, tmp_path):
    with pytest.raises(RuntimeError, match=r"missing\.py did not start"):
        serve(tmp_path / "missing.py")


def test_navigation_lists_pages_wherever_the_app_puts_them(chromium: Browser, serve, tmp_path):
    script = tmp_path / "app.py"
    script.write_text(
        "import streamlit as st\n"
        "first = st.Page(lambda: st.title('First'), title='First', url_path='first', default=True)\n"
        "second = st.Page(lambda: st.title('Second'), title='The second', url_path='second')\n"
        "st.navigation([first, second], position='top').run()\n"
    )
    url = serve(script)
    assert navigation(chromium, url) == [("First", f"{url}/"), ("The second", f"{url}/second")]
