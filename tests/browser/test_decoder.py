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
    script = with_needs(ROOT / "ui" / "explorer" / "decoder.js")
    return {"/": ("text/html", "<!doctype html>"), "/decoder.js": ("text/javascript", script)}


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


def test_browser_and_torch_decode_every_pretrained_model_alike(page: Page, served):
    def answer(route: Route) -> None:
        kind, body = served[route.request.url.removeprefix(ORIGIN).split("?")[0]]
        route.fulfill(content_type=kind, body=body)

    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")
    for name in checkpoints.pretrained_names():
        model = checkpoints.load(name).model
        z, label = some_z(model), 3
        y = torch.tensor([label]) if model.n_labels else None
        with torch.no_grad():
            expected = model.decode(torch.tensor([z]), y).mean[0]
        pixels = torch.tensor(decoded_by_browser(page, served, model, z, label))
        torch.testing.assert_close(pixels, expected, atol=1e-3, rtol=0, msg=name)
