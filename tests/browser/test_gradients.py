"""The Gradients page in a browser: a drag that the server does not hear of, and numbers that are the package's."""

import base64
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from tests.browser.component_page import websocket_frames
from tests.browser.server import ROOT
from tests.browser.streamlit_page import centre, wait_until_idle
from tests.browser.visits import watched
from ui.components.assets import with_needs
from ui.gradients import clouds, costs
from ui.gradients.clouds import Toy
from ui.gradients.simplex import PROBABILITIES
from ui.images.noise import normals, uniforms
from vaemodels.analysis import estimators, relaxations

READY = ".estimators[data-state=ready]"
N = 1_000


def noise_of(family: str, seed: int) -> torch.Tensor:
    """The noise that the browser makes of a seed."""
    if family in ("normal", "lognormal"):
        return normals(seed + 1, N)
    return estimators.FAMILIES[family].noise(uniforms(seed + 1, N) + 2.0**-33)


def expect_the_packages_numbers(page: Page, seed: int = 0) -> Toy:
    found = page.evaluate(
        "() => ({ now: __vaelab_gradients.now, exact: __vaelab_gradients.exact, "
        "z: Array.from(__vaelab_gradients.z), pathwise: Array.from(__vaelab_gradients.pathwise), "
        "score: Array.from(__vaelab_gradients.score) })"
    )
    now = found["now"]
    toy = Toy(now["family"], now["cost"], now["theta"], now["scale"], now["k"], now["wrt"])
    family, cost = estimators.FAMILIES[toy.family], estimators.cost(toy.cost, toy.k)
    parameters = costs.parameters_of(toy.family, toy.theta, toy.scale)
    noise = noise_of(toy.family, seed)
    for name, estimate in {"pathwise": estimators.pathwise, "score": estimators.score_function}.items():
        expected = estimate(cost, family, parameters, noise)[:, toy.place].numpy()
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-5)
    _, score = estimators.exact(cost, family, parameters)
    tolerance = 2e-3 if toy.cost == "step" else 1e-5
    assert found["exact"] == pytest.approx(score.mean[toy.place].item(), abs=tolerance)
    return toy


def test_a_dial_is_dragged_without_a_byte_and_its_link_opens_it(page: Page, app_url: str) -> None:
    frames = websocket_frames(page)
    with watched(page):
        page.goto(f"{app_url}/gradients")
        wait_until_idle(page)
        page.locator(READY).wait_for()
        assert expect_the_packages_numbers(page) == clouds.USUAL
        for name in ("theta", "scale", "k"):
            box = page.locator(f"{READY} input.{name}").bounding_box()
            assert box is not None
            y = box["y"] + box["height"] / 2
            page.mouse.move(box["x"] + 0.5 * box["width"], y)
            page.mouse.down()
            page.wait_for_timeout(600)
            frames.clear()
            for i in range(1, 21):
                page.mouse.move(box["x"] + (0.5 - 0.01 * i) * box["width"], y)
            page.wait_for_timeout(200)
            assert frames == []
            expect_the_packages_numbers(page)
            page.mouse.up()
            page.wait_for_timeout(600)
            wait_until_idle(page)
        toy = expect_the_packages_numbers(page)
        page.wait_for_url(
            re.compile(rf"toy=\w+_[^&]*_{re.escape(f'{toy.k:g}')}(&|$)")
        )  # k was let go of last
        page.goto(page.url)
        wait_until_idle(page)
        page.locator(READY).wait_for()
        assert expect_the_packages_numbers(page) == toy


def test_every_distribution_and_cost_is_the_packages(page: Page, app_url: str) -> None:
    with watched(page):
        page.goto(f"{app_url}/gradients?toy=normal_cos_1_1_2&look=which")
        wait_until_idle(page)
        page.locator(READY).wait_for()
        page.evaluate(
            "WebSocket.prototype.send = () => {}"
        )  # no address is written between two quick choices
        for family in clouds.PARAMETERS:
            page.locator(f"{READY} select.family").select_option(family)
            for cost in clouds.KS:
                page.locator(f"{READY} select.cost").select_option(cost)
                for wrt in ("theta", "scale")[: len([name for name in clouds.NAMES[family] if name])]:
                    page.locator(f"{READY} label:has(input[value={wrt}])").click()
                    toy = expect_the_packages_numbers(page)
                    assert (toy.family, toy.cost, toy.wrt) == (family, cost, wrt)
        dial = page.locator(f"{READY} input.theta")
        dial.press("Home")
        expect(dial).to_have_attribute("aria-valuetext", "−3.00")
        wait_until_idle(page)


def test_k_is_dragged_in_a_chart_without_a_byte_and_read_out(page: Page, app_url: str) -> None:
    frames = websocket_frames(page)
    with watched(page):
        page.goto(f"{app_url}/gradients?toy=normal_cos_1_1_2_scale&ks=1_1_1")
        wait_until_idle(page)
        figure = page.locator(".overk figure").nth(1)
        x, y, width = centre(figure.locator("canvas"))
        frames.clear()
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 0.1 * width, y, steps=10)
        page.wait_for_function("__vaelab_overk.cos.k > 5.5")
        assert frames == []
        found = page.evaluate("__vaelab_overk.cos")
        toy = Toy(**found["toy"])
        path, score = estimators.exact(
            estimators.cost("cos", found["k"]),
            estimators.FAMILIES["normal"],
            costs.parameters_of("normal", 1, 1),
        )
        assert found["variance"] == pytest.approx(
            {"pathwise": path.variance[toy.place].item(), "score": score.variance[toy.place].item()}, rel=1e-6
        )
        expect(figure).to_contain_text("the score function scatters less, by a factor of")
        page.mouse.up()
        page.wait_for_url(f"**ks=1_{found['k']:g}_1**")
        slider = page.get_by_role("slider", name="k of (z − k)²")
        slider.press("Home")
        expect(slider).to_have_attribute("aria-valuetext", re.compile("^−3.00: Variance"))
        page.wait_for_url("**ks=-3_**")
        figure.get_by_role("button", name="draws at this k").click()
        page.wait_for_url(f"**toy=normal_cos_1_1_{found['k']:g}_scale**")
        wait_until_idle(page)
        assert expect_the_packages_numbers(page).k == pytest.approx(found["k"])


def test_the_first_screen_by_keyboard_and_for_a_screen_reader(page: Page, app_url: str) -> None:
    with watched(page):
        page.goto(f"{app_url}/gradients")
        wait_until_idle(page)
        spoken = page.locator(f"{READY} output")
        page.get_by_role("combobox", name="z from").focus()
        page.keyboard.press("c")  # Streamlit’s own key for its cache
        stops = []
        for _ in range(6):
            stops.append(
                page.evaluate(
                    """() => {
                      let at = document.activeElement;
                      while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                      return at.getAttribute("aria-label") || at.labels[0].textContent.trim();
                    }"""
                )
            )
            page.keyboard.press("Tab")
        assert [stop[:6] for stop in stops] == ["z from", "f(z) =", "μ of z", "σ of z", "k of t", "μ"]
        page.get_by_role("slider", name="σ of z").press("End")
        expect(page.get_by_role("slider", name="σ of z")).to_have_attribute("aria-valuetext", "2.00")
        page.get_by_role("radio", name="μ", exact=True).press("ArrowRight")
        expect(spoken).to_have_text(re.compile("^Gradient for σ: exact 4.00; pathwise mean"))
        expect(page.get_by_role("img", name=re.compile("1,000 gradients of each kind"))).to_be_visible()
        page.wait_for_url("**toy=normal_square_1_2_0_scale**")
        assert page.get_by_role("dialog").count() == 0


def test_a_temperature_is_let_go_of_and_its_link_opens_it(page: Page, app_url: str) -> None:
    with watched(page):
        page.goto(f"{app_url}/gradients?look=simplex")
        wait_until_idle(page)
        page.get_by_role("slider", name="Temperature").press("Home")
        page.wait_for_url("**softness=0.01**")
        page.goto(page.url)
        wait_until_idle(page)
        page.wait_for_function("__vaelab_simplex?.tau < 0.011")
        found = page.evaluate("({ ...__vaelab_simplex, y: Array.from(__vaelab_simplex.y) })")
        assert np.isfinite(found["y"]).all() and found["near"] > 950 and found["steepest"] > 5
        assert sum(found["counts"]) == N


def test_relaxed_draws_and_their_density_are_the_packages(page: Page) -> None:
    script = base64.b64encode(with_needs(ROOT / "ui/gradients/simplex/concrete.js").encode()).decode()
    logits = torch.tensor(PROBABILITIES, dtype=torch.float64).log()
    for tau in (0.01, 0.3, 1.0, 5.0):
        y, density = page.evaluate(
            """async ([script, logits, tau]) => {
              const { gumbels, relaxed, logDensity } = await import(`data:text/javascript;base64,${script}`);
              const y = Array.from(relaxed(logits, gumbels(1, 200), tau));
              return [y, logDensity(logits, [0.2, 0.7, 0.1], tau)];
            }""",
            [script, logits.tolist(), tau],
        )
        noise = -(-(uniforms(1, 600) + 2.0**-33).log()).log()
        expected = relaxations.relaxed(logits, noise.view(200, 3), tau)
        torch.testing.assert_close(torch.tensor(y, dtype=torch.float64).view(200, 3), expected)
        at = torch.tensor([0.2, 0.7, 0.1], dtype=torch.float64)
        assert density == pytest.approx(relaxations.concrete_log_density(at, logits, tau).item(), abs=1e-9)
