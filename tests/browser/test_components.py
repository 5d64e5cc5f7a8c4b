"""The browser components on a page of their own: what they draw and what they tell Python."""

import re

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from tests.browser.component_models import CASES, model_of
from tests.browser.component_page import (
    expect_ink,
    expect_released,
    ink_of,
    noise_of,
    type_number,
    websocket_frames,
    z_of,
)
from tests.browser.streamlit_page import centre, patient_page, shown, wait_until_idle
from ui.explorer import decoder_data


def test_browser_and_torch_decode_alike(components):
    page = components("decoders")
    for case in CASES:
        model = model_of(case)
        result = shown(page, case)
        label = torch.zeros(1, dtype=torch.long) if model.n_labels else None
        with torch.no_grad():
            likelihood = model.decode(torch.tensor([result["z"]]), label)
        assert result["z"] == pytest.approx([0.7, -1.3, 2.1][: len(result["z"])])
        torch.testing.assert_close(
            torch.tensor([result["pixels"]]), likelihood.mean, atol=1e-3, rtol=0, msg=case
        )
        if result["std"] is not None:
            torch.testing.assert_close(torch.tensor([result["std"]]), likelihood.stddev, atol=1e-3, rtol=1e-4)


def test_label_is_decoded_too(components):
    page = components("decoders")
    page.locator(".st-key-labelled .label select").select_option("7")
    result = shown(page, "labelled")
    with torch.no_grad():
        expected = model_of("labelled").decode(torch.tensor([result["z"]]), torch.tensor([7])).mean
    torch.testing.assert_close(torch.tensor([result["pixels"]]), expected, atol=1e-3, rtol=0)


def test_drag_moves_z_without_the_server_and_reports_on_release(page: Page, components):
    frames = websocket_frames(page)
    components("explorer")
    expect_released(page, None)
    image = page.locator(".image")
    before = image.screenshot()
    x, y, side = centre(page.locator(".plane"))
    assert frames
    frames.clear()
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 31):
        page.mouse.move(x + step * side / 100, y - step * side / 200)
    page.wait_for_timeout(300)
    assert frames == []
    assert image.screenshot() != before
    page.mouse.up()
    # The points vary most in z₁ and z₃, so these are the plane's dimensions; it spans ±3.5.
    z = [0.3 * 7, 0.0, 0.15 * 7]
    page.wait_for_timeout(300)
    wait_until_idle(page)
    assert frames
    assert z_of(page) == pytest.approx(z, abs=0.05)
    expect_released(page, z_of(page))


def test_a_finger_drags_in_the_plane_and_scrolls_nothing(chromium, components_url):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = patient_page(context)
    page.goto(f"{components_url}/?show=explorer")
    wait_until_idle(page)
    x, y, side = centre(page.locator(".plane"))
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    before = page.evaluate(scrolled)
    finger = context.new_cdp_session(page)
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        point = {"x": x + step * side / 50, "y": y + step * side / 50}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert z_of(page) == pytest.approx([0.2 * 7, 0, -0.2 * 7], abs=0.1)
    expect_released(page, z_of(page))
    assert page.evaluate(scrolled) == before
    context.close()


def test_keyboard_moves_the_plane_and_the_sliders(components):
    page = components("explorer")
    plane = page.get_by_role("slider", name="Latent plane")
    plane.focus()
    plane.press("ArrowRight")
    plane.press("Shift+ArrowDown")
    assert z_of(page) == pytest.approx([0.1, 0.0, -0.5], abs=1e-6)
    assert plane.get_attribute("aria-valuetext") == "z₁ 0.10, z₃ −0.50"
    page.get_by_role("slider", name="z₂").press("ArrowRight")
    wait_until_idle(page)
    assert z_of(page) == pytest.approx([0.1, 0.01, -0.5], abs=1e-6)
    expect(page.get_by_role("img", name="Decoded image (mean) at z₁ 0.10, z₂ 0.01, z₃ −0.50")).to_be_visible()
    expect_released(page, [0.1, 0.01, -0.5])
    plane.press("Home")
    assert z_of(page) == pytest.approx([0, 0.01, 0], abs=1e-6)


def test_buttons_and_dimensions(components):
    page = components("explorer")
    page.get_by_role("button", name="random").click()
    wait_until_idle(page)
    z = z_of(page)
    assert all(z)
    expect_released(page, z)
    page.get_by_label("Horizontal dimension").select_option(label="z₂")
    plane = page.get_by_role("slider", name="Latent plane")
    plane.press("ArrowRight")
    assert z_of(page) == pytest.approx([z[0], min(z[1] + 0.1, 3.5), z[2]], abs=1e-6)
    for background in ("digits", "plain", "manifold"):
        page.locator(".st-key-explorer").get_by_text(background, exact=True).click()
    page.get_by_role("button", name="origin").click()
    assert z_of(page) == [0, 0, 0]


def test_a_traversal_sweeps_one_dimension_until_stopped(components):
    page = components("explorer")
    page.get_by_label("Animate a traversal").select_option(label="z₂")
    slider = page.get_by_role("slider", name="z₂")
    page.wait_for_function(
        "slider => Number(slider.value) > -2.5 && Number(slider.value) < 2", arg=slider.element_handle()
    )
    page.get_by_role("button", name="stop").click()
    wait_until_idle(page)
    z = z_of(page)
    assert (z[0], z[2]) == (0, 0)
    assert z[1] != 0
    expect_released(page, z)


def test_published_weights_change_the_picture_and_keep_z(components):
    page = components("explorer")
    page.get_by_role("slider", name="Latent plane").press("Shift+ArrowRight")
    wait_until_idle(page)
    before = shown(page)
    type_number(page, "seed", 1)
    page.wait_for_function(
        "version => globalThis.__vaelab_explorers.explorer.version !== version", arg=before["version"]
    )
    after = shown(page)
    assert after["z"] == before["z"] == pytest.approx([0.5, 0, 0])
    with torch.no_grad():
        expected = model_of("elu", seed=1).decode(torch.tensor([after["z"]])).mean
    torch.testing.assert_close(torch.tensor([after["pixels"]]), expected, atol=1e-3, rtol=0)


def test_python_moves_z_with_a_new_token_only(components):
    page = components("explorer")
    page.get_by_role("slider", name="Latent plane").press("ArrowLeft")
    wait_until_idle(page)
    expect_released(page, [-0.1, 0, 0])
    type_number(page, "token", 3)
    page.wait_for_function("globalThis.__vaelab_explorers.explorer.z[0] === 1.5")
    expect_released(page, None)


def test_python_moves_z_once_as_though_the_visitor_had(page, components):
    frames = websocket_frames(page)
    first_weights = decoder_data(model_of("elu"))["W0"].tobytes()
    components("explorer")
    assert any(first_weights in frame for frame in frames if isinstance(frame, bytes))
    page.get_by_role("slider", name="Latent plane").press("ArrowLeft")
    expect_released(page, [-0.1, 0, 0])
    wait_until_idle(page)
    frames.clear()
    for _ in range(2):  # also after the visitor has moved on
        page.get_by_role("button", name="move").click()
        expect_released(page, [1.0, -2.0, 0.25])
        page.wait_for_function("globalThis.__vaelab_explorers.explorer.z.join() === '1,-2,0.25'")
        page.get_by_role("slider", name="Latent plane").press("ArrowLeft")
        expect_released(page, [0.9, -2.0, 0.25])
    wait_until_idle(page)
    assert frames
    assert not any(first_weights in frame for frame in frames if isinstance(frame, bytes))


def test_z_is_still_there_on_coming_back(components):
    page = components("explorer")
    page.get_by_role("slider", name="Latent plane").press("ArrowLeft")
    expect_released(page, [-0.1, 0, 0])
    page.get_by_text("show", exact=True).click()
    expect(page.locator(".plane")).to_have_count(0)
    wait_until_idle(page)
    page.get_by_text("show", exact=True).click()
    expect(page.locator(".plane")).to_have_count(1)
    wait_until_idle(page)
    assert z_of(page) == pytest.approx([-0.1, 0, 0])
    expect_released(page, [-0.1, 0, 0])


def test_a_draw_is_made_of_the_mean_and_the_seed(components):
    page = components("explorer")
    image = page.locator(".image")
    mean = ink_of(image)
    page.get_by_role("slider", name="Latent plane").press("Shift+ArrowRight")
    z = z_of(page)
    page.get_by_text("draw", exact=True).click()
    expect(page.get_by_role("img", name=re.compile(r"Decoded image \(one draw\)"))).to_be_visible()
    with torch.no_grad():
        expected = model_of("elu").decode(torch.tensor(z)).mean
    for seed in (0, 5):
        type_number(page, "noise", seed)
        expect_ink(image, [255 if on else 11 for on in noise_of(seed, 63) < expected])
    assert z_of(page) == z
    page.get_by_text("draw", exact=True).click()
    expect(page.get_by_role("img", name=re.compile(r"Decoded image \(mean\)"))).to_be_visible()
    page.get_by_role("slider", name="Latent plane").press("Shift+ArrowLeft")
    assert ink_of(image) == mean


def test_samples_are_drawn_from_the_seed(components):
    page = components("explorer")
    strip, place = page.locator(".samples canvas").nth(2), {"at": 1, "columns": 2}
    shown_before = ink_of(strip, **place)
    type_number(page, "noise", 1)
    page.get_by_text("draw", exact=True).click()
    expect(page.get_by_role("img", name=re.compile(r"Decoded image \(one draw\)"))).to_be_visible()
    page.get_by_role("button", name="Explore sample 6").click()
    expect_released(page, z_of(page))
    with torch.no_grad():
        mean = model_of("elu").decode(torch.tensor(z_of(page))).mean
    expect_ink(strip, [255 if on else 11 for on in noise_of(1, 63) < mean], **place)
    page.get_by_text("draw", exact=True).click()
    expect_ink(strip, [int(11 + 244 * value + 0.5) for value in mean], **place)
    type_number(page, "noise", 0)
    expect_ink(strip, shown_before, **place)


def test_samples_can_be_explored(components):
    page = components("explorer")
    samples = page.get_by_role("button", name=re.compile("Explore sample"))
    expect(samples).to_have_count(8)
    samples.nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(samples.nth(5)).to_be_focused()
    page.keyboard.press("Enter")
    wait_until_idle(page)
    z = z_of(page)
    assert all(z)
    expect_released(page, z)


def test_no_weights_yet(components):
    page = components("waiting")
    expect(page.get_by_text("Waiting for the model…")).to_be_visible()


def test_picker_returns_the_index(components):
    page = components("picker")
    expect(page.get_by_role("option")).to_have_count(12)
    expect(page.get_by_role("option", selected=True)).to_have_accessible_name("digit 2, image 2")
    expect(page.get_by_text("picked 2")).to_be_visible()
    page.get_by_role("option", name="digit 4, image 4").click()
    expect(page.get_by_text("picked 4")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("picked 9")).to_be_visible()
    expect(page.get_by_role("option", name="digit 9, image 9")).to_be_focused()
    type_number(page, "selected", 1)
    expect(page.get_by_text("picked 1", exact=True)).to_be_visible()
    expect(page.get_by_role("option", selected=True)).to_have_accessible_name("digit 1, image 1")


def test_chart_takes_new_records_in_place_and_can_be_read(components):
    page = components("chart")
    chart = page.locator("figure.chart")
    node = chart.element_handle()
    latest = re.compile(r"epoch 11: train: .*KL 31\.0.*held-out: .*KL 32\.0")
    expect(chart).to_have_attribute("aria-label", latest)
    type_number(page, "records", 13)
    latest = re.compile(r"epoch 12: train: reconstruction 80\.0, KL 32\.0, sum 112\.0")
    expect(chart).to_have_attribute("aria-label", latest)
    assert node.evaluate("node => node.isConnected")
    chart.focus()
    chart.press("End")
    chart.press("ArrowLeft")
    expect(chart.locator(".readout")).to_contain_text("epoch 11")
    expect(chart.locator(".readout")).to_contain_text("32.0")
    x, y, width = centre(chart.locator("svg"))
    page.mouse.move(x - width / 2 + 54, y)
    expect(chart.locator(".readout")).to_contain_text("543.0")
    # Each term is as close up as shows how it changes; the first records of the reconstruction are far above that.
    values = {
        term: [float(text) for text in chart.locator(f".panel.{term} .ticks text").all_text_contents()]
        for term in ("reconstruction", "kl")
    }
    assert 79 < min(values["reconstruction"]) < max(values["reconstruction"]) < 90
    assert min(values["kl"]) == 0 and 20 <= max(values["kl"]) < 40
    assert all(len(ticks) >= 2 for ticks in values.values())
    notes = {term: chart.locator(f".panel.{term} .clipped-note") for term in values}
    expect(notes["reconstruction"]).to_have_text("up to 543")
    expect(notes["kl"]).to_have_text("")
    type_number(page, "records", 0)
    expect(page.get_by_text("Waiting for the first record…")).to_be_visible()


def test_chart_of_several_runs_tells_which_is_read(components):
    page = components("runs")
    chart = page.locator("figure.chart")
    expect(chart).to_have_attribute(
        "aria-label",
        "Training of 2 runs in nats per image. "
        "mine-1: epoch 3: train: reconstruction 120.0, KL z 8.0, KL y 2.3, classification 0.5, sum 130.3; "
        "held-out: reconstruction 121.0, KL z 9.0, KL y 3.3, sum 133.3. "
        "mine-2: epoch 2: train: bound −95.0; held-out: reconstruction 130.0, bound −94.0, KL 9.0, sum 139.0",
    )
    assert chart.locator(".terms > span").all_inner_texts() == [
        *("reconstruction", "bound", "KL z", "KL y", "classification")
    ]
    assert all(len(path) > 3 for path in paths(chart, ".panel.bound .run:nth-child(2)"))
    assert all(path == "" for path in paths(chart, ".panel.bound .run:nth-child(1)"))
    assert len([path for path in paths(chart, ".panel.kl .run:nth-child(1)") if path]) == 5
    readout = chart.locator(".readout caption")
    chart.focus()
    chart.press("End")
    expect(readout).to_have_text("mine-1, epoch 3")
    chart.press("ArrowDown")
    expect(readout).to_have_text("mine-2, epoch 2")
    expect(chart.locator(".readout")).to_contain_text("−94.0")
    expect(chart.locator(".panel.bound .run.aside")).to_have_count(1)
    chart.press("ArrowUp")
    expect(readout).to_have_text("mine-1, epoch 2")
    chart.press("ArrowLeft")
    expect(readout).to_have_text("mine-1, epoch 1")
    chart.press("Escape")
    expect(chart.locator(".readout")).to_be_hidden()
    expect(chart.locator(".run.aside")).to_have_count(0)
    for panel, run in (("bound", "mine-2"), ("reconstruction", "mine-1")):
        line = chart.locator(f".panel.{panel} .run path.edge:not([d=''])").first.bounding_box()
        assert line is not None
        page.mouse.move(line["x"] + line["width"] / 2, line["y"] + line["height"] / 2)
        expect(readout).to_contain_text(run)


def paths(chart: Locator, run: str) -> list[str]:
    """What is drawn of a run in a panel."""
    lines = chart.locator(f"{run} path")
    found: list[str] = lines.evaluate_all("lines => lines.map(line => line.getAttribute('d'))")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_components_fit_a_phone_in_both_themes(page: Page, components, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 780})
    for part in ("explorer", "picker", "chart"):
        components(part)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        for component in page.locator(".stBidiComponent, [data-testid^=stBidiComponent]").all():
            box = component.bounding_box()
            assert box is None or box["x"] + box["width"] <= 360


@pytest.mark.parametrize(
    ("controls", "shown_then"),
    [
        (["first"], ["first was pressed 1 times"]),
        (["choose"], ["Chosen: True"]),
        (["whole page"], ["Chosen on the page: True"]),
        (
            ["first", "choose", "second"],
            ["first was pressed 1 times", "Chosen: True", "second was pressed 1 times"],
        ),
    ],
)
def test_what_is_chosen_in_the_moment_in_which_a_component_reports_is_done_once(
    components, controls: list[str], shown_then: list[str]
):
    page = components("together")
    page.evaluate(
        """(names) => {
          const controls = names.map((name) => document.querySelector(`input[aria-label="${name}"]`)
            ?? Array.from(document.querySelectorAll("button")).find((it) => it.textContent.trim() === name));
          window.dispatchEvent(new Event("blur")); // leaving the page is resting: the component reports, first of all
          for (const control of controls) control.click();
        }""",
        controls,
    )
    for text in shown_then:
        expect(page.get_by_text(text, exact=True)).to_be_visible()
    wait_until_idle(page)
    for text in shown_then:
        expect(page.get_by_text(text, exact=True)).to_be_visible()
