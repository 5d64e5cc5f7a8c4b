"""A mixture's components in the browser: picked, drawn for, dragged; all as torch computes it."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from tests.browser.component_page import expect_ink, websocket_frames
from tests.browser.streamlit_page import centre, wait_until_idle
from tests.browser.visits import TRAINING, watched
from ui.components.assets import with_needs
from ui.explorer.encoder import DRAWS, noise_of_terms
from ui.gmvae.choice import KEY
from ui.images.noise import normals
from ui.navigation import STYLE
from vaemodels import checkpoints, data
from vaemodels.analysis.mixtures import Draws, image_draws, occupancy, with_means
from vaemodels.data import binarize
from vaemodels.models import GMVAE

MEASURES = with_needs(STYLE.parent / "gmvae" / "measures.js")
MEASURE = """async ([script, means, stds, mean, std, noise]) => {
  const { createMeasures } = await import(script);
  const measure = createMeasures({ means: Float32Array.from(means), stds: Float32Array.from(stds) }, mean.length);
  const { responsibilities, kls, kl, negative } = measure({ mean, std }, Float32Array.from(noise));
  return { responsibilities: Array.from(responsibilities), kls: Array.from(kls), kl, negative };
}"""
STATE = """key => {
  const { chosen, means, responsibilities, kl } = globalThis.__vaelab_mixtures[key];
  return { chosen, kl, means: Array.from(means), responsibilities: Array.from(responsibilities) };
}"""
FRAMED = """canvas => Array.from(
  canvas.getContext("2d").getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 0))"""
SMALL, FLAT = "gmvae-10-digits", "gmvae-2d"

Visit = Callable[[str], Page]


def load(name: str) -> GMVAE:
    model = checkpoints.load(name).model
    assert isinstance(model, GMVAE)
    return model


@torch.no_grad()
def torchs(model: GMVAE, x: torch.Tensor, moved: dict[int, list[float]] | None = None) -> Draws:
    """What torch makes of an image `x: [dim]`, of the page's own noise."""
    q = model.encode(x.unsqueeze(0))["z"]
    noise = noise_of_terms(model, DRAWS)["z"]
    return image_draws(with_means(model.prior(), moved or {}), q.mean[0], q.stddev[0], noise)


def digit(place: int) -> torch.Tensor:
    return binarize(data.load("digits", "test").images, "static")[place]


@pytest.fixture
def visit(page: Page, app_url: str) -> Iterator[Visit]:
    with watched(page):

        def go(path: str) -> Page:
            page.goto(f"{app_url}/gmvae?{path}")
            page.wait_for_function("key => globalThis.__vaelab_mixtures?.[key]?.kl !== undefined", arg=KEY)
            wait_until_idle(page)
            return page

        yield go


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(STATE, KEY)
    return found


def tiles(page: Page) -> Locator:
    return page.get_by_role("slider", name="Components, each decoded at its mean")


def plane(page: Page) -> Locator:
    return page.get_by_role("slider", name="Mean of the chosen component")


@pytest.mark.parametrize("name", [SMALL, FLAT, "gmvae"])
def test_the_script_computes_what_torch_does(page: Page, name: str):
    model, x = load(name), digit(4)
    q, prior = model.encode(x.unsqueeze(0))["z"], model.prior()
    arrays = [prior.means, prior.stds, q.mean[0], q.stddev[0], noise_of_terms(model, DRAWS)["z"]]
    script = f"data:text/javascript,{quote(MEASURES)}"
    found = page.evaluate(MEASURE, [script, *(part.detach().flatten().tolist() for part in arrays)])
    expected = torchs(model, x)
    torch.testing.assert_close(
        torch.tensor(found["responsibilities"]), expected.responsibilities, atol=1e-4, rtol=0
    )
    torch.testing.assert_close(torch.tensor(found["kls"]), expected.kl, atol=1e-3, rtol=0)
    assert found["kl"] == pytest.approx(expected.kl.mean().item(), abs=1e-3)
    assert found["negative"] == int((expected.kl < 0).sum())


def test_a_component_is_picked_and_its_share_digits_and_samples_are_read(visit, chromium):
    page = visit(f"model={SMALL}&images=digits")
    model, split = load(SMALL), data.load("digits", "test")
    with torch.no_grad():
        q = model.encode(binarize(split.images, "static"))["z"]
    held = occupancy(model.prior(), q.mean, q.stddev, split.labels)

    box = tiles(page).bounding_box()
    assert box is not None
    tiles(page).click(
        position={"x": 1.5 * box["width"] / 4, "y": 1.5 * box["height"] / 3}
    )  # the second row's second
    expect(page.get_by_text("Component 6 of 10:")).to_be_visible()
    expect(page).to_have_url(re.compile("component=6"))
    share = f"{100 * held.shares[5]:.1f}" if held.shares[5] < 0.0995 else f"{100 * held.shares[5]:.0f}"
    total, most = int(held.table[5].sum()), int(held.table[5].argmax())
    images = "all 300 test images of the built-in digits (static binarisation)"
    holds = f"the most probable one of {total}: {most} ×{int(held.table[5].max())}"
    expect(page.get_by_text(f"mean p(i|z) {share} % over {images}; {holds}")).to_be_visible()
    expect(page.get_by_role("heading", name="Around component 6")).to_be_visible()

    epsilon = normals(2**31, 18 * 10).view(18, 10).float()
    with torch.no_grad():
        samples = model.decode(model.prior().means[5] + model.prior().stds[5] * epsilon).mean
    row = page.get_by_role("img", name="18 samples of component 6").locator("canvas").first
    for place in (0, 5):
        expect_ink(row, (11 + 244 * samples[place]).int().tolist(), place, 6)

    # By keyboard, and then as whoever follows the link finds it.
    tiles(page).press("ArrowRight")
    expect(page).to_have_url(re.compile("component=7"))
    tiles(page).press("ArrowUp")
    expect(page).to_have_url(re.compile("component=3"))
    expect(tiles(page)).to_have_attribute("aria-valuetext", re.compile("^Component 3 of 10: mean"))
    link = page.url
    other = visit(link.split("?")[1])
    assert state(other)["chosen"] == 2


def test_responsibilities_follow_the_pen(page: Page, visit):
    frames = websocket_frames(page)
    visit(f"model={SMALL}&images=draw")
    model = load(SMALL)
    pad = page.get_by_role("application", name=re.compile("^Draw a digit"))
    x, y, side = centre(pad)
    page.mouse.move(x - 0.2 * side, y - 0.3 * side)
    page.wait_for_timeout(800)  # the address is written once a visitor rests
    page.mouse.down()
    frames.clear()
    seen = []
    for right, down in [(0.2, -0.3), (0.0, 0.0), (-0.1, 0.35)]:
        page.mouse.move(x + right * side, y + down * side, steps=4)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        ink = torch.tensor(page.get_by_role("img", name="The image as it was framed").evaluate(FRAMED))
        found = state(page)
        expected = torchs(model, (ink > 127.5).float())
        torch.testing.assert_close(
            torch.tensor(found["responsibilities"]), expected.responsibilities, atol=1e-3, rtol=0
        )
        assert found["kl"] == pytest.approx(expected.kl.mean().item(), abs=0.01)
        seen.append(tuple(found["responsibilities"]))
    assert len(set(seen)) == 3
    assert frames == []
    page.mouse.up()
    expect(page.get_by_text("The image: kl")).to_be_visible()
    wait_until_idle(page)
    torch.testing.assert_close(
        torch.tensor(state(page)["responsibilities"]), torch.tensor(seen[-1]), atol=1e-3, rtol=0
    )


def test_a_mean_is_dragged_and_all_follows_without_the_server(page: Page, visit):
    frames = websocket_frames(page)
    visit(f"model={FLAT}&images=digits&component=10")
    model = load(FLAT)
    trained = torchs(model, digit(0))
    assert state(page)["kl"] == pytest.approx(trained.kl.mean().item(), abs=0.05)
    plane(page).scroll_into_view_if_needed()
    box = plane(page).bounding_box()
    assert box is not None
    limit = float(plane(page).get_attribute("aria-valuemax") or 0)
    mean = model.prior_mean[9].tolist()
    at = (
        box["x"] + (mean[0] / limit + 1) / 2 * box["width"],
        box["y"] + (1 - mean[1] / limit) / 2 * box["height"],
    )
    page.mouse.move(*at)
    page.wait_for_timeout(800)
    frames.clear()
    page.mouse.down()
    kls = []
    for step in range(1, 11):
        page.mouse.move(at[0] + 7 * step, at[1] + 4 * step)
        found = state(page)
        moved = found["means"][18:20]
        expected = torchs(model, digit(0), {9: moved})
        assert found["kl"] == pytest.approx(expected.kl.mean().item(), abs=0.05)
        torch.testing.assert_close(
            torch.tensor(found["responsibilities"]), expected.responsibilities, atol=1e-3, rtol=0
        )
        kls.append(found["kl"])
    assert frames == []
    assert moved[0] == pytest.approx(mean[0] + 70 / box["width"] * 2 * limit, abs=0.1)
    assert kls[-1] > trained.kl.mean() + 0.5
    page.mouse.up()
    expect(page).to_have_url(re.compile("moved=10_"))
    expect(page.get_by_text(f", as trained {trained.kl.mean():.1f}")).to_be_visible()
    expect(page.get_by_text("With 1 mean moved the KL of all 300 test images")).to_be_visible()
    expect(page.get_by_text(", with 1 mean moved; the most probable one of")).to_be_visible()
    expect(page.get_by_text("The terms here are as trained")).to_be_visible()
    wait_until_idle(page)

    reopened = visit(page.url.split("?")[1])
    assert state(reopened)["kl"] == pytest.approx(kls[-1], abs=0.05)
    page.get_by_role("button", name="restore").click()
    assert state(page)["kl"] == pytest.approx(trained.kl.mean().item(), abs=0.05)
    expect(page).not_to_have_url(re.compile("moved="))
    expect(page.get_by_role("button", name="restore")).to_be_disabled()
    # By keyboard: a step of the mean, and Home puts it back.
    plane(page).press("Shift+ArrowRight")
    assert state(page)["means"][18] == pytest.approx(mean[0] + 0.5, abs=1e-4)
    plane(page).press("Home")
    expect(page.get_by_role("button", name="restore")).to_be_disabled()


def test_a_run_begins_and_a_finished_model_takes_the_page_over(page: Page, visit):
    visit(f"model={SMALL}&images=digits")
    expect(page.get_by_label("Start from", exact=True)).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    main = page.get_by_test_id("stMain")
    stop = main.get_by_role("button", name="Stop", exact=True)
    cancel = main.get_by_role("button", name="Cancel", exact=True)
    expect(stop.or_(cancel)).to_be_visible(timeout=TRAINING)
    stop.or_(cancel).click()
    expect(page.get_by_role("button", name="Start training")).to_be_visible(timeout=TRAINING)

    page.get_by_text("Bring back a model you downloaded").click()
    file = checkpoints.pretrained_folder() / f"{FLAT}.safetensors"
    page.locator('[class*="st-key-upload-"] input[type="file"]').set_input_files(file)
    use = page.get_by_role("button", name="Use this model on this page").first
    use.click()
    expect(page).to_have_url(re.compile("model=mine-"))
    wait_until_idle(page)
    page.wait_for_function("key => globalThis.__vaelab_mixtures?.[key]?.means.length === 20", arg=KEY)
    expected = torchs(load(FLAT), digit(0))
    assert state(page)["kl"] == pytest.approx(expected.kl.mean().item(), abs=0.05)
    assert json.dumps(state(page)["responsibilities"]).count("NaN") == 0
