"""Several visitors who train at once: their turns, their privacy, and what they see when something breaks."""

import re
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests.browser.server import ROOT, Server, serve
from tests.browser.streamlit_page import patient_page, wait_until_idle
from tests.browser.visits import TRAINING, start_training, stop_training, watched
from vaemodels import jobs

TTL = 3  # seconds for which a session outlives its connection
FOREVER = 50_000


@pytest.fixture(scope="module")
def no_data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("no-data"))


def settings(no_data: str, **more: str) -> dict[str, str]:
    return {
        "VAELAB_DATA": no_data,
        "VAELAB_MAX_JOBS": "1",
        "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": f"{TTL}",
    } | more


@pytest.fixture(scope="module")
def two_workers(no_data: str) -> Iterator[Server]:
    """The app on somebody's cluster with room for two runs, told to have one go on at a time."""
    with serve(ROOT / "app.py", settings(no_data, VAELAB_SCHEDULER=jobs.start_local_cluster(2))) as server:
        yield server


def arrive(context: BrowserContext, server: Server) -> Page:
    page = patient_page(context)
    page.goto(f"{server.url}/vae?model=vae-digits")
    wait_until_idle(page)
    return page


def epoch(page: Page) -> float:
    """Where the run on the page is, once it has begun."""
    chart = page.locator("figure.chart").first
    expect(chart).to_have_attribute("aria-label", re.compile(r"epoch [\d.]+"), timeout=TRAINING)
    label = chart.get_attribute("aria-label")
    assert label is not None
    return float(re.findall(r"epoch ([\d.]+)", label)[0])


def test_one_run_at_a_time_the_others_see_their_place_and_a_closed_tab_gives_up_its_turn(
    chromium: Browser, two_workers: Server
) -> None:
    contexts = [chromium.new_context() for _ in range(3)]
    first, second, third = (arrive(context, two_workers) for context in contexts)
    start_training(first, FOREVER)
    epoch(first)
    start_training(second, FOREVER)
    expect(second.get_by_text("first in the queue; one run is going on.")).to_be_visible()
    start_training(third, FOREVER)
    expect(third.get_by_text("second in the queue; one run is going on.")).to_be_visible()
    second.get_by_role("button", name="Cancel").click()
    expect(second.get_by_role("button", name="Start training")).to_be_visible()
    expect(third.get_by_text("first in the queue; one run is going on.")).to_be_visible()
    expect(third.locator("figure.chart")).to_have_count(0)

    first.close()  # its turn is over, as somebody waits
    epoch(third)
    stop_training(third)
    expect(third.get_by_text(re.compile("^mine-1: VAE, 2 dimensions"))).to_be_visible()
    for page in (second, third):
        wait_until_idle(page)
    for context in contexts:
        context.close()


def test_two_tabs_of_one_visitor_know_nothing_of_each_other(chromium: Browser, two_workers: Server) -> None:
    context = chromium.new_context()
    first, second = arrive(context, two_workers), arrive(context, two_workers)
    start_training(first, FOREVER)
    before = epoch(first)
    start_training(second, FOREVER)
    expect(second.get_by_text("first in the queue; one run is going on.")).to_be_visible()
    expect(second.locator("figure.chart")).to_have_count(0)
    second.get_by_role("button", name="Cancel").click()
    expect(second.get_by_role("button", name="Start training")).to_be_visible()
    stop_training(first)
    expect(first.get_by_text("Your models")).to_be_visible()
    assert before > 0
    second.reload()
    wait_until_idle(second)
    expect(second.get_by_text("Your models")).to_have_count(0)
    model = second.get_by_role("combobox", name="Model", exact=True).first.input_value()
    assert model.startswith("vae-digits ·")
    context.close()


def test_a_lost_connection_is_no_closed_tab(chromium: Browser, two_workers: Server) -> None:
    context = chromium.new_context()
    lines: list[WebSocketRoute] = []

    def through(line: WebSocketRoute) -> None:
        lines.append(line)
        line.connect_to_server()

    context.route_web_socket(re.compile("_stcore/stream"), through)
    page = arrive(context, two_workers)
    start_training(page, FOREVER)
    epoch(page)
    seconds = re.compile(r", (\d+) s")
    text = page.get_by_text(re.compile(r"epoch [\d.]+ of"))
    before = int(seconds.findall(text.inner_text())[0])
    count = len(lines)
    lines[-1].close()
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testConnectionState !== 'CONNECTED'"
    )
    wait_until_idle(page)
    assert len(lines) > count
    expect(text).to_have_text(re.compile(rf", ({'|'.join(str(before + TTL + i) for i in range(3, 60))}) s"))
    context.close()


def test_what_breaks_is_said_in_a_sentence_and_the_run_can_go_on(page: Page, no_data: str) -> None:
    with serve(ROOT / "app.py", settings(no_data)) as server, watched(page):
        page.goto(f"{server.url}/vae?model=vae-digits")
        wait_until_idle(page)
        start_training(page, FOREVER)
        # Long enough for a snapshot of more than the beginning: one is taken every second.
        page.get_by_text(re.compile(r"epoch \d\d+\.\d of .*, ([4-9]|\d\d+) s")).wait_for(timeout=TRAINING)
        [cluster] = psutil.Process(server.pid).children()
        worker = max(cluster.children(recursive=True), key=lambda process: process.memory_info().rss)
        worker.kill()
        expect(page.get_by_text("The training process ended before it was done")).to_be_visible()
        expect(page.get_by_role("button", name="Start training")).to_have_count(0)
        page.get_by_role("button", name="Go on from the last snapshot").click()
        expect(page.get_by_text("The training process ended")).to_have_count(0)
        before = epoch(page)
        assert before >= 1  # the earlier epochs are on the chart at once

        page.get_by_text(re.compile(r"epoch \d+\.\d of")).wait_for(timeout=TRAINING)
        cluster.kill()
        expect(page.get_by_text("The connection to the training workers was lost")).to_be_visible()
        page.get_by_role("button", name="Keep it as it is").click()
        expect(page.get_by_text(re.compile("^mine-1: VAE, 2 dimensions"))).to_be_visible()
        page.get_by_role("button", name="Train on").click()
        page.get_by_text(re.compile(r"epoch \d+\.\d of")).wait_for(timeout=TRAINING)
        stop_training(page)
        expect(page.get_by_text(re.compile("^mine-2: VAE, 2 dimensions"))).to_be_visible()
        wait_until_idle(page)
