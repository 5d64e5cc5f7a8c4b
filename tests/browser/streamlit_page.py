"""What every test needs to know about a Streamlit page in a browser."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

PATIENCE = 120_000  # ms, for anything a test waits for: the machine may be busy

# The whole app is connected, its script is at rest, nothing is stale or still a placeholder.
_IDLE = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  return app !== null
    && app.dataset.testConnectionState === 'CONNECTED'
    && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid="stSkeleton"], [data-testid="stSpinner"], [data-stale="true"]')
    && document.querySelector('[data-testid="stMainBlockContainer"]')?.innerText.trim();
}"""

# All that changes before a timeout of 0 runs goes to the server in one request, so here they wait in `held`, once a
# test has set it to []. Once a visitor has rested for 400 ms the address is to be written; however slow the machine,
# they rest no sooner than the requests are held, and `rested` tells that they have. (An interval, as a timeout that is
# cleared clears it too.)
HOLD_REQUESTS = """{
  const { setTimeout } = window;
  window.setTimeout = (task, delay, ...more) => {
    if (window.held && !delay) return window.held.push(() => task(...more));
    if (delay !== 400) return setTimeout(task, delay, ...more);
    const rest = setInterval(() => {
      if (window.held === undefined) return;
      clearInterval(rest);
      task(...more);
      window.rested = Boolean(window.held);
    }, delay);
    return rest;
  };
}"""
RELEASE_REQUESTS = "{ const { held } = window; window.held = null; held.forEach(task => task()); }"


def wait_until_idle(page: Page, timeout: float = PATIENCE / 1000) -> None:
    """Returns once the script has run to its end and what it drew has been painted; `timeout` in seconds."""
    # Every 50 ms: asked at every frame it takes a loading page a tenth more.
    page.wait_for_function(_IDLE, timeout=timeout * 1000, polling=50)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def patient_page(context: BrowserContext) -> Page:
    """A page of the context that waits as long as a busy machine may take."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return page


def console_errors(page: Page) -> list[str]:
    """A list that grows with each console error and uncaught exception from now on; call before `goto`."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def exceptions(page: Page) -> list[str]:
    """The text of every Python exception that the page shows."""
    return page.get_by_test_id("stException").all_inner_texts()


def navigation(browser: Browser, url: str) -> list[tuple[str, str]]:
    """(title, address) of each page in the app's navigation, in order."""
    # In a narrow window all links are in the sidebar; in a wide one some may hide in menus of the top bar.
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(url)
    wait_until_idle(page)
    page.get_by_test_id("stSidebarNavViewButton").evaluate_all("buttons => buttons.forEach(b => b.click())")
    links = page.get_by_test_id("stSidebarNavLink")
    links.first.wait_for(state="attached")
    found: list[list[str]] = links.evaluate_all("links => links.map(a => [a.innerText.trim(), a.href])")
    page.close()
    return [(text.splitlines()[-1], address) for text, address in found]


def shown(page: Page, key: str = "explorer") -> dict[str, Any]:
    """What the explorer last decoded."""
    page.wait_for_function("key => globalThis.__vaelab_explorers?.[key]", arg=key)
    values: dict[str, Any] = page.evaluate(
        """key => {
          const { z, pixels, std, version } = globalThis.__vaelab_explorers[key];
          return { z: Array.from(z), pixels: Array.from(pixels), std: std && Array.from(std), version };
        }""",
        key,
    )
    return values


def centre(locator: Locator) -> tuple[float, float, float]:
    """x and y of the middle of an element, scrolled into view, and its width."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"]
