"""The decoder's script by itself, in an empty page: it decodes every model of pretrained/ as torch does."""

from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, Route

from tests.browser.component_models import some_z
from tests.browser.server import ROOT
from ui.components.assets import with_needs
from ui.explorer import decoder_data
from ui.images.noise import normals, uniforms
from vaemodels import checkpoints
from vaemodels.models import Model

ORIGIN = "http://empty.test"  # answered here; nothing is asked of a network
DECODE = """async ([meta, z, label]) => {
  const { createDecoder } = await import("/decoder.js");
  const weights = new Float32Array(await (await fetch(`/weights?${meta.version}`)).arrayBuffer());
  const layers = [];
  let at = 0;
  const take = (count) => weights.subarray(at, (at += count));
  for (let i = 0; i + 1 < meta.sizes.length; i++) {
    const [inputs, outputs] = [meta.sizes[i], meta.sizes[i + 1]];
    layers.push({ W: take(inputs * outputs), b: take(outputs), inputs, outputs });
  }
  return Array.from(createDecoder({ meta, layers }).decode(z, label));
}"""


@pytest.fixture(scope="module")
def served() -> dict[str, tuple[str, bytes | str]]:
    """What the empty page finds at each path: type and content."""
    scripts = {
        f"/{name}": with_needs(ROOT / "ui" / "explorer" / name) for name in ("decoder.js", "sliders.js")
    }
    return {
        "/": ("text/html", "<!doctype html>"),
        **{path: ("text/javascript", script) for path, script in scripts.items()},
    }


def serve_at_origin(page: Page, served: dict[str, Any]) -> None:
    def answer(route: Route) -> None:
        kind, body = served[route.request.url.removeprefix(ORIGIN).split("?")[0]]
        route.fulfill(content_type=kind, body=body)

    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")


def decoded_by_browser(
    page: Page, served: dict[str, Any], model: Model, z: list[float], label: int
) -> list[float]:
    meta, *arrays = sorted(decoder_data(model).items(), key=lambda item: item[0] != "meta")
    by_name = dict(arrays)
    layers = len(meta[1]["sizes"]) - 1
    weights = [by_name[f"{part}{i}"] for i in range(layers) for part in ("W", "b")]
    served["/weights"] = ("application/octet-stream", np.concatenate(weights).astype(np.float32).tobytes())
    pixels: list[float] = page.evaluate(DECODE, [meta[1], z, label])
    return pixels


DRAW = """async ([family, image_shape, seed]) => {
  const { pixelNoise } = await import("/decoder.js");
  return Array.from(pixelNoise({ family, image_shape }, seed));
}"""
COLUMNS = """async (cases) => {
  const { evenColumns } = await import("/sliders.js");
  return cases.map(([count, most]) => evenColumns(count, most));
}"""


@pytest.mark.parametrize("seed", [0, 7, 9999])
def test_browser_and_torch_make_the_same_noise_of_a_seed(page: Page, served, seed):
    serve_at_origin(page, served)
    for family, expected in {"bernoulli": uniforms(seed, 784), "gaussian": normals(seed, 784)}.items():
        noise = torch.tensor(page.evaluate(DRAW, [family, [1, 28, 28], seed]))
        torch.testing.assert_close(noise, expected.float(), atol=1e-6, rtol=1e-6, msg=family)


def test_sliders_stand_in_even_rows(page: Page, served):
    serve_at_origin(page, served)
    columns = {
        (1, 5): 1,
        (2, 5): 2,
        (3, 5): 3,
        (10, 5): 5,
        (10, 4): 2,
        (10, 3): 2,
        (20, 5): 5,
        (20, 7): 5,
        (7, 5): 4,
    }
    assert page.evaluate(COLUMNS, list(columns)) == list(columns.values())


def test_browser_and_torch_decode_every_pretrained_model_alike(page: Page, served):
    serve_at_origin(page, served)
    for name in checkpoints.pretrained_names():
        model = checkpoints.load(name).model
        z, label = some_z(model), 3
        y = torch.tensor([label]) if model.n_labels else None
        with torch.no_grad():
            expected = model.decode(torch.tensor([z]), y).mean[0]
        pixels = torch.tensor(decoded_by_browser(page, served, model, z, label))
        torch.testing.assert_close(pixels, expected, atol=1e-3, rtol=0, msg=name)
