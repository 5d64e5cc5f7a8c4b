"""What `infer` and `log_weights` promise, held for every kind of model."""

from typing import Any

import pytest
import torch
from torch import Tensor

from vaemodels import evaluation, models, objectives
from vaemodels.models import Model

K, N, DIM = 6, 5, 16
SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "vae": ("vae", {"z_dim": 3}),
    "vae-gaussian": ("vae", {"z_dim": 3, "likelihood": "gaussian", "variance": "per_pixel"}),
    "gmvae": ("gmvae", {"z_dim": 3, "components": 4}),
    "ssvae": ("ssvae", {"z_dim": 3}),
    "fsvae": ("fsvae", {"z_dim": 3}),
    "hvae-parallel": ("hvae", {"z1_dim": 3, "z2_dim": 2, "inference": "parallel"}),
    "hvae-bottom-up": ("hvae", {"z1_dim": 3, "z2_dim": 2, "inference": "bottom_up"}),
}
KINDS = pytest.mark.parametrize("kind", SETTINGS)


def make(kind: str) -> Model:
    torch.manual_seed(0)
    name, settings = SETTINGS[kind]
    return models.build(name, {"image_shape": (1, 4, 4), "hidden": (12, 8)} | settings)


def images() -> Tensor:
    return torch.rand((N, DIM), generator=seeded()).round()


def labels(model: Model) -> Tensor | None:
    return torch.arange(N) if model.needs_labels else None


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(5)


@KINDS
def test_log_weights_are_log_joint_minus_log_q_of_what_is_inferred(kind: str) -> None:
    model, x = make(kind), images()
    y = labels(model)
    posteriors, latents = model.infer(x, (K,), y, seeded())
    log_q = torch.stack([q.log_prob(latents[name]) for name, q in posteriors.items()])
    assert log_q.shape == (len(posteriors), K, N)
    expected = model.log_joint(x, latents, y) - log_q.sum(0)
    torch.testing.assert_close(model.log_weights(x, K, y, seeded()), expected)


@KINDS
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_latents_have_the_shape_asked_for(kind: str, shape: tuple[int, ...]) -> None:
    model, x = make(kind), images()
    posteriors, latents = model.infer(x, shape, labels(model), seeded())
    assert list(posteriors) == list(latents)
    for name, draws in latents.items():
        event = (model.latent_dims[name],) if name in model.latent_dims else ()
        assert draws.shape == (*shape, N, *event) and posteriors[name].event_shape == event
        assert posteriors[name].batch_shape in ((N,), (*shape, N))
    assert model.log_joint(x, latents, labels(model)).shape == (*shape, N)


@KINDS
def test_what_encode_gives_is_over_the_batch(kind: str) -> None:
    model, x = make(kind), images()
    for q in model.encode(x, labels(model)).values():
        assert q.batch_shape == (N,)
    for q in model(x, labels(model), seeded()).posteriors.values():
        assert q.batch_shape == (N,)


@KINDS
def test_an_image_is_encoded_once_whatever_k(kind: str) -> None:
    model, x = make(kind), images()
    seen: list[int] = []
    encoder = model.encoder
    assert isinstance(encoder, torch.nn.Sequential)
    encoder[-1].register_forward_hook(lambda layer, args, output: seen.append(args[0].numel()))
    model.log_weights(x, 50, labels(model), seeded())
    per_image = 8 * (model.n_labels if model.n_labels and not model.needs_labels else 1)
    assert seen == [N * per_image]


@KINDS
def test_the_kl_of_each_dimension_adds_up_to_the_latents(kind: str) -> None:
    model, x = make(kind), images()
    y = labels(model)
    terms = evaluation.image_terms(model, x[0], None if y is None else y[0])
    assert ("z" in terms.kl_by_dimension) == (kind in ("vae", "vae-gaussian", "ssvae", "fsvae"))
    assert ("z2" in terms.kl_by_dimension) == kind.startswith("hvae")
    for name, parts in terms.kl_by_dimension.items():
        assert parts.shape == (model.latent_dims[name],)
        assert parts.sum().item() == pytest.approx(terms.kl[name], rel=1e-5)


@pytest.mark.parametrize("kind", ["vae", "gmvae", "hvae-parallel"])
def test_log_weights_along_the_path_have_the_same_values(kind: str) -> None:
    model, x = make(kind), images()
    log_w, latents = objectives.log_weights_along_path(model, x, K, seeded())
    torch.testing.assert_close(log_w, model.log_weights(x, K, None, seeded()))
    assert [z.shape for z in latents] == [(K, N, dim) for dim in model.latent_dims.values()]


@KINDS
def test_a_model_in_double_precision_computes_in_it(kind: str) -> None:
    model, x = make(kind), images()
    y = labels(model)
    _, latents = model.infer(x, (K,), y, seeded())
    single = model.log_joint(x, latents, y)
    wide = {name: draws.double() if draws.is_floating_point() else draws for name, draws in latents.items()}
    double = model.double().log_joint(x.double(), wide, y)
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, rtol=1e-5, atol=1e-5)
    assert not torch.equal(double, double.float().double())
    assert model(x.double(), y, seeded()).nelbo.dtype == torch.float64
    assert model.log_weights(x.double(), K, y, seeded()).dtype == torch.float64
    assert model.reconstruct(x.double(), y).dtype == torch.float64
