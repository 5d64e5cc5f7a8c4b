"""The equations above a model's code carry the numbers that the package computes."""

import inspect
import sys

import pytest
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from ui.equations import Equation
from ui.images.choice import image_named
from ui.kinds import KINDS
from vaemodels import checkpoints
from vaemodels.evaluation import image_terms
from vaemodels.models import AE, VAE, Model, VAEConfig


def equations(model: Model, x: Tensor) -> list[Equation]:
    return KINDS[model.name].equations(model, x, None)


def numbers(model: Model, image: str) -> dict[str, str]:
    return {equation.title: equation.numbers for equation in equations(model, image_named(image, model).x)}


@pytest.mark.parametrize("image", ["digits-0", "digits-7"])
def test_the_numbers_of_a_vae(image):
    model = checkpoints.load("vae-digits").model
    x = image_named(image, model).x
    shown, terms = numbers(model, image), image_terms(model, x)
    q = model.encode(x.unsqueeze(0))["z"]
    assert f"{terms.kl_total:.1f}" in shown["Objective"]
    assert f"= {-terms.nelbo:.1f}" in shown["Objective"]
    assert shown["Objective"].startswith(f"{-terms.reconstruction:.1f} - ")
    mean, std = q.mean[0, 1].item(), q.stddev[0, 1].item()
    assert f"{mean:.2f}" in shown["Inference model"]
    assert f"{std:.2f}" in shown["Inference model"]
    log_p = model.decode(q.mean).log_prob(x).item()
    assert f"= {log_p:.1f}" in shown["Generative model"]
    kl = kl_divergence(Normal(q.mean, q.stddev), Normal(0.0, 1.0))[0]
    [closed_form] = [text for title, text in shown.items() if "KL" in title]
    assert " + ".join(f"{value:.2f}" for value in kl[:3].tolist()) in closed_form
    assert f"= {kl.sum().item():.1f}" in closed_form


def test_a_gaussian_decoder_shows_its_spread():
    model = VAE(VAEConfig(z_dim=2, hidden=(8,), likelihood="gaussian")).eval()
    assert "0.316" in numbers(model, "digits-0")["Generative model"]


def test_an_autoencoder_has_no_bound():
    model = checkpoints.load("ae-2d").model
    x = image_named("digits-0", model).x
    shown = numbers(model, "digits-0")
    assert not any("ELBO" in text or "KL" in text for equation in equations(model, x) for text in equation)
    assert f"{image_terms(model, x).reconstruction:.1f}" in shown["Objective"]
    assert f"{model.embed(x.unsqueeze(0))[0, 0].item():.2f}" in shown["Inference model"]


@pytest.mark.parametrize("kind", [AE, VAE])
def test_a_model_s_file_states_its_three_parts_first(kind):
    text = inspect.getsource(sys.modules[kind.__module__])
    places = [text.index(part) for part in ("Generative model", "Inference model", "Objective", "import")]
    assert places == sorted(places)
