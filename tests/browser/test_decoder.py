"""The networks' scripts by themselves, in an empty page: every pretrained model does there what it does in torch."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, Route
from torch import Tensor, nn
from torch.distributions import Categorical, Independent

from tests.browser.component_models import some_z
from tests.browser.server import ROOT
from tests.small import make_hvae
from ui.components.assets import with_needs
from ui.explorer import decoder_data, encoder_data
from ui.explorer.encoder import noise_of_terms
from ui.images.decoded import decoded
from ui.images.noise import normals, uniforms
from ui.images.splits import model_inputs
from vaemodels import checkpoints, data
from vaemodels.evaluation import image_terms
from vaemodels.mixture import GaussianMixture
from vaemodels.models import HVAE, Model, build

ORIGIN = "http://empty.test"  # answered here; nothing is asked of a network
SCRIPTS = ("elbo.js", "prior.js", "sliders.js", "many.js")
# What Python sends, as the scripts take it from Streamlit: `data[name]` is a table of one column.
RECEIVE = """async (places) => {
  const bytes = await (await fetch(`/arrays?${Math.random()}`)).arrayBuffer();
  const table = ([at, count]) => ({ getChildAt: () => ({ toArray: () => new Float32Array(bytes, at, count) }) });
  globalThis.received = places.map(({ meta, arrays }) => {
    return { meta, ...Object.fromEntries(Object.entries(arrays).map(([name, place]) => [name, table(place)])) };
  });
}"""
DECODE = """async ([z, label]) => {
  const { networkFrom, createDecoder } = await import("/elbo.js");
  return Array.from(createDecoder(networkFrom(received[0])).decode(z, label));
}"""
INFER = """async ([x, label]) => {
  const { networkFrom, inferenceFrom, createTerms } = await import("/elbo.js");
  const terms = createTerms(networkFrom(received[0]), inferenceFrom(received[1]));
  const found = terms(Float32Array.from(x), label);
  const list = (values) => values && Array.from(values);
  const { code, std, probabilities, perPixel, mean, klByDimension } = found;
  const parts = Object.fromEntries(Object.entries(klByDimension).map(([name, values]) => [name, list(values)]));
  return {
    ...found, klByDimension: parts,
    code: list(code), std: list(std), probabilities: list(probabilities), perPixel: list(perPixel), mean: list(mean),
    logWeights: list(found.logWeights),
  };
}"""
SAMPLE = """async ([count, axis]) => {
  const { networkFrom, normals, uniforms, createPrior } = await import("/prior.js");
  const prior = createPrior(networkFrom(received[0]), normals(3), uniforms(4));
  const dim = received[0].meta.z_dim;
  const sum = new Float64Array(dim);
  const products = new Float64Array(dim * dim);
  for (let n = 0; n < count; n++) {
    const z = prior.sample();
    for (let i = 0; i < dim; i++) {
      sum[i] += z[i] / count;
      for (let j = 0; j < dim; j++) products[i * dim + j] += (z[i] * z[j]) / count;
    }
  }
  const density = prior.density(axis);
  const moments = { mean: Array.from(sum), products: Array.from(products) };
  return { ...moments, density: density && [-2, 0, 0.5, 3].map(density), ellipses: prior.ellipses([0, 1]) };
}"""


@pytest.fixture
def empty(page: Page) -> Page:
    """A page with nothing on it that can import the scripts and is sent arrays by `send`."""
    scripts = {f"/{name}": with_needs(ROOT / "ui" / "explorer" / name) for name in SCRIPTS}
    page.served = {  # type: ignore[attr-defined]
        "/": ("text/html", "<!doctype html>"),
        **{path: ("text/javascript", script) for path, script in scripts.items()},
    }

    def answer(route: Route) -> None:
        kind, body = page.served[route.request.url.removeprefix(ORIGIN).split("?")[0]]  # type: ignore[attr-defined]
        route.fulfill(content_type=kind, body=body)

    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")
    return page


def send(page: Page, *data: dict[str, Any]) -> None:
    """Give the page what a component would get: arrays and `meta` of each."""
    places, body = [], bytearray()
    for part in data:
        arrays: dict[str, tuple[int, int]] = {}
        for name, values in part.items():
            if name != "meta":
                arrays[name] = (len(body), values.size)
                body += values.astype(np.float32).tobytes()
        places.append({"meta": part["meta"], "arrays": arrays})
    page.served["/arrays"] = ("application/octet-stream", bytes(body))  # type: ignore[attr-defined]
    page.evaluate(RECEIVE, places)


def one_image(model: Model, dataset: str) -> tuple[Tensor, Tensor]:
    """A test image `[dim]` of the model's own kind, and its label `[]`."""
    x, labels = model_inputs(dataset, model, 3)
    return x[2], labels[2]


def some_models() -> dict[str, tuple[Model, str]]:
    """Every pretrained model with images for it, one of two levels inferred side by side, encoders of softplus."""
    found: dict[str, tuple[Model, str]] = {
        "parallel": (make_hvae("parallel", image_shape=(1, 28, 28)), "digits")
    }
    for spread in ("softplus_std", "softplus_variance"):
        for kind in ("vae", "ssvae", "fsvae"):
            torch.manual_seed(2)
            found[f"{kind} of {spread}"] = (
                build(kind, {"hidden": (20,), "z_dim": 4, "spread": spread}),
                "digits",
            )
    for kind in ("vae", "fsvae", "gmvae"):
        torch.manual_seed(3)
        grey = build(kind, {"hidden": (20,), "z_dim": 2, "likelihood": "continuous_bernoulli"})
        grey.start_at(data.pixel_means("digits"))
        found[f"{kind} of grey pixels"] = (grey, "digits")
    for name in checkpoints.pretrained_names():
        checkpoint = checkpoints.load(name)
        colour = checkpoint.model.config.image_shape[0] == 3
        found[name] = (checkpoint.model, "streetdigits" if colour else "digits")
    return found


GREY_DRAWS = """async ([places, label, seed]) => {
  const { networkFrom, createDecoder, draw, pixelNoise } = await import("/elbo.js");
  const { createDecoderOfMany } = await import("/many.js");
  const network = networkFrom(received[0]);
  const noise = pixelNoise(network.meta, seed);
  const decoder = createDecoder(network);
  const [means, draws, manyMeans, manyDraws] = [[], [], [], []];
  for (const z of places) {
    means.push(Array.from(decoder.decode(z, label)));
    draws.push(Array.from(draw(decoder, noise, new Float32Array(noise.length))));
  }
  const given = places.map((z) => ({ z, label }));
  createDecoderOfMany(network)(given, (_, image) => manyMeans.push(Array.from(image)));
  createDecoderOfMany(network, noise)(given, (_, image) => manyDraws.push(Array.from(image)));
  return [means, draws, manyMeans, manyDraws];
}"""
DRAW = """async ([family, image_shape, seed]) => {
  const { pixelNoise } = await import("/elbo.js");
  return Array.from(pixelNoise({ family, image_shape }, seed));
}"""
COLUMNS = """async (cases) => {
  const { evenColumns } = await import("/sliders.js");
  return cases.map(([count, most]) => evenColumns(count, most));
}"""


@pytest.mark.parametrize("seed", [0, 7, 9999])
def test_browser_and_torch_make_the_same_noise_of_a_seed(empty: Page, seed):
    for family, expected in {
        "bernoulli": uniforms(seed, 784),
        "continuous_bernoulli": uniforms(seed, 784),
        "gaussian": normals(seed, 784),
    }.items():
        noise = torch.tensor(empty.evaluate(DRAW, [family, [1, 28, 28], seed]))
        torch.testing.assert_close(noise, expected.float(), atol=1e-6, rtol=1e-6, msg=family)


def test_sliders_stand_in_even_rows(empty: Page):
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
    assert empty.evaluate(COLUMNS, list(columns)) == list(columns.values())


def test_browser_and_torch_decode_encode_and_measure_every_model_alike(empty: Page):
    for name, (model, dataset) in some_models().items():
        send(empty, decoder_data(model), encoder_data(model))
        z, label = some_z(model), 3
        y = torch.tensor([label]) if model.n_labels else None
        with torch.no_grad():
            expected = model.decode(torch.tensor([z]), y).mean[0]
        pixels = torch.tensor(empty.evaluate(DECODE, [z, label]))
        torch.testing.assert_close(pixels, expected, atol=1e-3, rtol=0, msg=name)

        x, label_of_image = one_image(model, dataset)
        own = label_of_image if model.needs_labels else None
        found = empty.evaluate(INFER, [x.tolist(), 0 if own is None else int(own)])
        terms = image_terms(model, x, own)
        with torch.no_grad():
            posteriors = model.encode(x.unsqueeze(0), None if own is None else own.unsqueeze(0))

        def close(values: list[float], expected: Tensor, name: str = name) -> None:
            torch.testing.assert_close(torch.tensor(values), expected, atol=1e-3, rtol=1e-4, msg=name)

        close(found["code"], terms.code)
        close(found["mean"], terms.mean)
        q = posteriors.get("z", posteriors.get("z1"))
        if isinstance(q, Independent):
            close(found["std"], q.stddev[0])
        else:
            assert found["std"] is None
        if isinstance(q_y := posteriors.get("y"), Categorical):
            close(found["probabilities"], q_y.probs[0])
        assert found["reconstruction"] == pytest.approx(terms.reconstruction, abs=0.02, rel=1e-5), name
        assert found["kl"] == pytest.approx(dict(terms.kl), abs=0.02), name
        assert found["nelbo"] == pytest.approx(terms.nelbo, abs=0.02, rel=1e-5), name
        assert sum(found["perPixel"]) == pytest.approx(found["reconstruction"], rel=1e-4, abs=1e-3), name
        assert found["klByDimension"].keys() == terms.kl_by_dimension.keys(), name
        for latent, parts in terms.kl_by_dimension.items():
            close(found["klByDimension"][latent], parts)
        if found["logWeights"] is not None:
            assert isinstance(q, Independent)
            drawn = q.mean + q.stddev * noise_of_terms(model, terms.draws)["z"]
            with torch.no_grad():
                weights = model.log_joint(x, {"z": drawn}, own) - q.log_prob(drawn)
            torch.testing.assert_close(
                torch.tensor(found["logWeights"]), weights, atol=0.02, rtol=1e-4, msg=name
            )
        else:
            assert model.name in ("ae", "ssvae", "hvae")


def test_browser_and_torch_draw_the_same_grey_pixels(empty: Page):
    """From logits on both sides of 0, near it and far; one z by itself and four at a time."""
    torch.manual_seed(4)
    model = build("fsvae", {"hidden": (20,), "z_dim": 2, "likelihood": "continuous_bernoulli"})
    assert isinstance(model.decoder, nn.Sequential) and isinstance(model.decoder[-1], nn.Linear)
    with torch.no_grad():
        model.decoder[-1].bias.copy_(
            torch.linspace(-90, 90, 784).sign() * torch.linspace(-9.5, 9.5, 784) ** 2
        )
    send(empty, decoder_data(model))
    z = torch.tensor([[0.3, -1.2], [1.0, 0.1], [-0.4, 2.0]])
    found = empty.evaluate(GREY_DRAWS, [z.tolist(), 7, 5])
    with torch.no_grad():
        likelihood = model.decode(z, torch.tensor(7))
        assert isinstance(likelihood, Independent)
        logits = likelihood.base_dist.logits
    assert logits.min() < -80 and logits.abs().min() < 0.01 and logits.max() > 80
    means, draws = (decoded(model, z, show, 5, 7) for show in ("mean", "draw"))
    for one, many, expected in [(found[0], found[2], means), (found[1], found[3], draws)]:
        torch.testing.assert_close(torch.tensor(one), expected, atol=1e-3, rtol=0)
        torch.testing.assert_close(torch.tensor(many), expected, atol=1e-3, rtol=0)
    assert draws.min() >= 0 and draws.max() <= 1 and draws.unique().numel() > 1_000


def test_browser_and_torch_draw_from_the_same_priors(empty: Page):
    """Every mixture and two-level model; of N(0, I), which has no weights, one of each number of dimensions."""
    n = 20_000
    drawn: set[object] = set()
    for name in checkpoints.pretrained_names():
        model = checkpoints.load(name).model
        if not model.has_likelihood:
            continue
        data = decoder_data(model)
        kind = data["meta"]["prior"]
        assert kind == {"gmvae": "mixture", "hvae": "two-level"}.get(model.name, "standard")
        prior = ("standard", data["meta"]["z_dim"]) if kind == "standard" else name
        if prior in drawn:
            continue
        drawn.add(prior)
        send(empty, data)
        found = empty.evaluate(SAMPLE, [n, 1])
        mean = torch.tensor(found["mean"]).double()
        covariance = torch.tensor(found["products"]).double().view(len(mean), -1) - mean.outer(mean)
        expected = model.sample_prior(5 * n, torch.Generator().manual_seed(0)).double().detach()
        spread = expected.std(0)
        error = 5 * spread * math.sqrt(1.2 / n)
        assert ((mean - expected.mean(0)).abs() < error).all(), name
        scale = spread.unsqueeze(0) * spread.unsqueeze(1)
        assert ((covariance - expected.T.cov()).abs() / scale).max() < 0.07, name
        if name == "gmvae-10-digits":
            mixture = model.prior()
            assert isinstance(mixture, GaussianMixture)
            centre, std = mixture.means[:, 1].detach(), mixture.stds[:, 1].detach()
            marginal = [
                (torch.exp(-0.5 * ((z - centre) / std) ** 2) / std).mean().item() for z in (-2, 0, 0.5, 3)
            ]
            assert found["density"] == pytest.approx(marginal, rel=1e-4)
            assert len(found["ellipses"]) == 10
            assert found["ellipses"][3]["rx"] == pytest.approx(mixture.stds[3, 0].item(), rel=1e-5)


def test_the_upper_of_two_levels_is_decoded_by_way_of_the_lower(empty: Page):
    model = checkpoints.load("hvae-digits").model
    assert isinstance(model, HVAE)
    send(empty, decoder_data(model, "z2"))
    z2 = [0.4, -1.1]
    with torch.no_grad():
        lower = model.conditional_prior(torch.tensor(z2))
        expected = model.decode(lower.mean).mean
        noisy = model.decode(lower.mean + lower.stddev).mean
    pixels = torch.tensor(empty.evaluate(DECODE, [z2, 0]))
    torch.testing.assert_close(pixels, expected, atol=1e-3, rtol=0)
    below = """async (z) => {
      const { networkFrom, createDecoder } = await import("/elbo.js");
      const network = networkFrom(received[0]);
      return Array.from(createDecoder(network).decode(z, 0, new Float32Array(network.layers[0].inputs).fill(1)));
    }"""
    torch.testing.assert_close(torch.tensor(empty.evaluate(below, z2)), noisy, atol=1e-3, rtol=0)
