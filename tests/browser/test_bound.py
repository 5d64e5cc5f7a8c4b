"""The bound in the browser: its sums against those of the package, and the page as a visitor moves q about."""

import re
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, Route, expect
from torch import Tensor
from torch.distributions import MultivariateNormal

from tests.browser.component_page import websocket_frames
from tests.browser.server import ROOT
from tests.browser.streamlit_page import wait_until_idle
from tests.browser.test_decoder import RECEIVE, send
from tests.browser.visits import watched
from ui.components.assets import with_needs
from ui.explorer import decoder_data
from ui.images.splits import model_inputs
from vaemodels import checkpoints
from vaemodels.analysis.gaps import FAMILIES, best_q, bound_terms, encoder_q
from vaemodels.analysis.quadrature import exact_posterior
from vaemodels.models import Model

ORIGIN = "http://empty.test"  # answered here; nothing is asked of a network
POSTERIOR = """async ([x, mean, std, half]) => {
  const m = await import("/push.js");
  const finish = (job) => { for (;;) { const { done, value } = job.next(); if (done) return value; } };
  globalThis.bound ??= (() => {
    const network = m.networkFrom(received[0]);
    const joint = m.createJoint(network);
    const table = m.createTable(joint, network, half);
    finish(table.fill());
    return { joint, table, finish };
  })();
  const { joint, table } = bound;
  const pixels = Float32Array.from(x);
  const likelihood = new Float64Array(m.NODES ** 2);
  const both = new Float64Array(m.NODES ** 2);
  table.score(pixels, likelihood, both);
  const guess = [0.6 * std[0], 0, 0, 0.6 * std[1]];
  const seeds = [mean, ...m.summits(table, both, 40, 4).map(({ z }) => z)].map((z) => ({ z, A: guess }));
  const found = finish(m.findPosterior(joint, pixels, seeds));
  Object.assign(bound, { pixels, likelihood, both, found });
  return { logP: found.logP, coarser: found.coarser, mean: found.mean, share: m.captured(found, table, both) };
}"""
TERMS = """async (q) => {
  const m = await import("/push.js");
  const { joint, table, finish, pixels, likelihood, found } = bound;
  const { perPixel, ...exact } = finish(m.exactTerms(joint, pixels, q, found.logP));
  return { exact, live: m.liveTerms(joint, table, likelihood, q, found.logP) };
}"""
CLIMB = """async ([q, family]) => {
  const m = await import("/push.js");
  return bound.finish(m.climbUp(bound.joint, bound.pixels, m.inFamily(q, family), family, () => {}));
}"""


@pytest.fixture
def empty(page: Page) -> Page:
    """A page with nothing on it that can import the script and is sent arrays by `send`."""
    script = with_needs(ROOT / "ui" / "bound" / "push" / "push.js")
    page.served = {"/": ("text/html", "<!doctype html>"), "/push.js": ("text/javascript", script)}  # type: ignore[attr-defined]

    def answer(route: Route) -> None:
        kind, body = page.served[route.request.url.removeprefix(ORIGIN).split("?")[0]]  # type: ignore[attr-defined]
        route.fulfill(content_type=kind, body=body)

    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")
    assert RECEIVE
    return page


def gaussian_of(q: dict[str, Any]) -> MultivariateNormal:
    """A q of the browser's as the package takes it."""
    angle, std = torch.tensor(q["angle"]).double(), torch.tensor(q["std"]).double()
    turn = torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])])
    root = turn * std
    return MultivariateNormal(torch.tensor(q["mean"]).double(), root @ root.T)


def find(page: Page, model: Model, x: Tensor, half: float = 4.5) -> dict[str, Any]:
    """The posterior as the browser finds it, kept there for what follows."""
    q = encoder_q(model, x)
    found: dict[str, Any] = page.evaluate(POSTERIOR, [x.tolist(), q.mean.tolist(), q.stddev.tolist(), half])
    return found


def draws_of(
    model: Model, x: Tensor, q: MultivariateNormal, log_p: float, generator: torch.Generator
) -> dict[str, Tensor]:
    """One draw z ~ q of each term a number, for 1,000 z."""
    z = q.loc + torch.randn(1000, 2, generator=generator, dtype=torch.float64) @ q.scale_tril.T
    reconstruction = -model.decode(z.float()).log_prob(x).double()
    kl = q.log_prob(z) - model.prior().log_prob(z.float()).double()
    return {"reconstruction": reconstruction, "kl": kl, "gap": reconstruction + kl + log_p}


@pytest.mark.parametrize(("name", "half"), [("vae-2d-digits", 4.5), ("gmvae-2d", 13.0)])
def test_its_sums_are_those_of_the_package(empty: Page, name: str, half: float):
    model = checkpoints.load(name).model.requires_grad_(False)
    send(empty, decoder_data(model))
    x, _ = model_inputs("digits", model, 3)
    generator = torch.Generator().manual_seed(0)
    for image in x[1:]:
        exact = exact_posterior(model, image)
        found = find(empty, model, image, half)
        assert found["logP"] == pytest.approx(exact.log_p, abs=0.01)
        assert found["mean"] == pytest.approx(exact.mean.tolist(), abs=0.01)
        assert found["share"] > 0.9999
        start = encoder_q(model, image)
        for _ in range(2):
            shift, widths, (angle, _) = torch.randn((3, 2), generator=generator, dtype=torch.float64) / 2
            q = {
                "mean": (start.mean + 2 * start.stddev * shift).tolist(),
                "std": (start.stddev * (2 * widths).exp().clamp(max=3)).tolist(),
                "angle": angle.item(),
            }
            there = empty.evaluate(TERMS, q)
            here = bound_terms(model, image, gaussian_of(q), exact)
            for part in ("reconstruction", "kl", "gap"):
                assert there["exact"][part] == pytest.approx(getattr(here, part), abs=0.01), (part, q)
                if half < 5:  # nodes near enough for what is between them
                    assert there["live"][part] == pytest.approx(getattr(here, part), abs=0.1), (part, q)
            assert there["exact"]["gap"] - there["exact"]["reconstruction"] - there["exact"][
                "kl"
            ] == pytest.approx(found["logP"], abs=0.01)
            for part, values in draws_of(model, image, gaussian_of(q), exact.log_p, generator).items():
                stderr = (values.std() / len(values) ** 0.5).item()
                assert abs(values.mean().item() - there["exact"][part]) < 4 * stderr + 0.01, (part, q)


def test_optimise_comes_as_far_as_an_independent_optimiser(empty: Page):
    model = checkpoints.load("vae-2d-digits").model.requires_grad_(False)
    send(empty, decoder_data(model))
    x, _ = model_inputs("digits", model, 3)
    for image in x[1:]:
        find(empty, model, image)
        exact, start = exact_posterior(model, image), encoder_q(model, image)
        q = {"mean": start.mean.tolist(), "std": start.stddev.tolist(), "angle": 0}
        reached = []
        for family in FAMILIES:
            there = bound_terms(model, image, gaussian_of(empty.evaluate(CLIMB, [q, family])), exact).elbo
            here = bound_terms(model, image, best_q(model, image, family, start), exact).elbo
            assert there > here - 0.02
            reached.append(there)
        assert reached[0] - 1e-3 <= reached[1] <= reached[2] + 1e-3
        assert reached[2] < exact.log_p + 1e-3


def test_q_is_pushed_and_all_that_is_said_of_it_follows(page: Page, app_url: str):
    """One visit, as the posterior of its image takes the browser seconds."""
    frames = websocket_frames(page)
    with watched(page):
        page.goto(f"{app_url}/bound?model=vae-2d-digits&image=digits-1&images=digits")
        wait_until_idle(page)
        page.wait_for_function("__vaelab_bound.terms?.exact && __vaelab_bound.captured !== null")
        keys_and_pointer_push_q_without_the_server_and_the_numbers_are_said(page, frames)
        the_derivation_is_folded_away_and_its_numbers_follow_q(page)
        for step in (
            a_handle_at_half_the_distance_makes_q_half_as_wide,
            optimise_leaves_the_gap_smaller_and_the_evidence_where_it_was,
            a_step_that_is_cut_short_is_said_to_be,
        ):
            page.get_by_role("button", name="encoder’s q").click()
            page.wait_for_function("__vaelab_bound.terms.exact")
            step(page)


def keys_and_pointer_push_q_without_the_server_and_the_numbers_are_said(
    page: Page, frames: list[str | bytes]
) -> None:
    scale = page.get_by_role("img", name=re.compile("^−ELBO"))
    before = scale.get_attribute("aria-label")
    evidence = re.search(r"−log p\(x\) [\d.]+", before or "")
    assert evidence and float(evidence[0].split()[-1]) == pytest.approx(155.31, abs=0.02)
    count = len(frames)
    box = page.locator(".push canvas.plane").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    for step in range(20):
        page.mouse.move(box["x"] + 100 + 5 * step, box["y"] + 100)
    page.wait_for_function("__vaelab_bound.terms.exact")
    assert len(frames) == count
    page.mouse.up()
    wait_until_idle(page)
    expect(page).to_have_url(re.compile("q="))
    centre = page.get_by_role("slider", name="Centre of q")
    centre.focus()
    said = centre.get_attribute("aria-valuetext")
    centre.press("ArrowRight")
    page.wait_for_function("__vaelab_bound.terms.exact")
    expect(centre).not_to_have_attribute("aria-valuetext", said or "")
    expect(scale).not_to_have_attribute("aria-label", before or "")
    assert evidence[0] in (scale.get_attribute("aria-label") or "")


def optimise_leaves_the_gap_smaller_and_the_evidence_where_it_was(page: Page) -> None:
    before = page.evaluate("({ gap: __vaelab_bound.terms.gap, logP: __vaelab_bound.logP })")
    page.get_by_role("button", name="optimise").click()
    page.wait_for_function(
        "gap => __vaelab_bound.terms.exact && __vaelab_bound.terms.gap < gap / 3", arg=before["gap"]
    )
    after = page.evaluate("({ gap: __vaelab_bound.terms.gap, logP: __vaelab_bound.logP })")
    assert after["gap"] > 0
    assert after["logP"] == before["logP"]
    expect(page.get_by_role("button", name="optimise")).to_be_visible()


def the_derivation_is_folded_away_and_its_numbers_follow_q(page: Page) -> None:
    derivation = page.locator(".push .derivation")
    lines = derivation.get_by_role("listitem")
    expect(lines.first).to_be_hidden()
    derivation.locator("summary").click()
    expect(lines).to_have_count(5)
    centre = page.get_by_role("slider", name="Centre of q")
    for _ in range(2):
        terms = page.evaluate("({ ...__vaelab_bound.terms, logP: __vaelab_bound.logP })")
        elbo = -terms["reconstruction"] - terms["kl"]
        for place, values in {0: [terms["logP"]], 2: [elbo, terms["gap"]], 4: [elbo]}.items():
            expect(lines.nth(place)).to_contain_text(" + ".join(f"{v:.2f}".replace("-", "−") for v in values))
        centre.press("ArrowRight")
        page.wait_for_function("__vaelab_bound.terms.exact")
    lines.nth(4).hover()
    expect(page.locator(".push .bar .evidence")).to_have_css("opacity", "0.2")
    expect(page.locator(".push .bar .rec")).to_have_css("opacity", "1")


def a_handle_at_half_the_distance_makes_q_half_as_wide(page: Page) -> None:
    def middle(name: str) -> tuple[float, float]:
        box = page.get_by_role("slider", name=name).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    (x, y), (right, _) = middle("Centre of q"), middle("Width of q along its first axis")
    before = page.evaluate("__vaelab_bound.q.std[0]")
    page.mouse.move(right, y)
    page.mouse.down()
    page.mouse.move((x + right) / 2, y)
    assert page.evaluate("__vaelab_bound.q.std[0]") == pytest.approx(before / 2, rel=0.03)
    page.mouse.up()


def test_a_q_as_wide_as_the_prior_shows_no_number_that_is_off(page: Page, app_url: str):
    model = checkpoints.load("vae-2d").model.requires_grad_(False)
    x, _ = model_inputs("digits", model, 1)
    normal = MultivariateNormal(torch.zeros(2).double(), torch.eye(2).double())
    exact = bound_terms(model, x[0], normal, exact_posterior(model, x[0])).reconstruction
    page.goto(f"{app_url}/bound?model=vae-2d&image=digits-0&images=digits")
    page.wait_for_function("globalThis.__vaelab_bound?.terms?.exact")
    page.get_by_role("button", name="N(0, I)").click()
    shown = page.locator(".push .bars [data-n=reconstruction]").inner_text()
    assert shown == "…" or float(shown) == pytest.approx(exact, abs=0.5)
    if shown == "…":
        scale = page.get_by_role("img", name=re.compile("^−ELBO"))
        expect(scale).to_have_attribute("aria-label", "−ELBO …, still summing")


def a_step_that_is_cut_short_is_said_to_be(page: Page) -> None:
    page.get_by_role("button", name="one gradient step").click()  # from the encoder's q, a small one
    page.wait_for_function("__vaelab_bound.terms.exact")
    expect(page.locator(".push .hint")).to_contain_text("Drag q")
    page.get_by_role("button", name="N(0, I)").click()
    page.get_by_role("button", name="one gradient step").click()
    expect(page.locator(".push .hint")).to_contain_text("cut short")
    assert min(page.evaluate("__vaelab_bound.q.std")) >= 0.25 - 1e-9
