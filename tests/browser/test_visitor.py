"""What a visitor does with the app, on a machine without MNIST and without a network."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect
from torch import Tensor

from tests.browser.server import ROOT, serve
from tests.browser.streamlit_page import centre, exceptions, patient_page, shown, wait_until_idle
from tests.browser.visits import TRAINING, start_training, stop_training, watched
from ui.all_pages import PAGES
from ui.explorer import decoder_data
from vaemodels import checkpoints, data
from vaemodels.data import binarize
from vaemodels.evaluation import image_terms
from vaemodels.models import Model

Visit = Callable[[str], Page]

# Notes from now on what a run shows: the labels of its chart, which tell the newest record, and the explorer's weights.
WATCH = """chart => {
  const seen = (globalThis.seen = { records: [], weights: [], last: 0 });
  const note = (list, value) => value && value !== list.at(-1) && list.push(value) && (seen.last = performance.now());
  const look = () => note(seen.records, chart.getAttribute("aria-label"));
  new MutationObserver(look).observe(chart, { attributes: true, attributeFilter: ["aria-label"] });
  setInterval(() => note(seen.weights, globalThis.__vaelab_explorers?.explorer?.version), 50);
}"""


@pytest.fixture
def visit(page: Page, app_url: str) -> Iterator[Visit]:
    """`visit(path)` opens a page of the app."""
    with watched(page):

        def go(path: str) -> Page:
            page.goto(app_url + path)
            wait_until_idle(page)
            return page

        yield go


@pytest.fixture(scope="module")
def model() -> Model:
    return checkpoints.load("vae-digits").model


def digit(place: int) -> Tensor:
    """A built-in test image as the app gives it to a Bernoulli model."""
    return binarize(data.load("digits", "test").images, "static")[place]


def pick(page: Page, place: int) -> None:
    page.get_by_role("option", name=re.compile(rf"image {place}$")).click()
    expect(page.get_by_alt_text(re.compile(rf"digits test image {place}$"))).to_be_visible()


def chosen_model(page: Page) -> str:
    """The name of the chosen model, which its line in the list ends with."""
    return str(page.get_by_role("combobox", name="Model", exact=True).first.input_value()).split(" · ")[0]


def test_a_link_to_a_page_works_on_a_server_that_nobody_has_visited(page, tmp_path):
    with serve(ROOT / "app.py", {"VAELAB_DATA": str(tmp_path)}) as server, watched(page):
        page.goto(f"{server.url}/vae?model=vae-digits")
        expect(page.get_by_role("heading", name="VAE and β-VAE")).to_be_visible()
        wait_until_idle(page)
        titles = page.get_by_test_id("stTopNavLink").all_inner_texts()
        assert titles == [page.title for page in PAGES]
        expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)  # Streamlit's own list of files
        assert page.url == f"{server.url}/vae?model=vae-digits"
        assert shown(page)["version"] == version_of("vae-digits")


def version_of(name: str) -> str:
    return str(decoder_data(checkpoints.load(name).model)["meta"]["version"])


def test_the_elbo_of_a_picked_image_is_what_torch_computes(visit, model):
    page = visit("/vae?model=vae-digits")
    for place in (7, 12):
        pick(page, place)
        terms = image_terms(model, digit(place))
        expected = {"nelbo": terms.nelbo, "reconstruction": terms.reconstruction, "kl": terms.kl_total}
        for term, value in expected.items():
            expect(page.locator(f'.lab-sum [data-term="{term}"]')).to_have_text(f"{value:.1f}")
        [kl] = terms.kl_by_dimension.values()
        bars = page.get_by_role("group", name="KL of each latent dimension in nats").locator("i")
        assert bars.evaluate_all("bars => bars.map(bar => bar.title)") == [
            f"KL of z{i}: {value:.3f} nats" for i, value in enumerate(kl.clamp(min=0).tolist(), 1)
        ]


def test_dragging_decodes_in_the_browser_and_reports_on_release(page, visit, model):
    frames: list[object] = []

    def listen(socket):
        socket.on("framesent", lambda frame: frames.append(frame))
        socket.on("framereceived", lambda frame: frames.append(frame))

    page.on("websocket", listen)
    visit("/vae?model=vae-digits")
    pick(page, 3)
    page.wait_for_url("**image=digits-3")  # the address is what a pick brings about last
    wait_until_idle(page)
    code = model.embed(digit(3).unsqueeze(0))[0]
    before = shown(page)
    assert before["z"] == pytest.approx(code.tolist(), abs=1e-4)

    x, y, side = centre(page.get_by_role("slider", name="Latent plane"))
    page.mouse.move(x, y)
    page.wait_for_timeout(300)
    assert frames
    frames.clear()
    page.mouse.down()
    for step in range(1, 31):
        page.mouse.move(x + step * side / 100, y - step * side / 200)
    page.wait_for_timeout(300)
    assert frames == []
    dragged = shown(page)
    assert sum(a != b for a, b in zip(dragged["z"], before["z"], strict=True)) == 2
    with torch.no_grad():
        expected = model.decode(torch.tensor([dragged["z"]])).mean
    torch.testing.assert_close(torch.tensor([dragged["pixels"]]), expected, atol=1e-3, rtol=0)

    page.mouse.up()
    z = torch.tensor(dragged["z"])
    loss = -model.decode(z).log_prob(digit(3)).item()
    density = model.encode(digit(3).unsqueeze(0))["z"].log_prob(z).item()
    caption = page.get_by_text("Your z reconstructs the chosen image")
    expect(caption).to_contain_text(f"−log p(x|z) = {loss:.1f} nats")
    expect(caption).to_contain_text(f"log q(z|x) = {density:.1f}".replace("-", "−"))
    assert frames
    assert shown(page)["z"] == dragged["z"]


def test_training_on_digits_to_the_end_and_using_the_result(chromium, visit):
    page = visit("/vae?model=vae-digits")
    start_training(page, epochs=30)
    chart = page.locator("figure.chart")
    chart.wait_for(timeout=TRAINING)
    node = chart.element_handle()
    node.evaluate(WATCH)
    use = page.get_by_role("button", name="Use this model on this page")
    use.wait_for(timeout=TRAINING)
    seen = page.evaluate("globalThis.seen")
    epochs = [float(text) for text in re.findall(r"epoch ([\d.]+)", "\n".join(seen["records"]))]
    assert epochs == sorted(epochs)
    assert len(set(epochs)) >= 5
    assert len(set(seen["weights"]) - {version_of("vae-digits")}) >= 2, (
        "the explorer did not follow the weights"
    )
    expect(page.get_by_text("How mine-1 was trained:")).to_be_visible()

    wait_until_idle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "vaelab-mine-1.safetensors"
    trained = checkpoints.loads(Path(download.value.path()).read_bytes())
    assert trained.card["dataset"] == "digits"
    assert trained.card["epoch"] == len(trained.card["history"]) == 30
    assert trained.resume is None

    use.click()
    line = "VAE, 2 dimensions, trained on built-in digits for 30 epochs"
    expect(page.get_by_test_id("stCaptionContainer").filter(has_text=line).first).to_be_visible()
    wait_until_idle(page)
    assert chosen_model(page) == "mine-1"
    assert shown(page)["version"] == decoder_data(trained.model)["meta"]["version"]
    pick(page, 5)
    terms = image_terms(trained.model, digit(5))
    expect(page.locator('.lab-sum [data-term="nelbo"]')).to_have_text(f"{terms.nelbo:.1f}")

    # Another visitor, of the same address, sees nothing of it.
    other = chromium.new_context()
    stranger = patient_page(other)
    stranger.goto(page.url)
    wait_until_idle(stranger)
    assert chosen_model(stranger) != "mine-1"
    expect(stranger.get_by_text("Your models")).to_have_count(0)
    assert exceptions(stranger) == []
    other.close()

    page.get_by_role("button", name="Delete").click()
    expect(use).to_have_count(0)
    wait_until_idle(page)
    assert chosen_model(page) in checkpoints.pretrained_names()
    assert shown(page)["version"] == version_of(chosen_model(page))

    # What was downloaded can be used again, and what is no model is refused in a sentence.
    page.get_by_text("Bring back a model you downloaded").click()
    file = page.locator("[class*=st-key-upload-] input[type=file]")
    file.set_input_files({"name": "x.safetensors", "mimeType": "", "buffer": b"nonsense"})
    expect(page.get_by_text(re.compile(r"^The file .*\.$"))).to_be_visible()
    again = {
        "name": "vaelab-mine-1.safetensors",
        "mimeType": "",
        "buffer": Path(download.value.path()).read_bytes(),
    }
    file.set_input_files(again)
    expect(page.get_by_text(re.compile(f"^mine-1: {line}"))).to_be_visible()
    wait_until_idle(page)


def test_a_run_can_be_paused_resumed_and_stopped(visit):
    page = visit("/vae?model=vae-digits")
    start_training(page, epochs=50_000)
    chart = page.locator("figure.chart")
    chart.wait_for(timeout=TRAINING)
    chart.evaluate(WATCH)
    page.wait_for_function("globalThis.seen.records.length >= 3", timeout=TRAINING)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.get_by_text("paused at")).to_be_visible()
    # The page says so once the worker has: from then on nothing comes, for many times as long as records are apart, but
    # for what the chart, drawn after that line, has yet to show.
    page.wait_for_timeout(1000)
    held = page.evaluate("globalThis.seen.records.length")
    page.wait_for_timeout(3000)
    assert page.evaluate("globalThis.seen.records.length") == held
    page.get_by_role("button", name="Resume").click()
    page.wait_for_function("held => globalThis.seen.records.length > held + 1", arg=held, timeout=TRAINING)
    stop_training(page)
    page.get_by_role("button", name="Use this model on this page").wait_for(timeout=TRAINING)
    expect(page.get_by_role("button", name="Start training")).to_be_visible()
    expect(
        page.get_by_text(re.compile(r"^mine-1: VAE, 2 dimensions, trained on built-in digits for"))
    ).to_be_visible()
    wait_until_idle(page)


def test_a_reloaded_page_finds_its_run_again_and_a_copy_of_its_tab_does_not(visit):
    page = visit("/vae?model=vae-digits")
    start_training(page, epochs=50_000)
    chart = page.locator("figure.chart")
    expect(chart).to_have_attribute("aria-label", re.compile(r"epoch [\d.]+"), timeout=TRAINING)
    token = page.evaluate("sessionStorage.getItem('vaelab-run')")
    assert len(token) >= 32 and token not in page.url
    copy = patient_page(page.context)  # as a browser's "duplicate tab" makes one
    copy.add_init_script(f"sessionStorage.setItem('vaelab-run', {token!r})")
    copy.goto(page.url)
    wait_until_idle(copy)
    expect(copy.get_by_role("button", name="Start training")).to_be_visible()
    expect(copy.locator("figure.chart")).to_have_count(0)
    copy.close()

    epoch = re.compile(r"epoch ([\d.]+)")
    before = float(epoch.findall(chart.get_attribute("aria-label") or "")[0])
    page.reload()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    chart.wait_for(timeout=TRAINING)
    page.wait_for_function(
        "([chart, before]) => Number(/epoch ([\\d.]+)/.exec(chart.ariaLabel)?.[1]) > before",
        arg=[chart.element_handle(), before],
        timeout=TRAINING,
    )
    stop_training(page)
    expect(page.get_by_text(re.compile("^mine-1: VAE, 2 dimensions"))).to_be_visible()
    wait_until_idle(page)
