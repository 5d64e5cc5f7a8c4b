"""The IWAE page in a browser: the curve fills in, follows the visitor and the pen, and says when not to be believed."""

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, expect

from tests.browser.component_page import websocket_frames
from tests.browser.server import ROOT
from tests.browser.streamlit_page import centre, shown, wait_until_idle
from tests.browser.visits import watched
from ui.components.assets import with_needs
from ui.images.choice import image_named
from ui.iwae import tightening
from vaemodels import checkpoints
from vaemodels.analysis import bounds
from vaemodels.analysis.bounds import MOST_DRAWS, Draws
from vaemodels.analysis.diagnostics import effective_sample_size
from vaemodels.objectives import iwae

Visit = Callable[[str], Page]


@pytest.fixture
def visit(page: Page, app_url: str) -> Iterator[Visit]:
    with watched(page):

        def go(query: str) -> Page:
            page.goto(f"{app_url}/iwae?{query}")
            wait_until_idle(page)
            return page

        yield go


def draws_of(name: str, image: str, seed: int = 0) -> Draws:
    """The draws as the page makes them, some at a time."""
    model = checkpoints.load(name).model
    x, generator = image_named(image, model).x, torch.Generator().manual_seed(seed)
    parts = [bounds.draw(model, x, tightening.FIRST, generator)]
    while (known := sum(len(part.log_w) for part in parts)) < MOST_DRAWS:
        parts.append(bounds.draw(model, x, min(tightening.NEXT, MOST_DRAWS - known), generator))
    return bounds.joined(parts)


def text(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def expect_draws(page: Page, n: int) -> None:
    expect(page.locator(".tightening .now .k")).to_have_text(f"{n:,}")


def test_the_scripts_arithmetic_is_torchs(page: Page):
    script = base64.b64encode(with_needs(ROOT / "ui/iwae/tightening/bounds.js").encode()).decode()
    log_w = (300 * torch.randn(1_000, generator=torch.Generator().manual_seed(0)) - 1_000).double()
    for values, n in ((log_w, 1_000), (log_w / 300, 110), (log_w / 100, 1)):
        found: dict[str, Any] = page.evaluate(
            """async ([script, logW, n]) => {
              const { chainOf, runningOf, weightsOf } = await import(`data:text/javascript;base64,${script}`);
              const { order, weights, ess, carriers } = weightsOf(logW, n);
              const found = { order: Array.from(order), weights: Array.from(weights), ess, carriers };
              return { ...found, chain: chainOf(logW, n), running: runningOf(logW, n) };
            }""",
            [script, values.tolist(), n],
        )
        expected = bounds.curve(values[:n])
        assert [of["k"] for of in found["chain"]] == [point.k for point in expected]
        for of, point in zip(found["chain"], expected, strict=True):
            assert of["mean"] == pytest.approx(point.mean, abs=1e-9)
            assert of["repeats"] == point.repeats
            if point.repeats > 1:
                assert of["spread"] == pytest.approx(point.spread, abs=1e-9)
        for m, value in found["running"]:
            assert value == pytest.approx(iwae(values[:m].unsqueeze(1)).item(), abs=1e-9)
        assert found["running"][-1][0] == n
        weights = values[:n].softmax(0).sort(descending=True).values
        assert found["order"] == values[:n].argsort(descending=True).tolist()
        assert found["weights"] == pytest.approx(weights.tolist(), abs=1e-12)
        assert found["ess"] == pytest.approx(effective_sample_size(values[:n].unsqueeze(1)).item(), rel=1e-9)
        assert found["carriers"] == bounds.carriers(values[:n])


def test_the_curve_fills_in_and_its_numbers_are_torchs(visit: Visit):
    page = visit("model=vae-digits&images=digits")
    expect_draws(page, MOST_DRAWS)
    draws = draws_of("vae-digits", "digits-0")
    points = bounds.curve(draws.log_w)
    table = page.get_by_role("table", name="L_k in nats by k")
    cells, gains = (table.locator(f"tr:nth-child({row}) td").all_inner_texts() for row in (2, 3))
    assert cells == [text(point.mean) for point in points]
    assert gains == [text(point.mean - points[0].mean) for point in points]
    now = page.locator(".tightening .now")
    expect(now.locator(".elbo-value")).to_have_text(text(points[0].mean))
    stderr = draws.log_w.std().item() / MOST_DRAWS**0.5
    expect(now.locator(".elbo-error")).to_have_text(f"± {text(stderr)}")
    ess = effective_sample_size(draws.log_w.unsqueeze(1)).item()
    expect(now.locator(".ess b")).to_have_text(f"{ess:.0f}")
    expect(page.locator(".tightening .warning")).to_be_hidden()
    share = draws.log_w.softmax(0).max().item()
    largest = page.locator(".tightening .images button").first
    expect(largest).to_have_attribute(
        "aria-label", re.compile(rf"^Draw {int(draws.log_w.argmax()) + 1}, decoded: {100 * share:.1f} %")
    )
    largest.click()
    z = draws.z[draws.log_w.argmax()].tolist()
    assert shown(page)["z"] == pytest.approx(z, abs=1e-4)

    page.get_by_role("option", name=re.compile(r"image 2$")).click()
    other = bounds.curve(draws_of("vae-digits", "digits-2").log_w)
    expect(now.locator(".bound")).to_have_text(text(other[-1].mean))
    page.get_by_role("button", name="Again with another seed").click()
    again = bounds.curve(draws_of("vae-digits", "digits-2", seed=1).log_w)
    expect(now.locator(".bound")).to_have_text(text(again[-1].mean))
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("1")
    wait_until_idle(page)


def test_more_draws_are_shown_without_the_server_and_kept_in_the_link(page: Page, visit: Visit):
    frames = websocket_frames(page)
    visit("model=vae-digits&images=digits&draws=10")
    expect_draws(page, 10)
    expect(page.locator(".tightening .play")).to_have_text("Play")
    page.wait_for_timeout(1500)  # all draws are here
    log_w = draws_of("vae-digits", "digits-0").log_w
    frames.clear()
    more = page.get_by_role("button", name="Ten more draws")
    more.click()
    expect_draws(page, 20)
    more.click()
    expect_draws(page, 30)
    assert frames == []
    expect(page.locator(".tightening .bound")).to_have_text(text(iwae(log_w[:30].unsqueeze(1)).item()))
    page.wait_for_url("**draws=30**")
    play = page.locator(".tightening .play")
    play.click()
    page.wait_for_function("globalThis.__vaelab_curve.n > 60")
    play.click()
    expect(play).to_have_text("Play")
    slider = page.get_by_role("slider", name="Draws shown")
    slider.press("End")
    expect_draws(page, MOST_DRAWS)
    page.wait_for_url(lambda url: "draws" not in url)
    # The controls stay where they are whatever is said of the draws, and no press of a key is lost among few.
    heights = {centre(play)[1]}
    slider.press("Home")
    expect_draws(page, 1)
    expect(page.locator(".tightening .alone")).to_be_visible()
    for n in range(2, 12):
        slider.press("ArrowRight")
        expect_draws(page, n)
        heights.add(centre(play)[1])
    expect(page.locator(".tightening .warning")).to_be_visible()
    assert len(heights) == 1
    slider.press("ArrowLeft")
    expect_draws(page, 10)
    page.wait_for_url("**draws=10**")
    wait_until_idle(page)


def test_the_curve_follows_the_pen_and_a_drawing_far_from_the_data_is_marked(page: Page, visit: Visit):
    frames = websocket_frames(page)
    visit("model=iwae-k50&images=draw")
    expect_draws(page, MOST_DRAWS)
    pad = page.get_by_role("application").first
    x, y, side = centre(pad)
    before = page.locator(".tightening .bound").inner_text()
    page.mouse.move(x - side / 3, y - side / 3)
    page.wait_for_timeout(800)
    frames.clear()
    page.mouse.down()
    for step in range(12):
        page.mouse.move(x + (1 if step % 2 else -1) * side / 3, y - side / 3 + step * side / 18, steps=3)
    page.wait_for_timeout(200)
    expect(page.locator(".tightening .status")).to_contain_text("While you draw")
    expect_draws(page, 4)
    assert page.locator(".tightening .bound").inner_text() != before
    assert frames == []
    page.mouse.up()
    expect_draws(page, MOST_DRAWS)
    expect(page.locator(".tightening .warning")).to_be_visible()
    wait_until_idle(page)


def test_few_effective_draws_are_marked_below_the_exact_evidence_and_sigma_is_dragged(
    page: Page, visit: Visit
):
    frames = websocket_frames(page)
    visit("model=vae-2d-digits&images=digits&image=digits-49&look=stl")
    expect(page.locator(".tightening .log-p")).to_be_visible()
    expect_draws(page, MOST_DRAWS)
    expect(page.locator(".tightening .warning")).to_be_visible()
    exact = float(page.locator(".tightening .log-p b").inner_text().replace("−", "-"))
    bound = float(page.locator(".tightening .bound").inner_text().replace("−", "-"))
    assert exact - bound > 5

    curves = page.locator(".by-hand .curves")
    curves.scroll_into_view_if_needed()
    box = curves.bounding_box()
    assert box is not None

    def at(sigma: float) -> float:
        return box["x"] + 44 + (sigma - 0.2) / 1.8 * (box["width"] - 56)

    middle = box["y"] + box["height"] / 2
    page.mouse.move(at(0.5), middle)
    page.wait_for_timeout(800)
    frames.clear()
    page.mouse.down()
    page.mouse.move(at(0.8), middle, steps=5)
    page.mouse.move(at(1.0), middle, steps=5)
    expect(page.locator(".by-hand .sigma")).to_have_text("1.00")
    expect(page.locator(".by-hand .stl-value")).to_have_text("0.00")
    expect(page.locator(".by-hand .ordinary-value")).to_have_text("1.00")
    # The least σ, where stl scatters most, is within the picture, and so is its dot upon its curve.
    page.mouse.move(at(0.2), middle, steps=5)
    expect(page.locator(".by-hand .stl-value")).to_have_text("4.80")
    expect(page.locator(".by-hand .beyond")).to_contain_text("lie beyond ±5")
    dot = page.locator(".by-hand .stl-dot")
    [x, y] = [float(dot.get_attribute(name) or "nan") for name in ("cx", "cy")]
    line = page.locator(".by-hand .stl-line").get_attribute("d") or ""
    assert y > 12 and line.startswith(f"M{x:.1f} {y:.1f}L")
    page.mouse.move(at(1.0), middle, steps=5)
    assert frames == []
    page.mouse.up()
    page.wait_for_url("**sigma=1**")
    page.get_by_role("slider", name="σ of q").press("ArrowLeft")
    expect(page.locator(".by-hand .sigma")).to_have_text("0.99")
    page.wait_for_url("**sigma=0.99**")
    wait_until_idle(page)
