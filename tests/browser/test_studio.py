"""The Studio as a visitor uses it: own pictures, several runs in one chart, a knob turned, a model taken home."""

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.component_page import websocket_frames
from tests.browser.streamlit_page import patient_page, wait_until_idle
from tests.browser.visits import TRAINING, start_training, stop_training, watched
from vaemodels import data

CHART = ".history"
# Of what clips a chart's lines; it is not drawn, so that it has no box of its own.
PLACE = """rect => {
  const { left, top } = rect.closest("svg").getBoundingClientRect();
  const [x, y, width, height] = ["x", "y", "width", "height"].map(name => Number(rect.getAttribute(name)));
  return { x: left + x, y: top + y, width, height };
}"""
LIGHTEST = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((_, i) => i % 4 === 0).reduce((a, b) => Math.max(a, b), 0);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 pictures in four folders, larger than a model takes them."""
    place = tmp_path_factory.mktemp("own") / "shapes"
    digits = data.load("digits", "train")
    for label in range(4):
        (place / "abcd"[label]).mkdir(parents=True)
        for i, at in enumerate((digits.labels == label).nonzero().flatten()[:50].tolist()):
            image = Image.fromarray(digits.images[at].reshape(28, 28).numpy()).resize((64, 48))
            image.save(place / "abcd"[label] / f"{i}.png")
    (place / "a" / "note.txt").write_text("no picture")
    return place


def zipped(folder: Path) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for path in sorted(folder.rglob("*.*")):
            opened.write(path, path.relative_to(folder.parent))
    return file.getvalue()


def see_preview(page: Page) -> None:
    expect(page.get_by_alt_text("32 of 200 pictures as the model sees them")).to_be_visible()
    expect(page.get_by_text("200 pictures in 4 classes: a 50, b 50, c 50, d 50.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Left out 1 file \(note\.txt\): .*\.$"))).to_be_visible()


def read_newest(page: Page, run: str) -> tuple[float, int]:
    """The value and the step that the chart reads out at a run's newest record."""
    chart = page.locator(CHART)
    chart.focus()
    for _ in range(6):
        chart.press("ArrowDown")
        chart.press("End")
        text = page.locator(f"{CHART} .readout").inner_text()
        if text.startswith(f"{run}:"):
            found = re.search(r"held-out −ELBO (\d+\.\d+) nats.*step ([\d,]+)", text, re.DOTALL)
            assert found is not None, text
            return float(found[1]), int(found[2].replace(",", ""))
    raise AssertionError(f"the chart never reads {run}")


def logged(page: Page, run: str) -> list[dict[str, str]]:
    """What the CSV of a run holds."""
    row = page.locator(f".st-key-run-{run.replace(' ', '-')}")
    row.get_by_role("button", name="Numbers, command, again").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="All that was logged, as CSV").click()
    page.keyboard.press("Escape")
    return list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))


def nelbo_of(rows: list[dict[str, str]], step: int) -> float:
    """The held-out −ELBO that a run's CSV has at a step."""
    [row] = [row for row in rows if int(row["step"]) == step]
    return float(row["held_out_reconstruction"]) + float(row["held_out_kl_z"])


def test_from_own_pictures_to_a_model_taken_home(
    chromium: Browser, page: Page, app_url: str, folder: Path, tmp_path: Path
):
    frames = websocket_frames(page)
    with watched(page):
        page.goto(f"{app_url}/studio?beside=none")
        wait_until_idle(page)

        # The same pictures as a folder and as a zip are one dataset.
        for way in ("a folder", "a zip"):
            page.get_by_text("Train on your own pictures").click()
            page.get_by_role("radio", name=way).click()
            chooser = page.locator(f"[class*=st-key-studio-upload-{way.split()[-1]}] input[type=file]")
            if way == "a folder":
                chooser.set_input_files(folder)
            else:
                chooser.set_input_files(
                    {"name": "shapes.zip", "mimeType": "application/zip", "buffer": zipped(folder)}
                )
            see_preview(page)
            page.get_by_role("button", name="Use these pictures").click()
            expect(page.get_by_text("shapes: 200 pictures in 4 classes")).to_have_count(1)
        expect(page.get_by_role("combobox", name="Images")).to_have_value("shapes")

        # One trains, the other waits and begins by itself; what both write is seen.
        wait_until_idle(page)
        start_training(page, epochs=20)
        expect(page.get_by_role("button", name=re.compile("^(Cancel|Pause)$"))).to_be_visible()
        start_training(page, epochs=40)
        for name, steps in (("run 1", 40), ("run 2", 80)):
            strip = page.locator(f".st-key-run-{name.replace(' ', '-')} .strip")
            expect(strip).to_have_attribute("data-step", str(steps), timeout=TRAINING)
            assert strip.locator("canvas").evaluate(LIGHTEST) > 128
        expect(page.get_by_alt_text("32 samples of mine-2")).to_be_visible(timeout=TRAINING)
        wait_until_idle(page)

        # What is read off the chart is what was logged.
        rows = {name: logged(page, name) for name in ("run 1", "run 2")}
        for name in rows:
            value, step = read_newest(page, name)
            assert step == int(rows[name][-1]["step"])
            assert value == pytest.approx(nelbo_of(rows[name], step), abs=0.005001)
        zoom_all_charts(page, frames, rows)

        # The slider takes every run's images back to their beginning, and nothing is asked of the server.
        slider = page.get_by_role("slider", name="Images of every run at")
        slider.focus()
        slider.press("Home")
        for name in ("run-1", "run-2"):
            expect(page.locator(f".st-key-run-{name} .strip")).to_have_attribute("data-step", "0")

        with page.expect_download() as download:
            page.get_by_role("button", name="Download").first.click()
        home = tmp_path / download.value.suggested_filename
        download.value.save_as(home)

        turn_a_knob(page)
    bring_back(chromium, app_url, home)


def zoom_all_charts(page: Page, frames: list[str | bytes], rows: Mapping[str, list[dict[str, str]]]) -> None:
    """A drag across one chart shows that part of all of them, of their images too; the server hears nothing of it."""
    chart, svg = page.locator(CHART), page.locator(f"{CHART} svg")
    names = ("loss", "reconstruction", "kl")

    def heights() -> list[str]:
        return [page.locator(f"{CHART} .panel.{name} .ticks").inner_html() for name in names]

    def part() -> tuple[float, float]:
        return float(chart.get_attribute("data-from") or "nan"), float(
            chart.get_attribute("data-to") or "nan"
        )

    def inside(name: str) -> dict[str, float]:
        return page.locator(f"{CHART} .panel.{name} .inside").evaluate(PLACE)

    svg.scroll_into_view_if_needed()
    wait_until_idle(page)
    frames.clear()
    before, (start, end) = heights(), part()
    assert start == 0
    kl = inside("kl")
    middle = kl["y"] + kl["height"] / 2
    for way, fraction in (("move", 0.25), ("down", 0.25), ("move", 0.5), ("up", 0.5)):
        if way == "move":
            page.mouse.move(kl["x"] + fraction * kl["width"], middle)
        else:
            getattr(page.mouse, way)()
    assert part() == pytest.approx((end / 4, end / 2), abs=end / 100)
    assert all(one != other for one, other in zip(before, heights(), strict=True))

    # What is read at the edges of another chart lies in that part, and so do the images.
    loss = inside("loss")
    for fraction in (0.0, 1.0):
        page.mouse.move(loss["x"] + fraction * (loss["width"] - 1), loss["y"] + loss["height"] / 2)
        text = page.locator(f"{CHART} .readout").inner_text()
        found = re.search(r"^(run \d):.* −ELBO (\d+\.\d+) nats.*step ([\d,]+)", text, re.DOTALL)
        assert found is not None, text
        step = int(found[3].replace(",", ""))
        assert end / 4 - end / 100 <= step <= end / 2 + end / 100
        assert float(found[2]) == pytest.approx(nelbo_of(rows[found[1]], step), abs=0.005001)
    seen = page.locator(".st-key-run-run-2 .strip").get_attribute("data-step")
    assert seen is not None and 0 < int(seen) <= end / 2 + end / 100

    # By keys: nearer about the middle, then all of it again.
    chart.focus()
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    page.keyboard.press("+")
    assert part()[1] - part()[0] == pytest.approx(end / 8, abs=end / 100)
    page.get_by_role("button", name="Zoom out").click()
    assert part() == (0, end) and heights() == before
    assert frames == []


def turn_a_knob(page: Page) -> None:
    """β changed while a run goes on is marked on its curve, and keeps it out of the ranking."""
    start_training(page, epochs=20_000)
    knobs = page.get_by_role("button", name="Change β or the rate")
    expect(knobs).to_be_visible(timeout=TRAINING)
    knobs.click()
    page.get_by_label("β", exact=True).fill("8")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_text(re.compile(r"Not ranked, .*: run 3\."))).to_be_visible(timeout=TRAINING)
    expect(page.locator(f"{CHART} .names")).to_contain_text("run 3 *")
    expect(page.locator(f"{CHART} .mark")).to_have_count(1)
    expect(page.get_by_test_id("stMain").get_by_role("button", name="Pause")).to_be_visible(timeout=TRAINING)
    # A walk to another page and back finds the run where it was.
    page.get_by_role("link", name="Gradients").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gradients")
    page.get_by_role("link", name="Studio").click()
    expect(page.locator(f"{CHART} .names")).to_contain_text("run 3 *")
    stop_training(page)
    expect(page.get_by_text(re.compile("^mine-3: .*β = 8, settings changed as it went on"))).to_be_visible(
        timeout=TRAINING
    )
    wait_until_idle(page)


def bring_back(chromium: Browser, app_url: str, file: Path) -> None:
    """In a fresh visit the downloaded model is as it was, though its pictures are not there."""
    context = chromium.new_context()
    page = patient_page(context)
    page.goto(f"{app_url}/studio")
    wait_until_idle(page)
    expect(page.get_by_text("shapes")).to_have_count(0)
    page.get_by_text("Bring back a model you downloaded").click()
    page.locator("[class*=st-key-upload-] input[type=file]").set_input_files(file)
    expect(
        page.get_by_text(
            re.compile(r"^mine-2: VAE, 2 dimensions, trained on own pictures \(shapes\) for 40 epochs")
        )
    ).to_be_visible()
    expect(page.get_by_alt_text("32 samples of mine-2")).to_be_visible()
    context.close()
